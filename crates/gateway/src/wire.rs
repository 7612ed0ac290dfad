//! The client's socket, read by us before the HTTP library reads it.
//!
//! The library takes a message with both a length and a chunked body as chunked and hides that there was a length; a
//! proxy in front that went by the length would then see other requests on this connection than we do (request
//! smuggling). So bytes pass through [`Watch`], which judges each head and leaves the verdict for the request that it
//! belongs to. Bytes behind a head are held back until they are asked for, so that verdicts and requests stay in step.
//!
//! The socket also ends a client that takes no byte of its answer for too long.

mod head;

pub(crate) use head::{Framing, HeadFault, Verdict};

use bytes::{Buf, BytesMut};
use head::Watch;
use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// The verdicts on heads that no request was made from yet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Verdicts(Arc<Mutex<VecDeque<Verdict>>>);

impl Verdicts {
    /// The verdict on the oldest head. That there is none would mean that two readers have already disagreed.
    pub(crate) fn next(&self) -> Verdict {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.pop_front().unwrap_or(Verdict { framing: Err(HeadFault::OutOfStep), length: 0 })
    }

    fn add(&self, verdict: Verdict) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_back(verdict);
    }
}

/// A socket whose heads are watched and whose writes may not stall.
pub(crate) struct Wire<S> {
    stream: S,
    watch: Watch,
    verdicts: Verdicts,
    /// Read from the socket, and behind the end of a head that has not been handed on.
    held: BytesMut,
    write_timeout: Duration,
    /// Set while the client takes nothing.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl<S> Wire<S> {
    /// `longest_head` is in bytes; longer ones are left to the library's own limit, which must be lower.
    pub(crate) fn new(stream: S, verdicts: Verdicts, longest_head: usize, write_timeout: Duration) -> Self {
        let watch = Watch::new(longest_head);
        Self { stream, watch, verdicts, held: BytesMut::new(), write_timeout, stalled: None }
    }

    /// Whether a head has begun and not ended.
    pub(crate) fn is_inside_head(&self) -> bool {
        self.watch.is_inside_head()
    }

    /// The socket itself.
    pub(crate) fn into_inner(self) -> S {
        self.stream
    }

    fn pass(&mut self, bytes: &[u8]) -> usize {
        let (passed, verdict) = self.watch.pass(bytes);
        if let Some(verdict) = verdict {
            self.verdicts.add(verdict);
        }
        passed
    }

    fn pass_held(&mut self, buf: &mut ReadBuf<'_>) {
        let held = std::mem::take(&mut self.held);
        let passed = self.pass(&held[..held.len().min(buf.remaining())]);
        buf.put_slice(&held[..passed]);
        self.held = held;
        self.held.advance(passed);
    }

    fn unless_stalled<T>(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stalled = None;
            return written;
        }
        let write_timeout = self.write_timeout;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + write_timeout)));
        ready!(stalled.as_mut().poll(cx));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "the client takes no byte of its answer")))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Wire<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.held.is_empty() {
            this.pass_held(buf);
            return Poll::Ready(Ok(()));
        }
        let room = this.watch.wanted(buf.remaining());
        let space = buf.initialize_unfilled_to(room);
        let mut part = ReadBuf::new(space);
        ready!(Pin::new(&mut this.stream).poll_read(cx, &mut part))?;
        let read = part.filled();
        let passed = this.pass(read);
        this.held.extend_from_slice(&read[passed..]);
        buf.advance(passed);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write(cx, bytes);
        this.unless_stalled(cx, written)
    }

    fn poll_write_vectored(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.stream).poll_write_vectored(cx, bytes);
        this.unless_stalled(cx, written)
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
