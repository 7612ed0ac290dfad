//! One HTTP/1.1 connection: a request is serialised from its permit and nothing else (I3).

use crate::config::Caps;
use crate::error::{Phase, Reason};
use crate::tls::{self, TlsFault};
use bytes::Bytes;
use egret_policy::Permit;
use http::header::{ACCEPT, HOST, USER_AGENT};
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// An open connection. Dropping it closes the socket.
pub(crate) struct Connection {
    sender: http1::SendRequest<Full<Bytes>>,
    driver: JoinHandle<Option<TlsFault>>,
    peer: SocketAddr,
    caps: Caps,
}

/// What sending came to.
pub(crate) enum Sent {
    /// The response's head; the body follows.
    Response(Response<Incoming>),
    /// The connection was closed before a byte of the request left it: another one may be tried.
    Unsent,
}

impl Connection {
    /// Begins to speak HTTP over a stream.
    pub async fn open<S>(stream: S, peer: SocketAddr, caps: Caps) -> Result<Self, Reason>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let mut builder = http1::Builder::new();
        builder.max_buf_size(caps.response_head).max_header_size(caps.response_head).max_headers(caps.response_fields);
        let malformed = |error: hyper::Error| Reason::Malformed(peer.to_string(), error.to_string());
        let (sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(malformed)?;
        // Its errors reach whoever waits for the response; what TLS says before a request was sent is kept for `unsent`.
        let driver = tokio::spawn(async move { connection.await.err().and_then(|error| tls::behind(&error)) });
        Ok(Self { sender, driver, peer, caps })
    }

    /// Whom it leads to.
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// Whether another request may be sent on it now.
    pub fn is_ready(&self) -> bool {
        self.sender.is_ready() && !self.sender.is_closed()
    }

    /// Sends a permitted request and waits for the response's head.
    pub async fn send(&mut self, permit: &Permit, body: Bytes, limit: Duration) -> Result<Sent, Reason> {
        let host = permit.target().host().to_string();
        let request = serialise(permit, body).map_err(|error| Reason::Malformed(host.clone(), error.to_string()))?;
        if self.sender.ready().await.is_err() {
            return self.unsent(host).await;
        }
        match timeout(limit, self.sender.try_send_request(request)).await {
            Err(_) => Err(Reason::Timeout(Phase::FirstByte)),
            Ok(Ok(response)) if response.status() == StatusCode::SWITCHING_PROTOCOLS => {
                Err(Reason::Malformed(host, "an upgrade that was not asked for".to_owned()))
            }
            Ok(Ok(response)) => Ok(Sent::Response(response)),
            Ok(Err(mut error)) => match error.take_message() {
                Some(_) => self.unsent(host).await,
                None => Err(reason(host, error.error(), &self.caps)),
            },
        }
    }

    /// The connection is over, and nothing was sent: another one may be tried, unless the server refuses who we are.
    async fn unsent(&mut self, host: String) -> Result<Sent, Reason> {
        match (&mut self.driver).await {
            Ok(Some(fault)) => Err(Reason::Tls(host, fault)),
            Ok(None) | Err(_) => Ok(Sent::Unsent),
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// The request as it goes over the wire: target and `Host` from the permit's target, the caller's fields behind.
fn serialise(permit: &Permit, body: Bytes) -> Result<Request<Full<Bytes>>, http::Error> {
    let target = permit.target();
    let mut request = Request::builder().method(permit.method()).uri(target.origin_form()).body(Full::new(body))?;
    let headers = request.headers_mut();
    headers.insert(HOST, HeaderValue::try_from(target.authority())?);
    let own = permit.headers().iter().filter(|(name, _)| **name != HOST);
    own.for_each(|(name, value)| _ = headers.append(name.clone(), value.clone()));
    headers.entry(USER_AGENT).or_insert(HeaderValue::from_static(concat!("egret/", env!("CARGO_PKG_VERSION"))));
    headers.entry(ACCEPT).or_insert(HeaderValue::from_static("*/*"));
    Ok(request)
}

/// What an error of the HTTP library means for the call.
pub(crate) fn reason(host: String, error: &hyper::Error, caps: &Caps) -> Reason {
    if let Some(fault) = tls::behind(error) {
        return Reason::Tls(host, fault);
    }
    if error.is_parse_too_large() {
        return Reason::HeadSize(caps.response_head, caps.response_fields);
    }
    if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
        return Reason::ClosedEarly(host);
    }
    let source = std::error::Error::source(error).map(ToString::to_string);
    match source.as_ref().and_then(|_| io_kind(error)) {
        Some(std::io::ErrorKind::UnexpectedEof | std::io::ErrorKind::ConnectionReset | std::io::ErrorKind::BrokenPipe) => {
            Reason::ClosedEarly(host)
        }
        _ => Reason::Malformed(host, source.unwrap_or_else(|| error.to_string())),
    }
}

fn io_kind(error: &hyper::Error) -> Option<std::io::ErrorKind> {
    let source = std::error::Error::source(error)?;
    source.downcast_ref::<std::io::Error>().map(std::io::Error::kind)
}
