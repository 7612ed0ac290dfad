//! The binary as a new user runs it.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod attacks;
mod check;
mod conformance;
mod dev;
mod explain;
mod harness;
mod learn;
mod log;
mod new;
mod owner;
mod payments;
mod schema;
mod watching;
