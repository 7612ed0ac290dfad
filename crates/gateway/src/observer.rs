//! Who is told about answered requests.

use egret_runtime::{Failure, InvocationId};
use http::{Method, StatusCode};
use std::time::Duration;

/// Is told about every request that got an answer. Called on the request's own task: it must not block.
pub trait Observer: Send + Sync + 'static {
    /// One request has its answer, which is about to be sent.
    fn answered(&self, request: &Answered<'_>);
}

/// One answered request.
#[derive(Debug)]
pub struct Answered<'a> {
    /// The request id, as the client sees it.
    pub id: &'a InvocationId,
    /// The request's method.
    pub method: &'a Method,
    /// The raw path as it came; never the query, which may hold secrets.
    pub path: &'a str,
    /// The function's file, where the request was routed.
    pub function: Option<&'a str>,
    /// The answer's status.
    pub status: StatusCode,
    /// The stable code of the refusal, where it is one, for example `gateway.not_found`.
    pub code: Option<&'a str>,
    /// From the complete head to the answer.
    pub took: Duration,
    /// What the runtime said, where it gave no answer.
    pub failure: Option<&'a Failure>,
}

/// Tells nobody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unobserved;

impl Observer for Unobserved {
    fn answered(&self, _: &Answered<'_>) {}
}
