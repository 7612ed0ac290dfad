//! A request's body on its way out: what the HTTP library pulls, and what the call knows of it meanwhile.
//!
//! The library holds the body longer than the call lasts: in a task of the connection that nobody awaits. So a stream is not
//! given to it. It stays in a state that both share: the call takes it out the moment it ends, and the library finds nothing
//! more to pull.

use crate::budget::Budget;
use crate::config::Timeouts;
use crate::error::{Phase, Reason};
use crate::request_body::{BodyStream, Chunks, RequestBody};
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// Bytes that the library is given at once: what is counted as sent is never further ahead than its buffers and this.
const PIECE: usize = 64 << 10;

/// What a request's body is for the HTTP library.
pub(crate) struct Outgoing {
    /// Where more comes from; `None` where `rest` is all there is.
    stream: Option<BodyStream>,
    /// What was pulled and is not handed out.
    rest: Bytes,
    /// Bytes that are still to be pulled, where that is known.
    left: Option<u64>,
    /// Bytes that may still be pulled.
    room: u64,
    most: usize,
    budget: Budget,
    shared: Arc<Shared>,
}

/// The call's side of it. Dropping it ends the body: the stream is dropped at once and nothing more goes out.
pub(crate) struct Upload(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    /// Tells the call that the body is whole, or broken.
    changed: Notify,
    sent: Arc<AtomicU64>,
}

struct State {
    course: Course,
    /// The stream, once its first chunk was asked for.
    chunks: Option<Chunks>,
    /// When the library last took something.
    progress: Instant,
    /// Whoever pulls.
    puller: Option<Waker>,
}

/// Where the body stands.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Course {
    Open,
    /// All of it was handed out.
    Whole,
    /// The response came before. Nothing more is pulled, and the request stays unfinished: to break it off would break off
    /// the response too.
    Stopped,
    /// It cannot be had or must not be sent.
    Broken(Reason),
    /// The call is over.
    Over,
}

impl Upload {
    /// Makes both sides. `most` is the cap in bytes; what goes out is spent of `budget` and added to `sent`.
    pub fn begin(body: &RequestBody, most: usize, budget: &Budget, sent: &Arc<AtomicU64>) -> (Self, Outgoing) {
        let (stream, rest) = match body {
            RequestBody::Empty => (None, Bytes::new()),
            RequestBody::Bytes(bytes) => (None, bytes.clone()),
            RequestBody::Stream(stream) => (Some(stream.clone()), Bytes::new()),
        };
        let course = if body.is_empty() { Course::Whole } else { Course::Open };
        let state = State { course, chunks: None, progress: Instant::now(), puller: None };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Notify::new(), sent: Arc::clone(sent) });
        let left = body.length().map(|length| length - rest.len() as u64);
        let (room, budget) = (most as u64, budget.clone());
        let outgoing = Outgoing { stream, rest, left, room, most, budget, shared: Arc::clone(&shared) };
        (Self(shared), outgoing)
    }

    /// Whether all of it was handed out: only then may the connection be used again.
    pub fn is_whole(&self) -> bool {
        self.0.state().course == Course::Whole
    }

    /// Why it broke, if it did.
    pub fn fault(&self) -> Option<Reason> {
        if let Course::Broken(reason) = &self.0.state().course { Some(reason.clone()) } else { None }
    }

    /// The response is there: nothing more is pulled.
    pub fn stop(&self) {
        self.0.close(Course::Stopped);
    }

    /// Ends when the wait for a response must: the body broke, the peer takes nothing more of it, or has it and does not
    /// answer.
    pub async fn trouble(&self, timeouts: &Timeouts) -> Reason {
        loop {
            let (until, phase) = match &*self.0.state() {
                State { course: Course::Broken(reason), .. } => return reason.clone(),
                State { course: Course::Open, progress, .. } => (*progress + timeouts.between_bytes, Phase::BetweenBytes),
                State { progress, .. } => (*progress + timeouts.first_byte, Phase::FirstByte),
            };
            if phase == Phase::FirstByte {
                // The body is out: nothing of it can change any more.
                sleep_until(until).await;
                return Reason::Timeout(phase);
            }
            if Instant::now() >= until {
                return Reason::Timeout(phase);
            }
            tokio::select! {
                () = sleep_until(until) => {}
                () = self.0.changed.notified() => {}
            }
        }
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        self.0.close(Course::Over);
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the pulling, unless the body is whole or broken already. What becomes of the stream is nobody's wait: it is
    /// dropped here, outside the lock, since that may run anything.
    fn close(&self, course: Course) {
        let mut state = self.state();
        if matches!(state.course, Course::Open | Course::Stopped) {
            state.course = course;
        }
        let (chunks, puller) = (state.chunks.take(), state.puller.take());
        drop(state);
        drop(chunks);
        puller.into_iter().for_each(Waker::wake);
        self.changed.notify_one();
    }

    /// The next chunk. The stream is polled outside the lock, and put back only if it is still wanted then.
    fn poll_chunk(&self, stream: &BodyStream, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, &'static str>>> {
        let held = self.state().chunks.take().or_else(|| stream.take());
        let Some(mut chunks) = held else { return Poll::Ready(Some(Err("it was sent before"))) };
        let polled = chunks.as_mut().poll_next(cx);
        let mut state = self.state();
        if state.course == Course::Open && !matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            state.chunks = Some(chunks);
        }
        polled
    }
}

