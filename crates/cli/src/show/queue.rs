//! Lines on their way to standard output, which may be slow or not read at all.
//!
//! Whoever reports never waits: a thread of its own writes, and what finds no room is counted, not kept. The count is
//! written where the lines are missing.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// Reports that may wait, and their bytes: one report can be all that a guest may log, 64 KiB.
const MAX_WAITING: usize = 10_000;
const MAX_BYTES: usize = 16 << 20;

/// Takes reports without blocking.
pub struct Queue {
    /// Taken when it closes. Its lock also keeps a notice before the lines that follow it.
    sender: Mutex<Option<SyncSender<String>>>,
    load: Arc<Load>,
    notice: fn(u64) -> String,
    /// Disconnected once the writer has ended.
    ended: Mutex<Receiver<()>>,
}

#[derive(Default)]
struct Load {
    /// Bytes that wait.
    bytes: AtomicUsize,
    /// Lines that found no room since the last notice.
    dropped: AtomicU64,
}

impl Queue {
    /// Starts the thread that writes; `notice` says that so many lines were dropped.
    pub fn start(out: impl Write + Send + 'static, notice: fn(u64) -> String) -> io::Result<Self> {
        let (sender, receiver) = sync_channel(MAX_WAITING);
        let (ending, ended) = channel();
        let load = Arc::<Load>::default();
        let seen = Arc::clone(&load);
        thread::Builder::new().name("terminal".to_owned()).spawn(move || {
            // A closed pipe is nobody's fault.
            let _ = write(out, &receiver, &seen, notice);
            drop(ending);
        })?;
        Ok(Self { sender: Mutex::new(Some(sender)), load, notice, ended: Mutex::new(ended) })
    }

    /// Takes one report, or counts its lines as dropped.
    pub fn send(&self, text: String) {
        let sender = lock(&self.sender);
        let Some(sender) = &*sender else { return };
        let lines = text.lines().count() as u64;
        let missing = self.load.dropped.load(Ordering::Relaxed);
        if missing > 0 && self.push(sender, (self.notice)(missing)) {
            self.load.dropped.fetch_sub(missing, Ordering::Relaxed);
        }
        let behind = self.load.dropped.load(Ordering::Relaxed) > 0;
        if behind || !self.push(sender, text) {
            self.load.dropped.fetch_add(lines, Ordering::Relaxed);
        }
    }

    /// Takes nothing more, and waits until everything is written, but not for longer than `patience`.
    pub fn close(&self, patience: Duration) {
        drop(lock(&self.sender).take());
        let _ = lock(&self.ended).recv_timeout(patience);
    }

    fn push(&self, sender: &SyncSender<String>, text: String) -> bool {
        let length = text.len();
        if self.load.bytes.fetch_add(length, Ordering::Relaxed) + length <= MAX_BYTES && sender.try_send(text).is_ok() {
            return true;
        }
        self.load.bytes.fetch_sub(length, Ordering::Relaxed);
        false
    }
}

/// Writes until the queue is closed and empty.
fn write(mut out: impl Write, queue: &Receiver<String>, load: &Load, notice: fn(u64) -> String) -> io::Result<()> {
    for text in queue {
        out.write_all(text.as_bytes())?;
        out.flush()?;
        load.bytes.fetch_sub(text.len(), Ordering::Relaxed);
    }
    match load.dropped.load(Ordering::Relaxed) {
        0 => Ok(()),
        missing => out.write_all(notice(missing).as_bytes()).and_then(|()| out.flush()),
    }
}

/// What is behind these locks is whole at every moment, also after a panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
