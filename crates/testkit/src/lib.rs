//! Peers for tests: a throw-away certificate authority, honest and hostile upstreams, scripted DNS.
//!
//! Invariants: everything listens on 127.0.0.1 with a port of the system's choice, stops when it is dropped, and
//! records what reached it, so that a test can say what was *not* sent. Waiting is always for an event, never for a time.
//!
//! Absent on purpose: anything of the product. A peer that shared its code could share its mistakes.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails the test that uses it by panicking")]

mod ca;
mod client;
pub mod coded;
mod dns;
pub mod h2;
mod hello;
mod hostile;
mod listener;
mod upstream;
mod websocket;

pub use ca::{
    Authority, Leaf, RsaKey, Validity, client_config, forged_config, mutual_config, rsa_key, self_signed, server_config, versioned_config,
    with_sha1,
};
pub use client::{connect, exchange};
pub use dns::{Kind, Over, Query, Record, Reply, Zone};
pub use hello::server_hello;
pub use hostile::{Gate, Hostile, Seen, Step};
pub use listener::Listener;
pub use upstream::{Recorded, Upstream};
pub use websocket::{Heard, WebSocketPeer, client_frames, frame};
/// What certificates are made of, for those that are bad in their own way.
pub use {rcgen, rustls};
