//! The upstream's stream, read by us before the HTTP library reads it.
//!
//! The library repairs what it can: it takes a length beside chunks, lines that end with a line feed alone, any number of
//! informational responses. Whoever reads the same bytes otherwise sees other messages than we do, so each head is judged
//! by [`judge::Judge`] on its way to the library, and a fault ends the connection. Bodies pass untouched: a response is
//! judged from when it is expected ([`Arm`]) to the end of its head.

mod judge;
mod watched;

pub(crate) use judge::{Bounds, Fault, Judge};
pub(crate) use watched::{Eye, Watched};

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Judges the heads of one stream of HTTP/1.1.
pub(crate) struct Heads {
    judge: Judge,
    armed: Arc<AtomicBool>,
}

/// Tells the stream that the next byte begins a head.
pub(crate) struct Arm(Arc<AtomicBool>);

impl Arm {
    /// To be called before a request is sent, when the response before it was read to its end.
    pub fn expect_response(&self) {
        self.0.store(true, Ordering::Release);
    }
}

/// Watches a fresh stream: what comes first is a head, asked for or not.
pub(crate) fn judged<S>(stream: S, bounds: Bounds) -> (Watched<S, Heads>, Arm) {
    let armed = Arc::new(AtomicBool::new(false));
    let arm = Arm(Arc::clone(&armed));
    (Watched { stream, eye: Heads { judge: Judge::new(bounds), armed } }, arm)
}

impl Eye for Heads {
    fn read(&mut self, bytes: &[u8]) -> io::Result<()> {
        // The request went out after it was armed, so whatever answers it comes after that too.
        if self.armed.swap(false, Ordering::Acquire) {
            self.judge.expect_head();
        }
        self.judge.pass(bytes).map_err(|fault| io::Error::new(io::ErrorKind::InvalidData, fault))
    }
}

/// The fault in an error of the HTTP library, if one of ours is what lies beneath.
pub(crate) fn fault<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a Fault> {
    let mut error = Some(error);
    while let Some(current) = error {
        if let Some(inner) = current.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            return inner.downcast_ref();
        }
        error = current.source();
    }
    None
}
