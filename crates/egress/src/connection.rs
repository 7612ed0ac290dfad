//! One connection, HTTP/1.1 or HTTP/2: a request is serialised from its permit and nothing else (I3).
//!
//! An HTTP/1.1 connection has one owner at a time. An HTTP/2 connection is shared by the calls of one key; each holds a
//! part in it, and the last one that goes closes it.

mod http1;
mod http2;
mod meter;
mod outgoing;
mod serialise;
mod upgrade;

#[cfg(test)]
mod tests;

pub(crate) use http1::Http1;
pub(crate) use http2::{Http2, Part};
pub(crate) use upgrade::{Duplex, Upgrade, Wire};

use crate::budget::Budget;
use crate::config::{Caps, Timeouts};
use crate::error::Reason;
use crate::inject::Laden;
use crate::tls::{self, Protocol, TlsFault};
use crate::wire;
use egret_policy::Permit;
use http::{Response, StatusCode};
use hyper::body::Incoming;
use meter::Meter;
use outgoing::{Outgoing, Upload};
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::timeout;

/// How long the end of a connection may take that cannot be used any more.
const GOODBYE: Duration = Duration::from_millis(50);

/// An open connection, or a part in one. Dropping it closes the socket, or gives the part back.
pub(crate) enum Connection {
    Http1(Box<Http1>),
    Http2(Part),
}

/// What is to be sent.
#[derive(Clone, Copy)]
pub(crate) struct Delivery<'a> {
    pub permit: &'a Permit,
    pub draft: &'a Laden<'a>,
    pub timeouts: &'a Timeouts,
    /// What the bytes of the body are spent of.
    pub budget: &'a Budget,
    /// Where the bytes of the body are counted that go out.
    pub sent: &'a Arc<AtomicU64>,
}

/// What sending came to.
pub(crate) enum Sent {
    /// The response's head; the body follows.
    Response(Response<Incoming>),
    /// The peer has not begun to work on the request: another connection may be tried.
    Unsent,
}

impl Connection {
    /// Begins to speak HTTP over a stream.
    pub async fn open<S>(stream: S, peer: SocketAddr, protocol: Protocol, caps: Caps) -> Result<Self, Reason>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        match protocol {
            Protocol::Http1 => Http1::open(stream, peer, caps).await.map(|connection| Self::Http1(Box::new(connection))),
            Protocol::Http2 => Http2::open(stream, peer, caps).await.map(Self::Http2),
        }
    }

    /// Whom it leads to.
    pub fn peer(&self) -> SocketAddr {
        match self {
            Self::Http1(connection) => connection.peer(),
            Self::Http2(part) => part.connection().peer(),
        }
    }

    /// Tells the connection that bytes of a body reached their reader: what it carries beside them is bounded.
    pub fn delivered(&self, bytes: u64) {
        if let Self::Http2(part) = self {
            part.connection().meter().delivered(bytes);
        }
    }

    /// Sends a permitted request and waits for the response's head.
    pub async fn send(&mut self, delivery: Delivery<'_>) -> Result<Sent, Reason> {
        match self {
            Self::Http1(connection) => connection.send(delivery).await,
            Self::Http2(part) => part.send(delivery).await,
        }
    }

    /// What TLS had to say when the connection ended: a server of TLS 1.3 refuses who we are after the handshake, when the
    /// request is on its way.
    pub async fn fault(&self) -> Option<TlsFault> {
        self.driver().fault().await
    }

    /// Whether several calls may share it.
    pub fn is_shared(&self) -> bool {
        matches!(self, Self::Http2(_))
    }

    fn driver(&self) -> &Driver {
        match self {
            Self::Http1(connection) => connection.driver(),
            Self::Http2(part) => part.connection().driver(),
        }
    }
}

impl Delivery<'_> {
    fn host(&self) -> String {
        self.permit.target().host().to_string()
    }
}

/// Waits for a response's head while the body goes out, as both protocols do. The response wins: what is left of the body
/// then is not sent.
async fn head<E>(
    delivery: &Delivery<'_>,
    upload: &Upload,
    caps: &Caps,
    sending: impl Future<Output = Result<Response<Incoming>, E>>,
    failed: impl FnOnce(E) -> Result<Sent, Reason>,
) -> Result<Sent, Reason> {
    let outcome = tokio::select! {
        biased;
        outcome = sending => outcome,
        reason = upload.trouble(delivery.timeouts) => return Err(reason),
    };
    let response = match outcome {
        Ok(response) => response,
        Err(error) => return upload.fault().map_or_else(|| failed(error), Err),
    };
    upload.stop();
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        return Err(Reason::Malformed(delivery.host(), "an upgrade that was not asked for".to_owned()));
    }
    if response.headers().len() > caps.response_fields {
        return Err(Reason::HeadSize(caps.response_head, caps.response_fields));
    }
    Ok(Sent::Response(response))
}

/// What an error of the HTTP library means for the call.
pub(crate) fn reason(host: String, error: &hyper::Error, caps: &Caps) -> Reason {
    if let Some(fault) = wire::fault(error) {
        return match fault {
            wire::Fault::Malformed(words) => Reason::Malformed(host, (*words).to_owned()),
            wire::Fault::HeadSize(bytes, fields) => Reason::HeadSize(*bytes, *fields),
            wire::Fault::Informational(most) => Reason::Informational(host, *most),
        };
    }
    if let Some(fault) = tls::behind(error) {
        return Reason::Tls(host, fault);
    }
    if error.is_parse_too_large() {
        return Reason::HeadSize(caps.response_head, caps.response_fields);
    }
    if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
        return Reason::ClosedEarly(host);
    }
    let Some(source) = std::error::Error::source(error) else { return Reason::Malformed(host, error.to_string()) };
    if let Some(reason) = http2::reason(&host, source) {
        return reason;
    }
    match source.downcast_ref::<std::io::Error>().map(std::io::Error::kind) {
        Some(std::io::ErrorKind::UnexpectedEof | std::io::ErrorKind::ConnectionReset | std::io::ErrorKind::BrokenPipe) => {
            Reason::ClosedEarly(host)
        }
        _ => Reason::Malformed(host, source.to_string()),
    }
}

/// The task that drives a connection's socket. It ends with its owner.
struct Driver {
    task: AbortHandle,
    ended: watch::Receiver<Option<Ended>>,
}

/// What TLS had to say when the connection ended.
type Ended = Option<TlsFault>;

impl Driver {
    /// Errors of the connection reach whoever waits for the response; what TLS says is kept for whoever could not send.
    fn spawn(connection: impl Future<Output = hyper::Result<()>> + Send + 'static) -> Self {
        let (tell, ended) = watch::channel(None);
        let driving = async move { tell.send_replace(Some(connection.await.err().and_then(|error| tls::behind(&error)))) };
        Self { task: tokio::spawn(driving).abort_handle(), ended }
    }

    /// Waits for the end of a connection that can no longer be used. One that says goodbye in order, and has other calls to
    /// finish, is not waited for.
    async fn fault(&self) -> Option<TlsFault> {
        let mut ended = self.ended.clone();
        let told = timeout(GOODBYE, ended.wait_for(Option::is_some)).await;
        told.ok()?.ok()?.clone().flatten()
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.task.abort();
    }
}
