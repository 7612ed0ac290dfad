//! Counts what a peer sends beside the bodies that are read, and ends the connection where that is out of proportion.
//!
//! Pings, settings, empty frames, frames for streams that are gone: each is legal, and a peer that sends nothing else keeps
//! a processor busy for nothing. One measure bounds them all, known floods and those to come: what arrives is paid from a
//! balance that grows with each call that begins and each byte that reaches a reader.
//!
//! It is also where a connection is cut: the library's own tasks do not end with their owner.

use crate::wire::{Eye, Watched};
use futures_util::task::AtomicWaker;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::task::Context;

/// What a call brings: a head, and what of its body may wait for a slow reader.
const PER_CALL: i64 = 4 << 20;
/// What a call that ends leaves behind: a stream's window of bytes that may be on their way still.
const PER_END: i64 = 1 << 20;
/// Bytes on the line for one byte that is read, at most. A frame of one byte has nine of head.
const PER_BYTE: i64 = 16;
/// The most that is saved up: a minute of reading buys no minute of flood.
const MOST: i64 = 32 << 20;

/// The balance of one connection, in bytes that may still arrive.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    balance: AtomicI64,
    closed: AtomicBool,
    /// Whoever waits for the peer's bytes.
    reader: AtomicWaker,
}

/// The peer sent too much that nobody reads.
#[derive(Debug, thiserror::Error)]
#[error("far more frames than its responses need")]
pub(super) struct Flood;

impl Meter {
    /// A stream whose bytes are counted, and the counts.
    pub(super) fn over<S>(stream: S) -> (Watched<S, Arc<Self>>, Arc<Self>) {
        let meter = Arc::new(Self::default());
        meter.begins();
        (Watched { stream, eye: Arc::clone(&meter) }, meter)
    }

    /// A call begins.
    pub(super) fn begins(&self) {
        self.earn(PER_CALL);
    }

    /// A call has ended, with its response read or not.
    pub(super) fn ends(&self) {
        self.earn(PER_END);
    }

    /// Bytes of a body reached their reader.
    pub fn delivered(&self, bytes: u64) {
        self.earn(i64::try_from(bytes).unwrap_or(MOST).saturating_mul(PER_BYTE));
    }

    /// Cuts the connection: nothing more is read or written.
    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        self.reader.wake();
    }

    fn is_open(&self) -> io::Result<()> {
        if self.closed.load(Ordering::Acquire) { Err(io::ErrorKind::NotConnected.into()) } else { Ok(()) }
    }

    fn earn(&self, bytes: i64) {
        let _ = self.balance.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |balance| Some(balance.saturating_add(bytes).min(MOST)));
    }

    fn arrived(&self, bytes: usize) -> io::Result<()> {
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        let left = self.balance.fetch_sub(bytes, Ordering::Relaxed).saturating_sub(bytes);
        if left < 0 { Err(io::Error::other(Flood)) } else { Ok(()) }
    }
}

impl Eye for Arc<Meter> {
    fn before_read(&mut self, cx: &Context<'_>) -> io::Result<()> {
        self.reader.register(cx.waker());
        self.is_open()
    }

    fn read(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.arrived(bytes.len())
    }

    fn before_write(&self) -> io::Result<()> {
        self.is_open()
    }
}
