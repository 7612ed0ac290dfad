//! What the kernel's threads hand over: a bounded ring without a lock. Who finds it full drops the event and counts it.

use crate::record::Record;
use crossbeam_queue::ArrayQueue;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread::{self, Thread};
use std::time::Duration;

/// Bytes that may wait at most, whatever the ring has room for: hosts choose how long their paths and words are.
const BYTES: usize = 32 * 1024 * 1024;

/// The ring, and the thread that empties it.
pub struct Ring {
    waiting: ArrayQueue<Box<Record>>,
    bytes: AtomicUsize,
    emitted: AtomicU64,
    dropped: AtomicU64,
    reader: OnceLock<Thread>,
    /// The reader sleeps until it is woken. To wake it costs a call of the system, so nobody does while it looks by itself.
    asleep: AtomicBool,
}

impl Ring {
    /// A ring with room for so many.
    pub fn new(room: usize) -> Self {
        Self {
            waiting: ArrayQueue::new(room.max(1)),
            bytes: AtomicUsize::new(0),
            emitted: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            reader: OnceLock::new(),
            asleep: AtomicBool::new(false),
        }
    }

    /// Takes one, or counts it.
    pub fn push(&self, record: Box<Record>) {
        self.emitted.fetch_add(1, Ordering::Relaxed);
        let size = record.size();
        let fits = self.bytes.fetch_add(size, Ordering::Relaxed) + size <= BYTES;
        if !fits || self.waiting.push(record).is_err() {
            self.bytes.fetch_sub(size, Ordering::Relaxed);
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
        if self.asleep.load(Ordering::SeqCst) {
            self.wake();
        }
    }

    /// Gives the oldest.
    pub fn pop(&self) -> Option<Box<Record>> {
        let record = self.waiting.pop()?;
        self.bytes.fetch_sub(record.size(), Ordering::Relaxed);
        Some(record)
    }

    /// How full it is, from 0 to 1.
    pub fn fullness(&self) -> f64 {
        let rows = self.waiting.len() as f64 / self.waiting.capacity() as f64;
        rows.max(self.bytes.load(Ordering::Relaxed) as f64 / BYTES as f64)
    }

    /// How many were handed over, room or not.
    pub fn emitted(&self) -> u64 {
        self.emitted.load(Ordering::Relaxed)
    }

    /// How many found no room.
    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// This thread is the one that empties it.
    pub fn read_here(&self) {
        self.reader.get_or_init(thread::current);
    }

    /// Rests for a while, of which only [`Ring::wake`] makes less.
    pub fn rest(&self, while_busy: Duration) {
        thread::park_timeout(while_busy);
    }

    /// Sleeps until something comes, or so long.
    pub fn sleep(&self, most: Duration) {
        self.asleep.store(true, Ordering::SeqCst);
        if self.waiting.is_empty() {
            thread::park_timeout(most);
        }
        self.asleep.store(false, Ordering::SeqCst);
    }

    /// Wakes the reader.
    pub fn wake(&self) {
        self.asleep.store(false, Ordering::SeqCst);
        self.reader.get().inspect(|reader| reader.unpark());
    }
}

#[cfg(test)]
mod tests;
