//! Why a request gets no answer of a function. A value: `answer` gives each its status, code and words.

use crate::routes::PathFault;
use crate::wire::HeadFault;
use egret_runtime::Failure;
use http::Method;

/// Why a request gets no answer of a function.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The head can be read in more than one way.
    Framing(HeadFault),
    /// The head is too long or has too many fields.
    HeadTooLarge,
    /// There is not exactly one host, or it is no host.
    BadHost(&'static str),
    /// The host is not one of ours.
    WrongHost,
    /// The path can be read in more than one way.
    BadPath(PathFault),
    /// No function has this path.
    NotFound,
    /// The path has other methods only.
    MethodNotAllowed(Vec<Method>),
    /// The body is longer than allowed.
    BodyTooLarge,
    /// The body did not arrive in time.
    BodyTimeout,
    /// The body is not framed as its head says, or the client stopped sending it.
    BodyBroken,
    /// The bodies of all requests together hold what memory there is for them.
    BodiesTooLarge,
    /// As many requests are in work as may be.
    Overloaded,
    /// The owner has paused what is served.
    Paused,
    /// The runtime gave no answer.
    Failed(Failure),
}

impl Refusal {
    /// What the runtime said, where it was asked.
    pub(crate) fn failure(&self) -> Option<&Failure> {
        if let Self::Failed(failure) = self { Some(failure) } else { None }
    }
}
