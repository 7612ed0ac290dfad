//! The bytes that come from a client, and whether it is still there.
//!
//! The HTTP library notices that a client has gone only while it holds no byte that it has not read: one byte behind a
//! request would keep an invocation running for nobody. So it is given nothing while a request is at work, and the
//! socket is watched here instead.

use super::head::{HeadFault, Verdict, Watch};
use bytes::{Buf, BytesMut};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use tokio::io::{AsyncRead, ReadBuf};

/// Bytes of further requests that are read while one is at work. Behind more than that nobody looks for the client's
/// end: what it sends is held by the kernel then, and the deadline ends the request.
const AHEAD: usize = 64 << 10;

/// The client's side of a connection. Copies are the same client; all of them belong to one task.
#[derive(Debug)]
pub(crate) struct Client<R>(Arc<Mutex<Inbound<R>>>);

/// The client has closed its connection, or lost it.
#[derive(Debug, thiserror::Error)]
#[error("the client is gone")]
pub(crate) struct Gone;

#[derive(Debug)]
struct Inbound<R> {
    stream: R,
    watch: Watch,
    /// The verdicts on heads that no request was made from yet.
    verdicts: VecDeque<Verdict>,
    /// Read from the socket, and behind the end of a head that has not been handed on.
    held: BytesMut,
    at_work: bool,
    /// Who asked for bytes while a request was at work.
    reader: Option<Waker>,
}

/// Marks a request as being at work; what waits for bytes is woken when it is no longer.
struct AtWork<'a, R>(&'a Client<R>);

impl<R> Client<R> {
    /// `longest_head` is in bytes.
    pub(super) fn new(stream: R, longest_head: usize) -> Self {
        let watch = Watch::new(longest_head);
        let inbound = Inbound { stream, watch, verdicts: VecDeque::new(), held: BytesMut::new(), at_work: false, reader: None };
        Self(Arc::new(Mutex::new(inbound)))
    }

    /// The verdict on the oldest head. That there is none would mean that two readers have already disagreed.
    pub(crate) fn next_verdict(&self) -> Verdict {
        let out_of_step = Verdict { framing: Err(HeadFault::OutOfStep), length: 0, fragment: false };
        self.lock().verdicts.pop_front().unwrap_or(out_of_step)
    }

    /// Whether a head has begun and not ended.
    pub(super) fn is_inside_head(&self) -> bool {
        self.lock().watch.is_inside_head()
    }

    /// From now on bytes mean nothing: no head is looked for, and what is held is forgotten.
    pub(super) fn ignore(&self) {
        let mut inbound = self.lock();
        inbound.watch = Watch::beyond();
        inbound.held = BytesMut::new();
    }

    fn lock(&self) -> MutexGuard<'_, Inbound<R>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<R: AsyncRead + Unpin> Client<R> {
    /// Waits for `work`, which begins when the request has been read whole. Drops it when the client is gone.
    pub(crate) async fn unless_gone<T>(&self, work: impl Future<Output = T>) -> Result<T, Gone> {
        self.lock().at_work = true;
        let _at_work = AtWork(self);
        tokio::select! {
            biased;
            done = work => Ok(done),
            () = poll_fn(|cx| self.lock().poll_gone(cx)) => Err(Gone),
        }
    }

    pub(super) fn poll_read(&self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.lock().poll_read(cx, buf)
    }
}

impl<R> Clone for Client<R> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<R> Drop for AtWork<'_, R> {
    fn drop(&mut self) {
        let mut inbound = self.0.lock();
        inbound.at_work = false;
        let reader = inbound.reader.take();
        drop(inbound);
        if let Some(reader) = reader {
            reader.wake();
        }
    }
}

impl<R: AsyncRead + Unpin> Inbound<R> {
    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.at_work {
            self.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        if !self.held.is_empty() {
            self.pass_held(buf);
            return Poll::Ready(Ok(()));
        }
        let room = self.watch.wanted(buf.remaining());
        let space = buf.initialize_unfilled_to(room);
        let mut part = ReadBuf::new(space);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut part))?;
        let read = part.filled();
        let passed = self.pass(read);
        self.held.extend_from_slice(&read[passed..]);
        buf.advance(passed);
        Poll::Ready(Ok(()))
    }

    /// Ready when the client has closed or reset; what it sends before that is held for later.
    fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut space = [0; 4096];
        loop {
            let room = AHEAD.saturating_sub(self.held.len()).min(space.len());
            if room == 0 {
                return Poll::Pending;
            }
            let mut part = ReadBuf::new(&mut space[..room]);
            match ready!(Pin::new(&mut self.stream).poll_read(cx, &mut part)) {
                Ok(()) if !part.filled().is_empty() => self.held.extend_from_slice(part.filled()),
                Ok(()) | Err(_) => return Poll::Ready(()),
            }
        }
    }

    fn pass(&mut self, bytes: &[u8]) -> usize {
        let (passed, verdict) = self.watch.pass(bytes);
        self.verdicts.extend(verdict);
        passed
    }

    fn pass_held(&mut self, buf: &mut ReadBuf<'_>) {
        let mut held = std::mem::take(&mut self.held);
        let passed = self.pass(&held[..held.len().min(buf.remaining())]);
        buf.put_slice(&held[..passed]);
        held.advance(passed);
        // An empty buffer would keep its memory for as long as the connection idles.
        if !held.is_empty() {
            self.held = held;
        }
    }
}
