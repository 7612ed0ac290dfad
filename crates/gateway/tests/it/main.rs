//! The gateway over real sockets, with a runtime that the test plays.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod bounds;
mod failures;
mod framing;
mod harness;
mod life;
mod requests;
