//! The runtime from outside: functions are loaded and invoked as a door would.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod harness;

mod abort;
mod basics;
mod bodies;
mod cache;
mod collisions;
mod console;
mod fetch;
mod headers;
mod hostile;
mod isolation;
mod kernel;
mod limits;
mod modules;
mod secrets;
mod text;
mod timers;
mod url;
