//! An HTTP/1.1 connection: one request at a time, one owner.

use super::{Driver, Outgoing, Sent, head, reason, serialise};
use crate::config::Caps;
use crate::draft::Draft;
use crate::error::Reason;
use crate::wire;
use egret_policy::Permit;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite};

/// An open connection. Dropping it closes the socket.
pub(crate) struct Http1 {
    sender: http1::SendRequest<Outgoing>,
    driver: Driver,
    arm: wire::Arm,
    peer: SocketAddr,
    born: Instant,
    caps: Caps,
}

impl Http1 {
    pub(super) async fn open<S>(stream: S, peer: SocketAddr, caps: Caps) -> Result<Self, Reason>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let mut builder = http1::Builder::new();
        builder.max_buf_size(caps.response_head).max_header_size(caps.response_head).max_headers(caps.response_fields);
        let bounds = wire::Bounds { head: caps.response_head, fields: caps.response_fields, informational: caps.informational };
        let (stream, arm) = wire::Judged::new(stream, bounds);
        let malformed = |error: hyper::Error| Reason::Malformed(peer.to_string(), error.to_string());
        let (sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(malformed)?;
        Ok(Self { sender, driver: Driver::spawn(connection), arm, peer, born: Instant::now(), caps })
    }

    /// Whom it leads to.
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    pub(super) fn driver(&self) -> &Driver {
        &self.driver
    }

    /// When it was opened.
    pub fn born(&self) -> Instant {
        self.born
    }

    /// Whether another request may be sent on it now.
    pub fn is_ready(&self) -> bool {
        self.sender.is_ready() && !self.sender.is_closed()
    }

    pub(super) async fn send(&mut self, permit: &Permit, draft: &Draft, limit: Duration) -> Result<Sent, Reason> {
        let host = || permit.target().host().to_string();
        let request = serialise::http1(permit, draft).map_err(|error| Reason::Malformed(host(), error.to_string()))?;
        if self.sender.ready().await.is_err() {
            return Ok(Sent::Unsent);
        }
        self.arm.expect_response();
        let sending = self.sender.try_send_request(request);
        head(permit, limit, &self.caps, sending, |mut error| match error.take_message() {
            // The message comes back only if no byte of it left.
            Some(_) => Ok(Sent::Unsent),
            None => Err(reason(host(), error.error(), &self.caps)),
        })
        .await
    }
}
