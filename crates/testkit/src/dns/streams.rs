//! What a zone speaks over TCP: plain DNS, DNS over TLS (RFC 7858), or DNS over HTTPS (RFC 8484).

use super::{Over, Shared};
use crate::ca::{Leaf, server_config};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

/// What is spoken with those who connect.
#[derive(Clone)]
pub(super) enum Speech {
    Plain,
    Tls(TlsAcceptor),
    Https(TlsAcceptor),
}

impl Speech {
    pub fn tls(leaf: Leaf) -> Self {
        Self::Tls(acceptor(leaf, &[]))
    }

    pub fn https(leaf: Leaf) -> Self {
        Self::Https(acceptor(leaf, &[b"h2".to_vec()]))
    }

    /// Answers until the client leaves. One that does not like the certificate leaves in the handshake.
    pub async fn speak(self, stream: TcpStream, shared: Arc<Shared>) {
        match self {
            Self::Plain => messages(stream, Over::Tcp, &shared).await,
            Self::Tls(tls) => {
                if let Ok(stream) = tls.accept(stream).await {
                    messages(stream, Over::Tls, &shared).await;
                }
            }
            Self::Https(tls) => {
                if let Ok(stream) = tls.accept(stream).await {
                    requests(stream, shared).await;
                }
            }
        }
    }
}

fn acceptor(leaf: Leaf, protocols: &[Vec<u8>]) -> TlsAcceptor {
    let mut config = (*server_config(leaf)).clone();
    config.alpn_protocols = protocols.to_vec();
    TlsAcceptor::from(Arc::new(config))
}

/// RFC 1035, 4.2.2: each message has its length in front, two bytes, high byte first.
async fn messages<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, over: Over, shared: &Shared) {
    while let Ok(length) = stream.read_u16().await {
        let mut message = vec![0; length.into()];
        if stream.read_exact(&mut message).await.is_err() {
            return;
        }
        let Some(answer) = shared.respond(&message, over) else { continue };
        let mut framed = u16::try_from(answer.len()).unwrap().to_be_bytes().to_vec();
        framed.extend_from_slice(&answer);
        if stream.write_all(&framed).await.is_err() {
            return;
        }
    }
}

async fn requests<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(stream: S, shared: Arc<Shared>) {
    let service = service_fn(|request| answer(request, shared.clone()));
    // However the client ends the connection, the server has nothing to say about it.
    let _ = http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(request: Request<Incoming>, shared: Arc<Shared>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let asks = request.method() == Method::POST && request.uri().path() == "/dns-query";
    let message = request.into_body().collect().await?.to_bytes();
    let mut response = Response::new(Full::default());
    match shared.respond(&message, Over::Https).filter(|_| asks) {
        Some(answer) => {
            response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/dns-message"));
            *response.body_mut() = Full::new(answer.into());
        }
        // Here silence is an HTTP error: a stream that never ends would only keep the test waiting.
        None => *response.status_mut() = StatusCode::NOT_FOUND,
    }
    Ok(response)
}
