//! What a gateway allows, with the reasons for the defaults.

use crate::pace::Pace;
use std::ops::RangeInclusive;
use std::time::Duration;

/// Bounds of a gateway. [`Default`] is what `serve` ships with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Bytes of a request's body; above it 413. Default 10 MiB: a photograph, not a film. 0 to 1 GiB.
    pub body: usize,
    /// Bytes of request bodies held at once, over all connections; above it 503. Default 512 MiB: fifty of the longest
    /// bodies, thousands of common ones, and still no machine of today runs out of memory. 1 MiB to 64 GiB.
    pub bodies: usize,
    /// Bytes of a request's head, request line included; above it 431. Default 64 KiB: cookies and long tokens fit,
    /// as they do in common servers. 4 KiB to 1 MiB.
    pub head: usize,
    /// Header fields of a request; above it 431. Default 100. 1 to 1,000.
    pub headers: usize,
    /// Time for a head to arrive, and so also how long a connection may idle. Default 10 s: any honest client sends
    /// its head at once. 1 ms to 900 s.
    pub head_timeout: Duration,
    /// Time for a body to arrive; after it 408. Default 60 s: 10 MiB over a slow mobile line. 1 ms to 900 s.
    pub body_timeout: Duration,
    /// Bytes per second that a body must bring on average once `body_patience` has passed; below it 408. Default
    /// 1 KiB/s: the worst mobile line is faster, and who sends a byte now and then only wants to hold our memory.
    /// 1 B/s to 1 GiB/s.
    pub least_body_rate: usize,
    /// Time from the head on before `least_body_rate` is asked for. Default 10 s: lines that break for a moment and
    /// come back are within it. 1 ms to 900 s.
    pub body_patience: Duration,
    /// Time that the client may refuse to take a byte of its answer. Default 30 s. 1 ms to 900 s.
    pub write_timeout: Duration,
    /// Bytes per second of an answer that the client must take on average once `write_timeout` has passed; below it
    /// the connection is cut. Default 16 KiB/s: slow lines are faster, and at less an answer of 10 MiB would be held
    /// for more than eleven minutes. 1 B/s to 1 GiB/s.
    pub least_write_rate: usize,
    /// Time for the function, from the whole request to the whole answer; after it 504. Default 60 s: a slow
    /// language-model call fits. 1 ms to 900 s.
    pub timeout: Duration,
    /// Connections open at once; more wait in the kernel's queue. Default 10,000, below common descriptor limits.
    /// 1 to 1,000,000.
    pub connections: usize,
    /// Requests in work at once; above it 503. Default 12,000, as many as isolates by default. 1 to 1,000,000.
    pub in_flight: usize,
    /// Time that requests in work are given after the order to stop. Default 10 s, within what service managers
    /// wait. 0 to 900 s.
    pub grace: Duration,
    /// Which `Host` is answered; others get 421. Default [`Hosts::Any`].
    pub hosts: Hosts,
    /// How much an error answer says. Default [`Detail::Safe`].
    pub detail: Detail,
}

/// Which names a gateway answers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hosts {
    /// All of them: a proxy in front decides, or nobody needs to.
    Any,
    /// `localhost`, names below it, `127.0.0.1` and `[::1]`, with any port. A web page elsewhere whose name was
    /// pointed at this machine (DNS rebinding) then reaches nothing.
    Local,
}

/// How much an error answer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// What kind of thing went wrong, and the request id to look up the rest.
    Safe,
    /// Everything, stacks included. For development on one's own machine.
    Full,
}

/// Why no gateway can be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("gateway: {field} is {value}, allowed is {range}")]
pub struct BuildError {
    /// The field of [`Config`].
    pub field: &'static str,
    /// What it holds.
    pub value: String,
    /// What it may hold.
    pub range: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            body: 10 << 20,
            bodies: 512 << 20,
            head: 64 << 10,
            headers: 100,
            head_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(60),
            least_body_rate: 1 << 10,
            body_patience: Duration::from_secs(10),
            write_timeout: Duration::from_secs(30),
            least_write_rate: 16 << 10,
            timeout: Duration::from_secs(60),
            connections: 10_000,
            in_flight: 12_000,
            grace: Duration::from_secs(10),
            hosts: Hosts::Any,
            detail: Detail::Safe,
        }
    }
}

impl Config {
    /// # Errors
    /// Every field that is out of its range.
    pub(crate) fn check(&self) -> Result<(), Vec<BuildError>> {
        let instant = Duration::from_millis(1);
        let longest = Duration::from_secs(900);
        let rates = 1..=1 << 30;
        let faults: Vec<BuildError> = [
            within("body", self.body, 0..=1 << 30),
            within("bodies", self.bodies, 1 << 20..=64 << 30),
            within("head", self.head, 4 << 10..=1 << 20),
            within("headers", self.headers, 1..=1000),
            within("connections", self.connections, 1..=1_000_000),
            within("in_flight", self.in_flight, 1..=1_000_000),
            within("least_body_rate", self.least_body_rate, rates.clone()),
            within("least_write_rate", self.least_write_rate, rates),
            within("head_timeout", self.head_timeout, instant..=longest),
            within("body_timeout", self.body_timeout, instant..=longest),
            within("body_patience", self.body_patience, instant..=longest),
            within("write_timeout", self.write_timeout, instant..=longest),
            within("timeout", self.timeout, instant..=longest),
            within("grace", self.grace, Duration::ZERO..=longest),
        ]
        .into_iter()
        .flatten()
        .collect();
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    /// How fast a body must come.
    pub(crate) fn body_pace(&self) -> Pace {
        Pace { rate: self.least_body_rate, after: self.body_patience }
    }

    /// How fast an answer must be taken. The time before that is the longest stall: one that is over is forgiven.
    pub(crate) fn write_pace(&self) -> Pace {
        Pace { rate: self.least_write_rate, after: self.write_timeout }
    }
}

fn within<T: PartialOrd + std::fmt::Debug>(field: &'static str, value: T, range: RangeInclusive<T>) -> Option<BuildError> {
    let fault = || BuildError { field, value: format!("{value:?}"), range: format!("{:?} to {:?}", range.start(), range.end()) };
    (!range.contains(&value)).then(fault)
}
