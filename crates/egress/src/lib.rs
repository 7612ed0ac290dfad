//! The kernel: every request of a guest goes through here, and nothing else in the house opens an outbound socket.
//!
//! [`Egress::fetch`] in `client.rs` is the line of a request from left to right. `resolve.rs` is the only resolver,
//! `dial.rs` the only dialler; both ask for a proof from `egret-policy`. There is no cookie jar, no proxy from the
//! environment and no decompression.

mod audit;
mod body;
mod client;
mod config;
mod connection;
mod dial;
mod draft;
mod error;
mod grants;
mod own;
mod pool;
mod redirect;
mod resolve;
mod tls;
mod websocket;

pub use audit::{Audit, Event, Outcome, Silent};
pub use body::Body;
pub use client::{Egress, Hop, Response};
pub use config::{BuildError, Caps, Config, Danger, Detail, Nameservers, Protocols, Timeouts};
pub use dial::Redial;
pub use draft::{Caller, Draft, Redirect};
pub use error::{Code, Error, Phase, Reason};
pub use grants::Grants;
pub use websocket::{Message, WebSocket, WebSocketCaps, WsDraft};
