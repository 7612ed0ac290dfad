//! Why an invocation gave no answer. Doors turn this into their own answer in one function each.

use crate::Limit;
use std::time::Duration;

/// Why an invocation gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A limit was reached; the guest was ended where it stood.
    #[error("{limit}: {detail}")]
    Limit {
        /// Which one.
        limit: Limit,
        /// The configured value in words, for example `1 s of CPU time`.
        detail: String,
    },
    /// The function threw, or its promise was rejected, and nothing caught it.
    #[error("{0}")]
    Thrown(Thrown),
    /// The function answered something that is no response.
    #[error("the function's answer cannot be sent: {0}")]
    BadAnswer(String),
    /// The door asked for a function that this runtime does not have.
    #[error("no function {0:?}")]
    NoFunction(String),
    /// The engine itself failed: a defect of ours or of the machine, never the guest's doing.
    #[error("engine: {0}")]
    Engine(String),
}

/// An uncaught exception of a guest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {message}")]
pub struct Thrown {
    /// The error's name, for example `TypeError`.
    pub name: String,
    /// Its message.
    pub message: String,
    /// Its stack in the guest's own file names; empty where there is none.
    pub stack: String,
    /// Set when what escaped was a refusal or failure of the egress kernel.
    pub net: Option<NetFailure>,
}

/// The kernel's error that a guest let escape. Its class decides the status (DESIGN 3.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetFailure {
    /// The guest's code, for example `NET_TIMEOUT`.
    pub code: String,
    /// When a new try may succeed.
    pub retry_after: Option<Duration>,
}
