//! The store as a whole: opened, read through a pool, written through one thread, and closed when its last clone goes.

mod backup;
pub(crate) mod files;
mod open;
mod readers;
mod schema;
mod watcher;

use crate::secrets::{self, OpenSecret};
use crate::writer::{Class, Effect, Taken, Write, Writer};
use crate::{App, Grant, Key, Result, Setting, apps, grants, settings};
use readers::Readers;
use rusqlite::Connection;
use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;
use watcher::Watcher;

pub use backup::Restored;
pub(crate) use open::PATIENCE;

/// The store of a data directory. Clones are the same store; several processes may have one open.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

/// In the order in which they go: the writer's connection is the last, and takes the log into the file.
struct Inner {
    readers: Readers,
    watcher: Watcher,
    writer: Writer,
    key: Arc<Key>,
    folder: PathBuf,
    _lock: File,
}

/// All that decides what an app may reach, as of one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The app, with the generation that the rest belongs to.
    pub app: App,
    /// Its grants, oldest first.
    pub grants: Vec<Grant>,
    /// Its secrets with their values.
    pub secrets: Vec<OpenSecret>,
    /// Its settings.
    pub settings: Vec<Setting>,
}

impl Store {
    /// Opens the store of a data directory, which is made with it if it is not there: a folder of mode 0700 with `egret.db` of
    /// mode 0600. Looks over what decides
    /// over apps, though not their logs, and brings an older form to the present one.
    ///
    /// # Errors
    /// Each fault of the file has its own: a link, open to others, no database, another program's, a newer egret's, damaged,
    /// not writable, held by another process, made with another master key.
    pub fn open(data_dir: &Path, key: Key) -> Result<Self> {
        let folder = files::folder(data_dir)?;
        let lock = files::lock(&folder, files::Share::Users)?;
        let path = folder.join(files::DATABASE);
        let writing = open::writing(&path, &key)?;
        Ok(Self(Arc::new(Inner {
            readers: Readers::new(path.clone()),
            watcher: Watcher::new(open::reading(&path)?),
            writer: Writer::start(writing)?,
            key: Arc::new(key),
            folder,
            _lock: lock,
        })))
    }

    /// Looks the whole file over, logs included: seconds for gigabytes, while others read and write.
    ///
    /// # Errors
    /// With the first fault that is found.
    pub fn check(&self) -> Result<()> {
        let path = self.0.folder.join(files::DATABASE);
        self.read(|db| open::sound(db, &path, "integrity_check(1)"))
    }

    /// A number that is another one after every change that was made through a method of a `Store`, in this process or in any
    /// other. It is meant to be asked for every 50 ms, from async code too: it costs some microseconds, does not
    /// wait for a writer, and goes to the file only when something was written.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn changes(&self) -> Result<u64> {
        self.0.watcher.changes()
    }

    /// An app with all that decides what it may reach, as of one moment; nothing for an app that is not there.
    ///
    /// # Errors
    /// When the store cannot be read, or a value was tampered with.
    pub fn snapshot(&self, app: &str) -> Result<Option<Snapshot>> {
        self.read(|db| {
            let app = match apps::living(db, app) {
                Err(crate::StoreError::NoSuch { .. }) => return Ok(None),
                other => other?,
            };
            Ok(Some(Snapshot {
                grants: grants::list(db, &app.id)?,
                secrets: secrets::open(db, &self.0.key, &app.id, SystemTime::now())?,
                settings: settings::list(db, &app.id)?,
                app,
            }))
        })
    }

    /// Hands over what need not be durable at once, and never waits: a full queue drops it, counted.
    pub fn bulk(&self, class: Class, write: Write) -> Taken {
        self.0.writer.bulk(class, write)
    }

    /// Hands over many at once, as [`Store::bulk`] does each. Gives how many of them were dropped.
    pub fn bulk_all(&self, class: Class, writes: Vec<Write>) -> u64 {
        self.0.writer.bulk_all(class, writes)
    }

    /// How full the queue of a class is, from 0 to 1: whoever hands rows over may hand over fewer.
    #[must_use]
    pub fn fullness(&self, class: Class) -> f64 {
        self.0.writer.fullness(class)
    }

    /// Why rows that nobody waits for were last lost after they had been taken, if any were since this was last asked.
    #[must_use]
    pub fn bulk_fault(&self) -> Option<crate::StoreError> {
        self.0.writer.fault()
    }

    /// How many writes of a class were dropped since the store was opened, whether for want of room or because they failed.
    #[must_use]
    pub fn dropped(&self, class: Class) -> u64 {
        self.0.writer.dropped(class)
    }

    /// Waits until all that was handed over before is written.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn flush(&self) -> Result<()> {
        self.0.writer.flush()
    }

    /// Does a control write: what it does is kept whole or not at all, and durable when this returns.
    pub(crate) fn control<T: Send + 'static>(&self, work: impl FnOnce(&Connection) -> Result<T> + Send + 'static) -> Result<T> {
        self.0.writer.control(Effect::Keeps, work)
    }

    /// Does a control write that takes secrets away, and sees to it that their bytes leave the files.
    pub(crate) fn erase<T: Send + 'static>(&self, work: impl FnOnce(&Connection) -> Result<T> + Send + 'static) -> Result<T> {
        self.0.writer.control(Effect::Erases, work)
    }

    /// Reads as of one moment.
    pub(crate) fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.0.readers.read(work)
    }

    pub(crate) fn writer(&self) -> &Writer {
        &self.0.writer
    }

    pub(crate) fn key(&self) -> Arc<Key> {
        Arc::clone(&self.0.key)
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("folder", &self.0.folder).finish_non_exhaustive()
    }
}
