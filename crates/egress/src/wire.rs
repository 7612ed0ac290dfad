//! The upstream's stream, read by us before the HTTP library reads it.
//!
//! The library repairs what it can: it takes a length beside chunks, lines that end with a line feed alone, any number of
//! informational responses. Whoever reads the same bytes otherwise sees other messages than we do, so each head is judged
//! by [`judge::Judge`] on its way to the library, and a fault ends the connection. Bodies pass untouched: a response is
//! judged from when it is expected ([`Arm`]) to the end of its head.

mod judge;

pub(crate) use judge::{Bounds, Fault, Judge};

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A stream of HTTP/1.1 whose heads are judged.
pub(crate) struct Judged<S> {
    stream: S,
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

impl<S> Judged<S> {
    /// Wraps a fresh stream: what comes first is a head, asked for or not.
    pub fn new(stream: S, bounds: Bounds) -> (Self, Arm) {
        let armed = Arc::new(AtomicBool::new(false));
        let arm = Arm(Arc::clone(&armed));
        (Self { stream, judge: Judge::new(bounds), armed }, arm)
    }

    fn judge(&mut self, bytes: &[u8]) -> io::Result<()> {
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

impl<S: AsyncRead + Unpin> AsyncRead for Judged<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(cx, buf))?;
        Poll::Ready(this.judge(&buf.filled()[before..]))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Judged<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
