//! Files and folders of the data directory: private to one user, no links, whole or not there.

use crate::{Result, StoreError};
use rustix::fs::{CWD, FlockOperation, Mode, OFlags, RenameFlags};
use rustix::io::Errno;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use ulid::Ulid;

/// The name of the database in a data directory.
pub const DATABASE: &str = "egret.db";

/// The name of the file by which a restore knows that somebody has the store open. It is empty and stays.
const LOCK: &str = "egret.lock";

/// Bytes of the smallest database that is not empty: a page of 512. SQLite would write over a text shorter than its header.
const SMALLEST: u64 = 512;

/// What a file is opened for.
#[derive(Clone, Copy)]
pub enum Access {
    /// To be read; it must be there.
    Read,
    /// To be read and written; it is made if it is not there.
    Make,
}

/// Who else may have the store open.
#[derive(Clone, Copy)]
pub enum Share {
    /// Others that use it.
    Users,
    /// Nobody.
    Nobody,
}

/// The data directory in the one form that has no link in it, made with mode 0700 if it is not there. One that others may look
/// into is taken, since no file of ours is theirs to read; one that they may write is not, since they could put others in their place.
pub fn folder(path: &Path) -> Result<PathBuf> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(StoreError::io(path))?;
    let path = fs::canonicalize(path).map_err(StoreError::io(path))?;
    let found = fs::metadata(&path).map_err(StoreError::io(&path))?;
    let owner = [0, rustix::process::geteuid().as_raw()].contains(&found.uid());
    if found.mode() & 0o022 != 0 || !owner { Err(StoreError::Exposed { path, mode: "700" }) } else { Ok(path) }
}

/// Makes the file of the database, empty, or looks at the one that is there. It is never opened here: to close it again would take
/// away the locks (fcntl) that SQLite in this process has on it.
pub fn database(path: &Path) -> Result<()> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    match rustix::fs::open(path, flags, Mode::RUSR | Mode::WUSR) {
        Ok(_) => Ok(()),
        Err(Errno::EXIST) => check(path, &fs::symlink_metadata(path).map_err(StoreError::io(path))?),
        Err(error) => Err(refused(path, error)),
    }
}

fn check(path: &Path, found: &fs::Metadata) -> Result<()> {
    let path = path.to_owned();
    if found.is_symlink() {
        Err(StoreError::Link { path })
    } else if !found.is_file() || (1..SMALLEST).contains(&found.len()) {
        Err(StoreError::NotADatabase { path })
    } else if found.mode() & 0o077 != 0 || found.uid() != rustix::process::geteuid().as_raw() {
        Err(StoreError::Exposed { path, mode: "600" })
    } else if found.mode() & 0o200 == 0 {
        Err(StoreError::ReadOnly { path })
    } else {
        Ok(())
    }
}

/// Opens a file that is its owner's alone.
pub fn open_private(path: &Path, access: Access) -> Result<File> {
    let (flags, mode) = match access {
        Access::Read => (OFlags::RDONLY, Mode::empty()),
        Access::Make => (OFlags::RDWR | OFlags::CREATE, Mode::RUSR | Mode::WUSR),
    };
    let opened = rustix::fs::open(path, flags | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK, mode);
    let file = File::from(opened.map_err(|error| refused(path, error))?);
    let found = file.metadata().map_err(StoreError::io(path))?;
    if !found.is_file() || found.mode() & 0o077 != 0 || found.uid() != rustix::process::geteuid().as_raw() {
        return Err(StoreError::Exposed { path: path.to_owned(), mode: "600" });
    }
    Ok(file)
}

fn refused(path: &Path, error: Errno) -> StoreError {
    match error {
        Errno::LOOP => StoreError::Link { path: path.to_owned() },
        Errno::ACCESS | Errno::PERM | Errno::ROFS => StoreError::ReadOnly { path: path.to_owned() },
        other => StoreError::io(path)(other.into()),
    }
}

/// A new, empty file of mode 0600 beside where one of this name is to be.
pub fn draft(folder: &Path, name: &str) -> Result<(PathBuf, File)> {
    let path = folder.join(format!("{name}.{}", Ulid::new()));
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = rustix::fs::open(&path, flags, Mode::RUSR | Mode::WUSR).map_err(|error| refused(&path, error))?;
    Ok((path, file.into()))
}

/// Takes the lock of a data directory, or says that it is in use. It goes with the file.
pub fn lock(folder: &Path, share: Share) -> Result<File> {
    let file = open_private(&folder.join(LOCK), Access::Make)?;
    let operation = match share {
        Share::Users => FlockOperation::NonBlockingLockShared,
        Share::Nobody => FlockOperation::NonBlockingLockExclusive,
    };
    match rustix::fs::flock(&file, operation) {
        Ok(()) => Ok(file),
        Err(Errno::WOULDBLOCK) => Err(StoreError::InUse { path: folder.to_owned() }),
        Err(error) => Err(StoreError::io(folder)(error.into())),
    }
}

/// Makes what was made, renamed or removed in a folder durable.
pub fn sync(folder: &Path) -> Result<()> {
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(StoreError::io(folder))
}

/// Gives a file another name, which nothing may have yet; what comes there meanwhile is not overwritten either.
pub fn move_to_free(from: &Path, to: &Path) -> Result<()> {
    let moved = rustix::fs::renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE);
    let moved = match moved {
        // File systems that do not know of this (NFS) know of links, which never overwrite.
        Err(Errno::INVAL | Errno::NOSYS) => rustix::fs::link(from, to).and_then(|()| rustix::fs::unlink(from)),
        other => other,
    };
    match moved {
        Err(Errno::EXIST) => Err(StoreError::Exists { path: to.to_owned() }),
        other => other.map_err(|error| StoreError::io(to)(error.into())),
    }
}

/// Whether nothing stands at a path, not even a dangling link.
pub fn is_free(path: &Path) -> Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(StoreError::io(path)(error)),
    }
}
