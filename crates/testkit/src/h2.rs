//! HTTP/2 by hand: frames as they are on the wire, lawful or not, and peers that break its rules on purpose (RFC 9113).
//!
//! An honest server is [`Upstream::h2`](crate::Upstream::h2) or, over TLS, [`Upstream::tls`](crate::Upstream::tls) with a
//! configuration from [`alpn`]. A hostile one is [`Hostile`](crate::Hostile) with a script from [`attack`], or with steps made
//! from [`Frame`]s; what it has received is read with [`frames`]:
//!
//! ```no_run
//! use egret_testkit::{Hostile, Step, h2};
//!
//! let mut steps = h2::asked(&[]);
//! steps.push(Step::send(h2::Frame::headers(1, h2::END_HEADERS, h2::Block::status(200))));
//! steps.push(Step::send(h2::Frame::data(1, h2::END_STREAM, "hello")));
//! steps.push(Step::Hold);
//! let server = Hostile::script(steps);
//! let kinds: Vec<h2::Kind> = h2::frames(&server.seen().received[0]).iter().map(|frame| frame.kind).collect();
//! ```
//!
//! A client's first request of a connection is stream 1, the next one 3, and so on. Absent on purpose: reading header blocks
//! (a client may compress them), and every check. Nothing here keeps anybody from sending nonsense.

pub mod attack;
mod block;
mod frame;

pub use block::Block;
pub use frame::{
    ACK, END_HEADERS, END_STREAM, Frame, INITIAL_WINDOW_SIZE, Kind, MAX_CONCURRENT_STREAMS, MAX_FRAME_SIZE, PREFACE, code, frames, wire,
};

pub(crate) use frame::end_of;

use crate::hostile::Step;
use rustls::ServerConfig;
use std::sync::Arc;

/// The same server, but for what it offers by ALPN, best first: `["h2"]`, `["h2", "http/1.1"]`, or nothing.
#[must_use]
pub fn alpn(config: Arc<ServerConfig>, protocols: &[&str]) -> Arc<ServerConfig> {
    let mut config = Arc::unwrap_or_clone(config);
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    Arc::new(config)
}

/// The lawful beginning of a connection: waits for the client's SETTINGS, sends these and acknowledges the client's.
#[must_use]
pub fn greeted(settings: &[(u16, u32)]) -> Vec<Step> {
    vec![Step::ExpectFrame(Kind::SETTINGS), Step::Send(wire([Frame::settings(settings), Frame::settings_ack()]))]
}

/// [`greeted`], and the first request's HEADERS have come.
#[must_use]
pub fn asked(settings: &[(u16, u32)]) -> Vec<Step> {
    let mut steps = greeted(settings);
    steps.push(Step::ExpectFrame(Kind::HEADERS));
    steps
}
