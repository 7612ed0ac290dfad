//! An honest HTTP/1.1 server with a handler of the test's own. It remembers every request.

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use rustls::ServerConfig;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

/// A server on 127.0.0.1. Dropping it ends it and every connection it has.
pub struct Upstream {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

/// One request as it arrived.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Its method.
    pub method: Method,
    /// The request target, exactly as on the request line.
    pub target: String,
    /// All header fields.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
    /// The name that the client asked for in TLS, where there was TLS and a name.
    pub server_name: Option<String>,
}

type Answering = Pin<Box<dyn Future<Output = Response<Full<Bytes>>> + Send>>;
type Handler = Box<dyn Fn(Request<Bytes>) -> Answering + Send + Sync>;

struct Shared {
    handler: Handler,
    seen: Mutex<Log>,
}

#[derive(Default)]
struct Log {
    requests: Vec<Recorded>,
    connections: usize,
}

impl Upstream {
    /// Serves plain HTTP. The handler is called once a request, after the request has been recorded.
    pub fn http<H, F, B>(handler: H) -> Self
    where
        H: Fn(Request<Bytes>) -> F + Send + Sync + 'static,
        F: Future<Output = Response<B>> + Send + 'static,
        B: Into<Bytes> + 'static,
    {
        Self::start(None, boxed(handler))
    }

    /// The same over TLS; see [`server_config`](crate::server_config).
    pub fn tls<H, F, B>(config: Arc<ServerConfig>, handler: H) -> Self
    where
        H: Fn(Request<Bytes>) -> F + Send + Sync + 'static,
        F: Future<Output = Response<B>> + Send + 'static,
        B: Into<Bytes> + 'static,
    {
        Self::start(Some(TlsAcceptor::from(config)), boxed(handler))
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Every request so far, in the order in which they were complete.
    #[must_use]
    pub fn requests(&self) -> Vec<Recorded> {
        self.shared.seen.lock().unwrap().requests.clone()
    }

    /// How many TCP connections were accepted so far.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.seen.lock().unwrap().connections
    }

    fn start(tls: Option<TlsAcceptor>, handler: Handler) -> Self {
        let (listener, address) = bind();
        let shared = Arc::new(Shared { handler, seen: Mutex::default() });
        let task = tokio::spawn(accept(listener, tls, shared.clone()));
        Self { address, shared, task }
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A listener on loopback, already bound when this returns: no client can come too early.
pub(crate) fn bind() -> (TcpListener, SocketAddr) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    (TcpListener::from_std(listener).unwrap(), address)
}

fn boxed<H, F, B>(handler: H) -> Handler
where
    H: Fn(Request<Bytes>) -> F + Send + Sync + 'static,
    F: Future<Output = Response<B>> + Send + 'static,
    B: Into<Bytes> + 'static,
{
    Box::new(move |request| {
        let answering = handler(request);
        Box::pin(async move { answering.await.map(|body| Full::new(body.into())) })
    })
}

/// Owns its connections, so that aborting this one task ends them all.
async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        shared.seen.lock().unwrap().connections += 1;
        connections.spawn(serve(stream, tls.clone(), shared.clone()));
    }
}

async fn serve(stream: TcpStream, tls: Option<TlsAcceptor>, shared: Arc<Shared>) {
    let Some(tls) = tls else {
        return speak(stream, None, shared).await;
    };
    // A client that does not like the certificate leaves here, which is what such a test wants.
    if let Ok(stream) = tls.accept(stream).await {
        let name = stream.get_ref().1.server_name().map(str::to_owned);
        speak(stream, name, shared).await;
    }
}

async fn speak<S>(stream: S, name: Option<String>, shared: Arc<Shared>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let service = service_fn(|request| answer(request, name.clone(), shared.clone()));
    // However the client ends the connection, the server has nothing to say about it.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(
    request: Request<Incoming>,
    server_name: Option<String>,
    shared: Arc<Shared>,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    shared.seen.lock().unwrap().requests.push(Recorded {
        method: parts.method.clone(),
        target: parts.uri.to_string(),
        headers: parts.headers.clone(),
        body: body.clone(),
        server_name,
    });
    Ok((shared.handler)(Request::from_parts(parts, body)).await)
}
