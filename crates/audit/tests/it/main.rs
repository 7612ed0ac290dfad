//! The log over a real store, fed by hand and by the real kernel.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod broken;
mod house;
mod kernel;
mod lines;
mod log;
