//! The whole house on loopback: gateway, runtime and kernel as the development server composes them.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod consent;
mod folder;
mod hostile;
mod house;
mod isolation;
mod kept;
mod parked;
mod refusals;
mod secrets;
mod watching;
