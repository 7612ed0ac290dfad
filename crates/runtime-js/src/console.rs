//! What a guest writes to `console`, up to its limit of bytes. What comes after is counted and not kept.

use crate::{Console, Level};
use egret_runtime::InvocationId;
use std::sync::Arc;

/// Bytes that a line costs beside its text, so that empty ones are bounded too: each becomes a record with names and a
/// time.
const LINE: usize = 64;

/// The lines of one invocation.
pub(crate) struct Log {
    sink: Arc<dyn Console>,
    invocation: InvocationId,
    function: Arc<str>,
    left: usize,
    dropped: u64,
}

impl Log {
    pub fn new(sink: Arc<dyn Console>, invocation: InvocationId, function: Arc<str>, limit: usize) -> Self {
        Self { sink, invocation, function, left: limit, dropped: 0 }
    }

    /// Writes a line of the guest.
    pub fn guest(&mut self, level: Level, text: &[u8]) {
        // The length decides before anything is copied. Once a line is dropped, so are all that come after it.
        match self.left.checked_sub(text.len().saturating_add(LINE)) {
            Some(left) => {
                self.left = left;
                self.line(level, &String::from_utf8_lossy(text));
            }
            None => {
                self.left = 0;
                self.dropped += 1;
            }
        }
    }

    /// Writes a line of ours, which costs the guest nothing.
    pub fn line(&self, level: Level, text: &str) {
        self.sink.line(&self.invocation, &self.function, level, text);
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        if self.dropped > 0 {
            self.line(Level::Warn, &format!("{} more lines were dropped: the limit of console output is reached", self.dropped));
        }
    }
}

/// The level of the number that the prelude uses.
pub(crate) const fn level(number: i32) -> Level {
    match number {
        0 => Level::Debug,
        1 => Level::Info,
        2 => Level::Warn,
        _ => Level::Error,
    }
}