impl Outgoing {
    /// Fills `rest`; `None` at the end.
    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<()>, Reason>> {
        let Some(stream) = self.stream.as_ref().filter(|_| self.left != Some(0)) else { return Poll::Ready(Ok(None)) };
        match ready!(self.shared.poll_chunk(stream, cx)) {
            None if self.left.is_some() => Poll::Ready(Err(Reason::RequestBody("it ended before the length that was announced"))),
            None => Poll::Ready(Ok(None)),
            Some(Err(words)) => Poll::Ready(Err(Reason::RequestBody(words))),
            Some(Ok(chunk)) => Poll::Ready(self.take(chunk).map(Some)),
        }
    }

    fn take(&mut self, chunk: Bytes) -> Result<(), Reason> {
        let length = chunk.len() as u64;
        self.room = self.room.checked_sub(length).ok_or(Reason::RequestSize(self.most))?;
        if let Some(left) = &mut self.left {
            *left = left.checked_sub(length).ok_or(Reason::RequestBody("it is longer than was announced"))?;
        }
        self.rest = chunk;
        Ok(())
    }

    /// Hands out a piece of what there is, if it can be paid for.
    fn piece(&mut self) -> Result<Bytes, Reason> {
        let piece = self.rest.split_to(self.rest.len().min(PIECE));
        self.budget.spend(piece.len() as u64)?;
        self.shared.sent.fetch_add(piece.len() as u64, Ordering::Relaxed);
        self.shared.state().progress = Instant::now();
        if self.rest.is_empty() && self.left == Some(0) {
            self.shared.close(Course::Whole);
        }
        Ok(piece)
    }

    /// Ends the body with its reason, which the call finds.
    fn fail(&self, reason: Reason) -> Poll<Option<Result<Frame<Bytes>, h2::Error>>> {
        self.shared.close(Course::Broken(reason));
        Poll::Ready(Some(Err(h2::Reason::CANCEL.into())))
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = h2::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, h2::Error>>> {
        let this = self.get_mut();
        let course = {
            let mut state = this.shared.state();
            state.puller = Some(cx.waker().clone());
            state.course.clone()
        };
        match course {
            Course::Open => {}
            Course::Whole => return Poll::Ready(None),
            Course::Stopped => return Poll::Pending,
            Course::Broken(_) | Course::Over => return Poll::Ready(Some(Err(h2::Reason::CANCEL.into()))),
        }
        if this.rest.is_empty() {
            match ready!(this.poll_more(cx)) {
                // A chunk without a byte would be the end in some framings: it is passed over, one a turn.
                Ok(Some(())) if this.rest.is_empty() && this.left != Some(0) => {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Ok(Some(())) => {}
                Ok(None) => {
                    this.shared.state().progress = Instant::now();
                    this.shared.close(Course::Whole);
                    return Poll::Ready(None);
                }
                Err(reason) => return this.fail(reason),
            }
        }
        match this.piece() {
            Ok(piece) => Poll::Ready(Some(Ok(Frame::data(piece)))),
            Err(reason) => this.fail(reason),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.left == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        self.left.map_or_else(SizeHint::default, |left| SizeHint::with_exact(left + self.rest.len() as u64))
    }
}
