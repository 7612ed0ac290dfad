//! A request that asks for another protocol: once the peer agrees, the stream is handed back, and HTTP is over on it.

use super::{Driver, Upload, reason, serialise};
use crate::budget::Budget;
use crate::config::Config;
use crate::error::{Phase, Reason};
use crate::inject::Laden;
use crate::tls::Protocol;
use bytes::Bytes;
use egret_policy::Permit;
use http::HeaderMap;
use http::response::Parts;
use hyper::client::conn::http1;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

/// A stream that leads to a peer, before anything is spoken over it.
pub(crate) enum Wire {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>, Protocol),
}

/// A stream with both directions.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Duplex for S {}

/// A stream of either kind.
type Stream = Box<dyn Duplex>;

/// A connection on which the peer was asked to change the protocol. Dropping it closes the socket.
pub(crate) struct Upgrade {
    switch: OnUpgrade,
    _driver: Driver,
    host: String,
}

impl Upgrade {
    /// Sends a permitted request with the kernel's `own` fields behind, and gives the head of what is answered.
    pub async fn ask(wire: Wire, permit: &Permit, laden: &Laden<'_>, own: HeaderMap, config: &Config) -> Result<(Parts, Self), Reason> {
        let host = permit.target().host().to_string();
        let (caps, malformed) = (config.caps, |error: String| Reason::Malformed(host.clone(), error));
        let mut builder = http1::Builder::new();
        builder.max_buf_size(caps.response_head).max_header_size(caps.response_head).max_headers(caps.response_fields);
        let stream: Stream = match wire {
            Wire::Plain(stream) => Box::new(stream),
            Wire::Tls(stream, _) => stream,
        };
        let (mut sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(|error| malformed(error.to_string()))?;
        let driver = Driver::spawn(connection.with_upgrades());
        let (_, body) = Upload::begin(&laden.body, caps.request_body, &Budget::none(), &Arc::default());
        let mut request = serialise::http1(permit, laden, body).map_err(|error| malformed(error.to_string()))?;
        request.headers_mut().extend(own);
        let mut response = match timeout(config.timeouts.first_byte, sender.send_request(request)).await {
            Err(_) => return Err(Reason::Timeout(Phase::FirstByte)),
            Ok(Err(error)) => return Err(reason(host, &error, &caps)),
            Ok(Ok(response)) => response,
        };
        let switch = hyper::upgrade::on(&mut response);
        Ok((response.into_parts().0, Self { switch, _driver: driver, host }))
    }

    /// The stream, and what of the new protocol came with the head.
    pub async fn stream(self) -> Result<(Stream, Bytes), Reason> {
        let refused = |words: String| Reason::Malformed(self.host.clone(), words);
        let upgraded = self.switch.await.map_err(|error| refused(error.to_string()))?;
        // It is the stream that was put in above, so this cannot fail.
        let parts = upgraded.downcast::<TokioIo<Stream>>().map_err(|_| refused("the stream is lost".to_owned()))?;
        Ok((parts.io.into_inner(), parts.read_buf))
    }
}
