//! How long the parts of an attempt take. A part that an attempt does not have costs it no look at the clock: a kept connection
//! is neither resolved nor dialled, and a turn that comes at once is not waited for.

use super::Attempt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::{Duration, Instant};

/// How long the parts of an attempt took; `None` for a part that it did not have. A part that was cut off has its time so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// Waiting for a free place.
    pub queue: Option<Duration>,
    /// Resolving the name.
    pub dns: Option<Duration>,
    /// Connecting.
    pub connect: Option<Duration>,
    /// The TLS handshake.
    pub tls: Option<Duration>,
    /// From the moment the request begins to go out to the head of the response.
    pub first_byte: Option<Duration>,
}

/// One of them.
#[derive(Clone, Copy)]
pub(crate) enum Part {
    Queue,
    Dns,
    Connect,
    Tls,
    FirstByte,
}

impl Attempt {
    /// Begins a part: how long it took is written down when the clock goes, however the part ends. No future is handed over for that:
    /// one that is handed from function to function has its room in each of them.
    pub fn clock(&mut self, part: Part) -> Clock<'_> {
        Clock { attempt: self, part, began: Instant::now() }
    }

    /// Does a part that is mostly done at once: the clock is not looked at then.
    pub async fn waited<T>(&mut self, part: Part, mut waiting: Pin<&mut impl Future<Output = T>>) -> T {
        match poll_fn(|context| Poll::Ready(waiting.as_mut().poll(context))).await {
            Poll::Ready(done) => done,
            Poll::Pending => {
                let _clock = self.clock(part);
                waiting.await
            }
        }
    }
}

/// Looks at the clock again when it goes: at the end of a part, or where that is cut off.
pub(crate) struct Clock<'a> {
    attempt: &'a mut Attempt,
    part: Part,
    began: Instant,
}

impl Drop for Clock<'_> {
    fn drop(&mut self) {
        let took = self.began.elapsed();
        let part = self.part;
        self.attempt.edit(|event| {
            let Timings { queue, dns, connect, tls, first_byte } = &mut event.timings;
            let place = match part {
                Part::Queue => queue,
                Part::Dns => dns,
                Part::Connect => connect,
                Part::Tls => tls,
                Part::FirstByte => first_byte,
            };
            *place = Some(place.unwrap_or_default() + took);
        });
    }
}
