//! An HTTP/1.1 connection: one request at a time, one owner.

use super::{Delivery, Driver, Outgoing, Sent, Upload, head, reason, serialise};
use crate::config::Caps;
use crate::error::Reason;
use crate::wire;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::time::Instant;
use tokio::io::{AsyncRead, AsyncWrite};

/// The most that is read from a socket at once. What is read in small pieces opens the peer's window in small steps: with 64 KiB an
/// answer of 1 MiB cost three times the CPU where 512 came at once (`bench/kernel.md`).
const READ_AT_ONCE: usize = 256 * 1024;

/// The fields that the HTTP library takes in a head if it is told nothing.
const LIBRARYS_FIELDS: usize = 100;

/// An open connection. Dropping it closes the socket.
pub(crate) struct Http1 {
    sender: http1::SendRequest<Outgoing>,
    driver: Driver,
    arm: wire::Arm,
    peer: SocketAddr,
    born: Instant,
    caps: Caps,
    /// The body of the request that was sent last.
    upload: Option<Upload>,
}

impl Http1 {
    pub(super) async fn open<S>(stream: S, peer: SocketAddr, caps: Caps) -> Result<Self, Reason>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let mut builder = http1::Builder::new();
        builder.max_buf_size(READ_AT_ONCE).max_header_size(caps.response_head);
        // The judge counts fields before the library does. Said twice, it costs the library two tables to fill for every head.
        if caps.response_fields != LIBRARYS_FIELDS {
            builder.max_headers(caps.response_fields);
        }
        let bounds = wire::Bounds { head: caps.response_head, fields: caps.response_fields, informational: caps.informational };
        let (stream, arm) = wire::judged(stream, bounds);
        let malformed = |error: hyper::Error| Reason::Malformed(peer.to_string(), error.to_string());
        let (sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(malformed)?;
        Ok(Self { sender, driver: Driver::spawn(connection), arm, peer, born: Instant::now(), caps, upload: None })
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
        self.sender.is_ready() && !self.sender.is_closed() && self.upload.as_ref().is_none_or(Upload::is_whole)
    }

    pub(super) async fn send(&mut self, delivery: Delivery<'_>) -> Result<Sent, Reason> {
        if self.sender.ready().await.is_err() {
            return Ok(Sent::Unsent);
        }
        let (upload, body) = Upload::begin(&delivery.draft.body, self.caps.request_body, delivery.budget, delivery.sent);
        let upload = self.upload.insert(upload);
        let malformed = |error: http::Error| Reason::Malformed(delivery.host(), error.to_string());
        let request = serialise::http1(delivery.permit, delivery.draft, body).map_err(malformed)?;
        self.arm.expect_response();
        let sending = self.sender.try_send_request(request);
        head(&delivery, upload, &self.caps, sending, |mut error| match error.take_message() {
            // The message comes back only if no byte of it left.
            Some(_) => Ok(Sent::Unsent),
            None => Err(reason(delivery.host(), error.error(), &self.caps)),
        })
        .await
    }
}
