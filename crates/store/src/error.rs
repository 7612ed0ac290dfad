//! What can be wrong with a store, each with what to do about it. No text of it holds a secret's value or the key.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why the store did not do what it was asked. Clones, because all who waited for one transaction hear of its failure.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// A file or folder could not be made, read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: Arc<io::Error>,
    },
    /// A link stands where a file of ours belongs: whoever made it could have us write elsewhere.
    #[error("{}: is a link; put the file itself there", path.display())]
    Link {
        /// Which.
        path: PathBuf,
    },
    /// Others may read or change what is ours alone.
    #[error("{}: others than its owner may use it; run `chmod {mode} {}` and think of who may have", path.display(), path.display())]
    Exposed {
        /// Which.
        path: PathBuf,
        /// The mode that it should have, as `chmod` takes it.
        mode: &'static str,
    },
    /// The file is something else.
    #[error("{}: is no database; move it away, or restore a backup", path.display())]
    NotADatabase {
        /// Which.
        path: PathBuf,
    },
    /// The file is a database of another program.
    #[error("{}: is a database of another program; move it away, or name another data directory", path.display())]
    Foreign {
        /// Which.
        path: PathBuf,
    },
    /// The file has a form that this program does not know yet.
    #[error("{}: made by a newer egret (version {version}, this one knows {known}); use that one, or restore an older backup", path.display())]
    Newer {
        /// Which.
        path: PathBuf,
        /// The version of its form.
        version: i64,
        /// The newest version that is known here.
        known: i64,
    },
    /// The file is damaged.
    #[error("{}: is damaged ({what}); keep a copy of it and restore a backup", path.display())]
    Corrupt {
        /// Which.
        path: PathBuf,
        /// The first fault that SQLite found.
        what: String,
    },
    /// The file or its folder cannot be written.
    #[error("{}: cannot be written; make it and its folder writable for the user that egret runs as", path.display())]
    ReadOnly {
        /// Which.
        path: PathBuf,
    },
    /// Another process holds the store for longer than we wait.
    #[error("the store is held by another process; wait for it or end it, then try again")]
    Busy,
    /// There is no room on the disk.
    #[error("the disk of the store is full; nothing was written")]
    Full,
    /// The master key is not the one that the store was made with.
    #[error("{}: was made with another master key; give that one (master.key, EGRET_MASTER_KEY or the credential)", path.display())]
    WrongKey {
        /// Which.
        path: PathBuf,
    },
    /// There is a store, but its master key is gone.
    #[error("{}: is missing although there is a store beside it; put the key back, a new one would not open its secrets", path.display())]
    NoKey {
        /// Where it should be.
        path: PathBuf,
    },
    /// What was given is no master key.
    #[error("a master key has 32 bytes: 64 hex digits or 44 characters of base64")]
    BadKey,
    /// What was named is not there.
    #[error("there is no {what} {name}")]
    NoSuch {
        /// What kind of thing.
        what: &'static str,
        /// Its name or number.
        name: String,
    },
    /// An app of that name is there.
    #[error("there is an app {name} already; remove it, or take another name")]
    NameTaken {
        /// The name.
        name: String,
    },
    /// Something is empty, or longer than it may be.
    #[error("{what} has 1 to {most} bytes")]
    Bounds {
        /// What.
        what: &'static str,
        /// Bytes at most.
        most: usize,
    },
    /// There are as many as there may be.
    #[error("there are {most} {what} already, which is the most; remove some")]
    TooMany {
        /// What.
        what: &'static str,
        /// How many at most.
        most: usize,
    },
    /// A file is there that would have been overwritten.
    #[error("{}: is there already; name another file", path.display())]
    Exists {
        /// Which.
        path: PathBuf,
    },
    /// Somebody has the store open that was to be replaced.
    #[error("{}: the store is in use; stop the server that uses it, then try again", path.display())]
    InUse {
        /// The data directory.
        path: PathBuf,
    },
    /// A kept value does not open: somebody changed the file by hand.
    #[error("the kept value of {name}, version {version}, is damaged; set the secret anew")]
    Unsealable {
        /// The secret.
        name: String,
        /// Which of its values.
        version: u64,
    },
    /// The store was closed, or its writer has ended.
    #[error("the store is closed")]
    Closed,
    /// Anything else that SQLite said.
    #[error("the store failed: {0}")]
    Database(String),
}

impl StoreError {
    /// The system's error about a path.
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source: Arc::new(source) }
    }

    /// SQLite's error about the file at a path, as what the owner can do something about.
    pub(crate) fn at(path: &Path) -> impl Fn(rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{CannotOpen, DatabaseCorrupt, NotADatabase, ReadOnly};
        let path = path.to_owned();
        move |error| match error.sqlite_error_code() {
            Some(NotADatabase) => Self::NotADatabase { path: path.clone() },
            Some(DatabaseCorrupt) => Self::Corrupt { path: path.clone(), what: error.to_string() },
            Some(ReadOnly | CannotOpen) => Self::ReadOnly { path: path.clone() },
            _ => error.into(),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked, DiskFull};
        match error.sqlite_error_code() {
            Some(DatabaseBusy | DatabaseLocked) => Self::Busy,
            Some(DiskFull) => Self::Full,
            _ => Self::Database(error.to_string()),
        }
    }
}
