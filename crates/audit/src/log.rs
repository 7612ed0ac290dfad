//! The log as the kernel sees it, and as its owner asks about it.

use crate::pump::Pump;
use crate::record::Record;
use crate::ring::Ring;
use crate::sink::{Drain, Sink};
use egret_egress::{Audit, Event};
use egret_store::{Retention, Store, StoreError};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

/// Is told of what was lost. Called on the log's own thread.
pub type Tell = Box<dyn Fn(&Loss) + Send>;

/// How the log is kept.
pub struct Config {
    /// Whether paths are kept. Default no: some services carry secrets in them.
    pub paths: bool,
    /// How much of the log is kept. Changed later by [`Store::retain`].
    pub retention: Retention,
    /// Events that wait for the log's thread, at most; what comes beyond them is dropped and counted. Default 32,768: over half a
    /// second of 50,000 a second.
    pub ring: usize,
    /// Where lines go besides the store. Default nowhere.
    pub sinks: Vec<Sink>,
    /// How often a loss is told of. Default once a minute.
    pub tell_every: Duration,
    /// Who is told. Default nobody.
    pub tell: Tell,
}

impl Default for Config {
    fn default() -> Self {
        let (ring, tell_every) = (32_768, Duration::from_secs(60));
        Self { paths: false, retention: Retention::default(), ring, sinks: Vec::new(), tell_every, tell: Box::new(|_| {}) }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config").field("paths", &self.paths).field("ring", &self.ring).field("sinks", &self.sinks).finish_non_exhaustive()
    }
}

/// Why the log cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// A file for lines cannot be written.
    #[error("{}: {source}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is no thread for it.
    #[error("no thread for the audit log: {0}")]
    Thread(io::Error),
    /// The log's thread has ended.
    #[error("the audit log is closed")]
    Closed,
    /// The store cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AuditError {
    pub(crate) fn file(path: &Path, source: io::Error) -> Self {
        Self::File { path: path.to_owned(), source }
    }
}

/// What was lost since it was last told.
#[derive(Clone, Debug)]
pub struct Loss {
    /// Events that have no row and stand in no sum.
    pub dropped: u64,
    /// Lines that were not written.
    pub lines: u64,
    /// Why the store lost rows that it had taken, if it did.
    pub fault: Option<StoreError>,
}

/// What became of all events since the log was opened. When nothing is on its way (after [`Log::flush`]),
/// `recorded + thinned + dropped == emitted`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Events of the kernel.
    pub emitted: u64,
    /// Those that have a row of their own in the store.
    pub recorded: u64,
    /// Those that another's row stands for.
    pub thinned: u64,
    /// Those that were lost: no room, or the store could not write them.
    pub dropped: u64,
    /// Lines that were lost on their way to a file or the standard output, of all such places together.
    pub lines_lost: u64,
}

/// The audit log. It lives as long as the kernel that it was given to; when it goes, all that waits is written.
pub struct Log {
    shared: Arc<Shared>,
    paths: bool,
    thread: Option<JoinHandle<()>>,
}

/// What the kernel's threads and the log's have in common.
pub struct Shared {
    pub ring: Ring,
    pub store: Store,
    pub sinks: Vec<Drain>,
    /// Rows that were handed to the store.
    pub handed: AtomicU64,
    pub thinned: AtomicU64,
    /// Who waits until all is written.
    pub waiting: Mutex<Vec<SyncSender<Result<(), StoreError>>>>,
    pub closing: AtomicBool,
    /// What the store had lost before.
    pub lost_before: u64,
}

impl Log {
    /// Opens the log over a store, whose classes for denials and audit rows it has to itself.
    ///
    /// # Errors
    /// When a file for lines cannot be written, or there is no thread.
    pub fn open(store: Store, config: Config) -> Result<Self, AuditError> {
        let sinks = config.sinks.iter().map(Drain::open).collect::<Result<_, _>>()?;
        store.retain(config.retention);
        let lost_before = lost(&store);
        let shared = Arc::new(Shared {
            ring: Ring::new(config.ring),
            store,
            sinks,
            handed: AtomicU64::new(0),
            thinned: AtomicU64::new(0),
            waiting: Mutex::default(),
            closing: AtomicBool::new(false),
            lost_before,
        });
        let mut pump = Pump::new(Arc::clone(&shared), config.tell, config.tell_every);
        let started = Builder::new().name("egret-audit".to_owned()).spawn(move || pump.run());
        Ok(Self { shared, paths: config.paths, thread: Some(started.map_err(AuditError::Thread)?) })
    }

    /// What became of all events.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.shared.counts()
    }

    /// Waits until all that was recorded before is written or lost. Blocks: not for async code.
    ///
    /// # Errors
    /// When the store or the log's thread is gone.
    pub fn flush(&self) -> Result<(), AuditError> {
        let (written, waits) = sync_channel(1);
        self.shared.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(written);
        self.shared.ring.wake();
        Ok(waits.recv().map_err(|_| AuditError::Closed)??)
    }
}

impl Audit for Log {
    fn record(&self, event: Event) {
        self.shared.ring.push(Box::new(Record::new(event, self.paths)));
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log").field("counts", &self.counts()).finish_non_exhaustive()
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.shared.closing.store(true, Ordering::SeqCst);
        self.shared.ring.wake();
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has written what it could.
            let _ = thread.join();
        }
    }
}

impl Shared {
    pub fn counts(&self) -> Counts {
        let lost = lost(&self.store) - self.lost_before;
        Counts {
            emitted: self.ring.emitted(),
            recorded: self.handed.load(Ordering::SeqCst).saturating_sub(lost),
            thinned: self.thinned.load(Ordering::SeqCst),
            dropped: self.ring.dropped() + lost,
            lines_lost: self.sinks.iter().map(Drain::lost).sum(),
        }
    }
}

fn lost(store: &Store) -> u64 {
    use egret_store::Class::{Audit, Denials};
    store.dropped(Denials) + store.dropped(Audit)
}
