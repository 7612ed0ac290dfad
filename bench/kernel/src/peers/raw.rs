//! The floor: hyper's HTTP/1.1 connections driven by hand, without a pool and without any policy.

use super::{Worker, length, request};
use crate::case::Case;
use crate::upstream::{NAME, Upstream};
use anyhow::Result;
use bytes::Bytes;
use http::Uri;
use http::header::{HOST, HeaderValue};
use http_body_util::Empty;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// A connection.
pub struct Line {
    sender: SendRequest<Empty<Bytes>>,
    uri: Uri,
    host: HeaderValue,
}

impl Line {
    pub async fn get(&mut self) -> Result<usize> {
        self.sender.ready().await?;
        let mut request = request(self.uri.clone());
        request.headers_mut().insert(HOST, self.host.clone());
        length(self.sender.send_request(request).await?.into_body()).await
    }
}

pub async fn workers(upstream: &Upstream, case: Case) -> Result<Vec<Worker>> {
    let mut workers = Vec::new();
    for _ in 0..case.connections {
        let sender = open(upstream, case).await?;
        let host = HeaderValue::try_from(upstream.authority(case))?;
        workers.push(Worker::Raw(Line { sender, uri: Uri::from_static(case.size.path()), host }));
    }
    Ok(workers)
}

#[expect(clippy::disallowed_methods, reason = "test: a peer of the kernel, which connects by itself")]
async fn open(upstream: &Upstream, case: Case) -> Result<SendRequest<Empty<Bytes>>> {
    let stream = TcpStream::connect(upstream.address(case)).await?;
    stream.set_nodelay(true)?;
    if !case.is_tls {
        return speak(stream).await;
    }
    let connector = TlsConnector::from(upstream.client_config());
    speak(connector.connect(ServerName::try_from(NAME)?, stream).await?).await
}

async fn speak(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Result<SendRequest<Empty<Bytes>>> {
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    Ok(sender)
}
