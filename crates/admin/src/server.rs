//! The control socket: HTTP/1.1 on a Unix socket in the data directory, for whoever owns that directory.
//!
//! The socket's mode is 0600 from its first moment, and each peer's user is asked of the system besides. A lock that ends
//! with the process tells a server that lives from a file that one left behind.

mod socket;

pub use socket::SOCKET;

use crate::{Command, Fault, MOST_COMMAND, PATH, Reply, answer, perform};
use bytes::Bytes;
use egret_store::Store;
use http::header::CONTENT_TYPE;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use socket::Socket;
use std::convert::Infallible;
use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::UnixStream;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use zeroize::Zeroizing;

/// Connections at a time. Commands come from people and their scripts.
const CONNECTIONS: usize = 16;
/// How long a request may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(10);
/// What to pause after a failed accept: descriptors that ran out come back when connections end.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What commands act on.
type Act = Arc<dyn Fn(Command) -> Result<Reply, Fault> + Send + Sync>;

/// Takes commands for a store at a socket, normally [`SOCKET`] in the data directory. The socket is there when this returns; the future serves it,
/// never ends, and removes it when it is dropped. Must be called within a tokio runtime.
///
/// # Errors
/// `Fault::Socket` when another server has it, or it cannot be made.
pub fn serve(store: Store, socket: &Path) -> Result<impl Future<Output = ()> + Send + 'static + use<>, Fault> {
    let socket = Socket::bind(socket)?;
    let act: Act = Arc::new(move |command| perform(&store, command));
    Ok(accept(socket, act))
}

async fn accept(socket: Socket, act: Act) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        // The semaphore is never closed, so there is always a permit; until there is one, peers wait in the system's queue.
        let place = Arc::clone(&places).acquire_owned().await.ok();
        match socket.accept().await {
            Ok(stream) if is_owner(&stream) => {
                let act = Arc::clone(&act);
                connections.spawn(async move {
                    connection(stream, act).await;
                    drop(place);
                });
            }
            // A stranger learns nothing, not even what this is.
            Ok(_) => {}
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
        while connections.try_join_next().is_some() {}
    }
}

/// Whether the peer is who runs this process, or root, who can do all of this anyway.
pub(crate) fn is_owner(stream: &UnixStream) -> bool {
    stream.peer_cred().is_ok_and(|peer| peer.uid() == 0 || peer.uid() == rustix::process::geteuid().as_raw())
}

/// One request a connection: nothing is waited for that may never come.
async fn connection(stream: UnixStream, act: Act) {
    let service = service_fn(|request| {
        let act = Arc::clone(&act);
        async move { Ok::<_, Infallible>(exchange(request, act).await) }
    });
    let mut builder = Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(ARRIVAL).keep_alive(false).max_headers(32);
    // However a connection ends, there is nobody to tell.
    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
}

async fn exchange(request: Request<Incoming>, act: Act) -> Response<Full<Bytes>> {
    match command(request).await {
        Ok(command) => {
            // The store's calls block.
            let outcome = tokio::task::spawn_blocking(move || act(command)).await;
            answer::of(&outcome.unwrap_or_else(|_| Err(Fault::Store("the command broke off; see the server's own output".to_owned()))))
        }
        Err((status, words)) => answer::refusal(status, &words),
    }
}

async fn command(request: Request<Incoming>) -> Result<Command, (StatusCode, String)> {
    let no = |status, words: &str| Err((status, words.to_owned()));
    if request.uri().path() != PATH {
        return no(StatusCode::NOT_FOUND, "commands go to /v1/commands");
    }
    if request.method() != Method::POST {
        return no(StatusCode::METHOD_NOT_ALLOWED, "a command is a POST");
    }
    if request.headers().get(CONTENT_TYPE).is_none_or(|kind| kind != answer::JSON) {
        return no(StatusCode::UNSUPPORTED_MEDIA_TYPE, "a command is application/json");
    }
    let Ok(body) = tokio::time::timeout(ARRIVAL, body(request.into_body())).await else {
        return no(StatusCode::REQUEST_TIMEOUT, "the command did not arrive in time");
    };
    // The reader's own words may quote what it read, and that may be a value.
    serde_json::from_slice(&body?).map_err(|error| {
        let words = format!("no command of this version: fault at line {}, column {}", error.line(), error.column());
        (StatusCode::BAD_REQUEST, words)
    })
}

/// The body in one piece of memory that is wiped. What the HTTP library's own buffer keeps of it goes with the connection,
/// which has this one request.
async fn body(mut body: Incoming) -> Result<Zeroizing<Vec<u8>>, (StatusCode, String)> {
    let too_large = || (StatusCode::PAYLOAD_TOO_LARGE, "a command has at most 1 MiB".to_owned());
    let length = body.size_hint().exact().ok_or_else(|| (StatusCode::LENGTH_REQUIRED, "a command has a length".to_owned()))?;
    let length = usize::try_from(length).ok().filter(|length| *length <= MOST_COMMAND).ok_or_else(too_large)?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(length));
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| (StatusCode::BAD_REQUEST, "the command broke off".to_owned()))?;
        bytes.extend_from_slice(frame.data_ref().map_or(&[], |data| data));
    }
    Ok(bytes)
}
