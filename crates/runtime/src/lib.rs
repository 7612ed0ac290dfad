//! What every runtime is: one trait, its limits, what goes in and what comes out. No engine lives here.
//!
//! The gateway sees only this crate; `app` connects it to the runtimes that exist.

mod failure;
mod invocation;
mod limits;

pub use failure::{Failure, NetFailure, Thrown};
pub use invocation::{Answer, Invocation, InvocationId};
pub use limits::{Limit, Limits};

use std::future::Future;
use std::pin::Pin;

/// An answer that is still being worked on. Dropping it ends the invocation and everything it started (I7).
pub type Running<'a> = Pin<Box<dyn Future<Output = Result<Answer, Failure>> + Send + 'a>>;

/// Something that runs functions.
///
/// Boxed by hand because callers hold it as `dyn Runtime`: one allocation an invocation.
pub trait Runtime: Send + Sync + 'static {
    /// Runs one function once. The returned future may be dropped at any moment.
    fn invoke(&self, invocation: Invocation) -> Running<'_>;
}
