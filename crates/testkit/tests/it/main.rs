//! The peers do what their documentation says, over real sockets.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod ca;
mod dns;
mod h2;
mod hostile;
mod upstream;
