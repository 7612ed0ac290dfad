//! Copies of the store: made while it is used, and put in its place while it is not. The master key is in none of them.

use super::schema::{self, MIGRATIONS};
use super::{Store, files, open};
use crate::{Key, Result, StoreError};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use ulid::Ulid;

/// What became of the store that a backup took the place of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// Where it is now; nothing if there was none.
    pub aside: Option<PathBuf>,
}

impl Store {
    /// Writes a copy of the store as of one moment to a new file of mode 0600. Readers and writers go on meanwhile. Secrets are in it
    /// as they are in the store: sealed, under the master key, which is not in it.
    ///
    /// # Errors
    /// When something is at that path already, or it cannot be written.
    pub fn backup(&self, to: &Path) -> Result<()> {
        let folder = match to.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        if !files::is_free(to)? {
            return Err(StoreError::Exists { path: to.to_owned() });
        }
        let draft = draft(&self.0.folder.join(files::DATABASE), folder)?;
        let moved = files::move_to_free(&draft, to).and_then(|()| files::sync(folder));
        if moved.is_err() {
            let _ = fs::remove_file(&draft);
        }
        moved
    }

    /// Puts a backup in the place of the store of a data directory, after it was looked over whole. The store that was there stays
    /// beside it. The key must be the one that the backup was made under.
    ///
    /// # Errors
    /// When the store is in use, or with the backup's fault; then nothing was replaced.
    pub fn restore(data_dir: &Path, backup: &Path, key: &Key) -> Result<Restored> {
        let folder = files::folder(data_dir)?;
        let _lock = files::lock(&folder, files::Share::Nobody)?;
        let draft = copy(backup, &folder)?;
        let put = look_over(&draft, backup, key).and_then(|()| put(&draft, &folder));
        if put.is_err() {
            let _ = fs::remove_file(&draft);
        }
        put
    }
}

/// A copy of the database at a path as of one moment, whole and durable, under a name of its own in a folder.
pub fn draft(path: &Path, folder: &Path) -> Result<PathBuf> {
    let (draft, file) = files::draft(folder, files::DATABASE)?;
    let copied = vacuum(path, &draft).and_then(|()| file.sync_all().map_err(StoreError::io(&draft)));
    if copied.is_err() {
        let _ = fs::remove_file(&draft);
    }
    copied.map(|()| draft)
}

/// SQLite writes what is in use and nothing of what was deleted, into a file that it finds empty.
fn vacuum(from: &Path, to: &Path) -> Result<()> {
    let text = to.to_str().ok_or_else(|| StoreError::io(to)(io::Error::other("the path is no UTF-8")))?;
    open::reading(from)?.execute("VACUUM INTO ?1", [text])?;
    Ok(())
}

/// Copies a file that somebody gave us to where nobody else can change it while it is looked over.
fn copy(backup: &Path, folder: &Path) -> Result<PathBuf> {
    let mut from = File::open(backup).map_err(StoreError::io(backup))?;
    let (draft, mut file) = files::draft(folder, files::DATABASE)?;
    let copied = io::copy(&mut from, &mut file).and_then(|_| file.sync_all());
    if let Err(error) = copied {
        let _ = fs::remove_file(&draft);
        return Err(StoreError::io(backup)(error));
    }
    Ok(draft)
}

/// The faults of a backup, with the name that its owner knows it by.
fn look_over(draft: &Path, backup: &Path, key: &Key) -> Result<()> {
    let db = open::own(draft).map_err(|_| StoreError::NotADatabase { path: backup.to_owned() })?;
    let corrupt = |what: &str| StoreError::Corrupt { path: backup.to_owned(), what: what.to_owned() };
    let version = open::identify(&db, backup, MIGRATIONS.len())?;
    if version == 0 {
        return Err(StoreError::NotADatabase { path: backup.to_owned() });
    }
    open::sound(&db, backup, "integrity_check(1)")?;
    if !schema::is_of(&db, version)? {
        return Err(corrupt("its tables are not those of its version"));
    }
    if db.prepare("PRAGMA foreign_key_check")?.exists([])? {
        return Err(corrupt("rows without what they belong to"));
    }
    open::fits(&db, backup, key).map(|_| ())
}

/// Sets the store aside and puts the draft in its place. At each moment there is a whole store of that name, the old or the new.
fn put(draft: &Path, folder: &Path) -> Result<Restored> {
    let path = folder.join(files::DATABASE);
    if files::is_free(&path)? {
        rename(draft, &path)?;
        files::sync(folder)?;
        return Ok(Restored { aside: None });
    }
    let aside = folder.join(format!("{}.before-restore-{}", files::DATABASE, Ulid::new()));
    fold(&path);
    // A log that could not be taken into its file goes aside with it: beside another file it would be taken into that.
    for part in ["-wal", "-shm"] {
        let (log, beside) = (suffixed(&path, part), suffixed(&aside, part));
        if !files::is_free(&log)? {
            rename(&log, &beside)?;
        }
    }
    fs::hard_link(&path, &aside).map_err(StoreError::io(&aside))?;
    rename(draft, &path)?;
    files::sync(folder)?;
    Ok(Restored { aside: Some(aside) })
}

/// Takes the log into the file, if the file is one that can be opened: the last connection to close does it.
fn fold(path: &Path) {
    if let Ok(db) = rusqlite::Connection::open(path) {
        let _ = schema::version(&db);
    }
}

fn rename(from: &Path, to: &Path) -> Result<()> {
    fs::rename(from, to).map_err(StoreError::io(from))
}

fn suffixed(path: &Path, part: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(part);
    name.into()
}
