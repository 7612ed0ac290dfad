//! How an answer leaves: who takes no byte of it for too long, or takes it too slowly, is cut off.

use crate::pace::Pace;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::time::{Instant, Sleep, sleep_until};

/// Watches the writes of one connection.
#[derive(Debug)]
pub(super) struct Outbound {
    /// Its `after` is also the longest time without a byte.
    pace: Pace,
    /// Set from an answer's first byte until all of it is with the kernel.
    answer: Option<Progress>,
    /// Kept from one answer to the next.
    alarm: Option<Pin<Box<Sleep>>>,
}

#[derive(Clone, Copy, Debug)]
struct Progress {
    started: Instant,
    last_byte: Instant,
    bytes: u64,
}

impl Outbound {
    pub(super) fn new(pace: Pace) -> Self {
        Self { pace, answer: None, alarm: None }
    }

    /// What to say of a write: itself, or that the client is too slow.
    pub(super) fn wrote(&mut self, cx: &mut Context<'_>, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        let now = Instant::now();
        let answer = self.answer.get_or_insert(Progress { started: now, last_byte: now, bytes: 0 });
        match written {
            Poll::Ready(Ok(bytes)) => {
                answer.bytes += u64::try_from(bytes).unwrap_or(u64::MAX);
                answer.last_byte = now;
                Poll::Ready(Ok(bytes))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => Poll::Ready(Err(ready!(self.poll_too_slow(cx)))),
        }
    }

    /// What to say of a flush, which comes when everything has been written: itself, or that the client is too slow.
    pub(super) fn flushed(&mut self, cx: &mut Context<'_>, flushed: Poll<io::Result<()>>) -> Poll<io::Result<()>> {
        if flushed.is_pending() {
            return Poll::Ready(Err(ready!(self.poll_too_slow(cx))));
        }
        self.answer = None;
        flushed
    }

    /// Ready when the answer has waited for too long. Looked at only while it waits: a client that takes everything at
    /// once is never too slow.
    fn poll_too_slow(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        let Some(answer) = self.answer else { return Poll::Pending };
        let too_long = answer.last_byte + self.pace.after;
        let too_slow = answer.started + self.pace.patience(answer.bytes);
        let end = too_long.min(too_slow);
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep_until(end)));
        if alarm.deadline() != end {
            alarm.as_mut().reset(end);
        }
        ready!(alarm.as_mut().poll(cx));
        Poll::Ready(io::Error::new(io::ErrorKind::TimedOut, "the client takes its answer too slowly"))
    }
}
