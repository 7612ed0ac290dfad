//! The limits of one invocation and their names. Their ranges stand in the registry of limits.

use std::fmt;
use std::time::Duration;

/// What one invocation may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Time on the wall from admission to answer. Default 60 s: a slow language-model call fits.
    pub wall: Duration,
    /// Time on a CPU, waiting not counted. Default 1 s.
    pub cpu: Duration,
    /// Bytes of memory that the guest's heap may grow to. Default 64 MiB.
    pub heap: usize,
    /// Outbound calls in all. Default 50.
    pub calls: u32,
    /// Outbound calls open at once. Default 16.
    pub open_calls: u32,
    /// Bytes of the bodies of all calls, in both directions. Default 100 MiB.
    pub bytes: u64,
    /// Bytes of an outbound request's body. Default 10 MiB.
    pub request_body: usize,
    /// Bytes of a response body that is read whole. Default 10 MiB.
    pub response_body: usize,
    /// Bytes of the answer's body. Default 10 MiB.
    pub answer_body: usize,
    /// Bytes of console output; what comes after is counted and dropped. Default 64 KiB.
    pub logs: usize,
}

impl Default for Limits {
    fn default() -> Self {
        const MIB: usize = 1 << 20;
        Self {
            wall: Duration::from_secs(60),
            cpu: Duration::from_secs(1),
            heap: 64 * MIB,
            calls: 50,
            open_calls: 16,
            bytes: 100 << 20,
            request_body: 10 * MIB,
            response_body: 10 * MIB,
            answer_body: 10 * MIB,
            logs: 64 << 10,
        }
    }
}

/// A limit whose breach ends an invocation. The guest cannot catch it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    /// [`Limits::wall`].
    Wall,
    /// [`Limits::cpu`].
    Cpu,
    /// [`Limits::heap`].
    Heap,
    /// The engine's stack below the language's own, catchable limit.
    Stack,
    /// [`Limits::answer_body`].
    AnswerBody,
    /// Slots for running guests: all are taken.
    Isolates,
}

impl Limit {
    /// The limit's stable dotted name, as it stands in answers, logs and the registry of limits.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wall => "limit.wall",
            Self::Cpu => "limit.cpu",
            Self::Heap => "limit.heap",
            Self::Stack => "limit.stack",
            Self::AnswerBody => "limit.answer_body",
            Self::Isolates => "limit.isolates",
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
