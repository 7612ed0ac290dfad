//! An honest server, HTTP/1.1 or HTTP/2, with a handler of the test's own. It remembers every request.

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, Version};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
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
    /// HTTP/1.1 or HTTP/2.
    pub version: Version,
    /// The request target, exactly as on the request line; of HTTP/2 `:scheme`, `:authority` and `:path` as one URL.
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

/// How a connection begins.
#[derive(Clone)]
enum Door {
    Plain(Version),
    Tls(TlsAcceptor),
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
        Self::start(Door::Plain(Version::HTTP_11), boxed(handler))
    }

    /// Serves HTTP/2 without TLS, to clients that know it beforehand.
    pub fn h2<H, F, B>(handler: H) -> Self
    where
        H: Fn(Request<Bytes>) -> F + Send + Sync + 'static,
        F: Future<Output = Response<B>> + Send + 'static,
        B: Into<Bytes> + 'static,
    {
        Self::start(Door::Plain(Version::HTTP_2), boxed(handler))
    }

    /// Serves inside TLS what was agreed on by ALPN, and HTTP/1.1 where nothing was; see
    /// [`server_config`](crate::server_config) and [`alpn`](crate::h2::alpn).
    pub fn tls<H, F, B>(config: Arc<ServerConfig>, handler: H) -> Self
    where
        H: Fn(Request<Bytes>) -> F + Send + Sync + 'static,
        F: Future<Output = Response<B>> + Send + 'static,
        B: Into<Bytes> + 'static,
    {
        Self::start(Door::Tls(TlsAcceptor::from(config)), boxed(handler))
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

    fn start(door: Door, handler: Handler) -> Self {
        let (listener, address) = bind();
        let shared = Arc::new(Shared { handler, seen: Mutex::default() });
        let task = tokio::spawn(accept(listener, door, shared.clone()));
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
async fn accept(listener: TcpListener, door: Door, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        shared.seen.lock().unwrap().connections += 1;
        connections.spawn(serve(stream, door.clone(), shared.clone()));
    }
}

async fn serve(stream: TcpStream, door: Door, shared: Arc<Shared>) {
    let tls = match door {
        Door::Plain(version) => return speak(stream, version, None, shared).await,
        Door::Tls(tls) => tls,
    };
    // A client that does not like the certificate leaves here, which is what such a test wants.
    if let Ok(stream) = tls.accept(stream).await {
        let session = stream.get_ref().1;
        let version = if session.alpn_protocol() == Some(b"h2") { Version::HTTP_2 } else { Version::HTTP_11 };
        let name = session.server_name().map(str::to_owned);
        speak(stream, version, name, shared).await;
    }
}

async fn speak<S>(stream: S, version: Version, name: Option<String>, shared: Arc<Shared>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(|request| answer(request, name.clone(), shared.clone()));
    // However the client ends the connection, the server has nothing to say about it.
    if version == Version::HTTP_2 {
        let _ = http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
    } else {
        let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
    }
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
        version: parts.version,
        target: parts.uri.to_string(),
        headers: parts.headers.clone(),
        body: body.clone(),
        server_name,
    });
    Ok((shared.handler)(Request::from_parts(parts, body)).await)
}
