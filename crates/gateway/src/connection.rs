//! One client connection from its first byte to its last, and each request on it.

use crate::answer::{self, Reply};
use crate::body::{self, Held};
use crate::observer::Answered;
use crate::refusal::Refusal;
use crate::server::{Served, Shared};
use crate::take::{Taken, remove_hop_by_hop, take};
use crate::wire::{Client, Framing, Gone, Verdict, Wire};
use egret_runtime::{Failure, Invocation, InvocationId, Limit};
use http::Request;
use http::request::Parts;
use http::uri::Scheme;
use hyper::body::Incoming;
use hyper::server::conn::http1::{Builder, Connection};
use hyper::service::{HttpService, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{SemaphorePermit, watch};
use ulid::Ulid;

/// How long and how much a refused client may go on sending before its connection is cut. Closing at once would make
/// the kernel reset the connection, and the client lose the answer that says why.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_BYTES: u64 = 16 << 20;

/// The runtime keeps the deadline itself and knows best what was still going on; we end it only should it fail to.
const BACKSTOP: Duration = Duration::from_millis(100);

const HEAD_TIMEOUT: &[u8] = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// Serves one connection until either side ends it; after `stop` no further request is taken.
///
/// `scheme` is how it was reached: `http`, or `https` where the stream is the inside of TLS.
pub(crate) async fn serve<S>(stream: S, scheme: Scheme, shared: Arc<Shared>, mut stop: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let wire = Wire::new(stream, longest_head(&shared), shared.config.write_pace());
    let client = wire.client();
    let service = service_fn(|request| {
        let (shared, client, scheme) = (shared.clone(), client.clone(), scheme.clone());
        let verdict = client.next_verdict();
        Box::pin(async move { exchange(&shared, &client, request, scheme, verdict).await })
    });
    let mut connection = builder(&shared).serve_connection(TokioIo::new(wire), service);
    let ended = drive(&mut connection, &mut stop).await;
    let wire = connection.into_parts().io.into_inner();
    match ended {
        Err(error) if error.is_timeout() && wire.is_inside_head() => part(wire.ignore_requests(), HEAD_TIMEOUT).await,
        // The socket is broken, or the client takes nothing: there is nobody to say goodbye to.
        Err(error) if !error.is_parse() && !error.is_timeout() => {}
        _ => part(wire.ignore_requests(), b"").await,
    }
}

/// What the library still accepts: more than we do, so that a head that is only somewhat too large gets our answer.
fn longest_head(shared: &Shared) -> usize {
    shared.config.head * 2
}

fn builder(shared: &Shared) -> Builder {
    let mut builder = Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(shared.config.head_timeout)
        .max_headers(shared.config.headers * 2)
        .max_header_size(longest_head(shared))
        .max_buf_size(longest_head(shared));
    builder
}

async fn drive<I, S>(connection: &mut Connection<TokioIo<Wire<I>>, S>, stop: &mut watch::Receiver<bool>) -> hyper::Result<()>
where
    I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: HttpService<Incoming, ResBody = http_body_util::Full<bytes::Bytes>, Error = Gone> + Unpin,
    S::Future: Unpin,
{
    tokio::select! {
        ended = poll_fn(|cx| connection.poll_without_shutdown(cx)) => return ended,
        // A gateway that is gone has ordered the stop as well.
        _ = stop.wait_for(|stop| *stop) => {}
    }
    Pin::new(&mut *connection).graceful_shutdown();
    poll_fn(|cx| connection.poll_without_shutdown(cx)).await
}

/// Says the last words, closes our direction, and gives the client a moment to read them.
async fn part(mut stream: impl AsyncRead + AsyncWrite + Unpin, words: &[u8]) {
    let farewell = async {
        stream.write_all(words).await?;
        stream.shutdown().await?;
        tokio::io::copy(&mut (&mut stream).take(LINGER_BYTES), &mut tokio::io::sink()).await
    };
    // However this ends, the connection is over.
    let _ = tokio::time::timeout(LINGER, farewell).await;
}

/// One request and its answer, unless the client goes before there is one.
async fn exchange<R: AsyncRead + Unpin>(
    shared: &Shared,
    client: &Client<R>,
    request: Request<Incoming>,
    scheme: Scheme,
    verdict: Verdict,
) -> Result<Reply, Gone> {
    let started = Instant::now();
    let id = InvocationId::new(Ulid::new().to_string());
    let served = shared.served();
    let (head, body) = request.into_parts();
    let (method, path) = (head.method.clone(), head.uri.path().to_owned());
    let taken = take(&shared.config, &served.routes, &head, scheme, &verdict);
    let function = taken.as_ref().ok().map(|taken| taken.function.clone());
    let admitted = match taken {
        Ok(taken) => unless_paused(shared, admit(shared, &id, taken, head, body)).await,
        Err(refusal) => Err(refusal),
    };
    let outcome = match admitted {
        Ok(admitted) => client.unless_gone(unless_paused(shared, run(shared, &served, admitted))).await?,
        Err(refusal) => Err(refusal),
    };
    let (mut reply, refused) = match outcome {
        Ok(reply) => (reply, None),
        Err(refusal) => (answer::problem(&refusal, &id, shared.config.detail), Some(refusal)),
    };
    answer::stamp(&mut reply, &id);
    if verdict.framing == Ok(Framing::Chunked) {
        answer::close(&mut reply);
    }
    shared.observer.answered(&Answered {
        id: &id,
        method: &method,
        path: &path,
        function: function.as_deref(),
        status: reply.status(),
        code: refused.as_ref().map(answer::code),
        took: started.elapsed(),
        failure: refused.as_ref().and_then(Refusal::failure),
    });
    Ok(reply)
}

/// A request that was read whole, with what it takes up until it is answered.
struct Admitted<'a> {
    invocation: Invocation,
    /// Among the requests in work, and in the memory for bodies.
    _places: [SemaphorePermit<'a>; 2],
}

/// Reads the body. The place among the requests in work is taken before the body is held.
async fn admit<'a>(shared: &'a Shared, id: &InvocationId, taken: Taken, mut head: Parts, body: Incoming) -> Result<Admitted<'a>, Refusal> {
    let in_work = shared.in_flight.try_acquire().map_err(|_| Refusal::Overloaded)?;
    let Held { bytes, place } = body::read(body, &shared.config, &shared.bodies).await?;
    head.uri = taken.uri;
    remove_hop_by_hop(&mut head.headers);
    let deadline = Instant::now() + shared.config.timeout;
    let request = Request::from_parts(head, bytes);
    let invocation = Invocation { id: id.clone(), function: taken.function, request, params: taken.params, deadline };
    Ok(Admitted { invocation, _places: [in_work, place] })
}

/// What is paused is not begun, and what is in work is dropped.
async fn unless_paused<T>(shared: &Shared, doing: impl Future<Output = Result<T, Refusal>>) -> Result<T, Refusal> {
    tokio::select! {
        biased;
        () = shared.paused() => Err(Refusal::Paused),
        done = doing => done,
    }
}

/// Runs the function.
async fn run(shared: &Shared, served: &Served, admitted: Admitted<'_>) -> Result<Reply, Refusal> {
    let deadline = admitted.invocation.deadline + BACKSTOP;
    let running = served.runtime.invoke(admitted.invocation);
    let answer = match tokio::time::timeout_at(deadline.into(), running).await {
        Ok(answer) => answer,
        Err(_) => Err(Failure::Limit { limit: Limit::Wall, detail: format!("{:?} on the wall", shared.config.timeout) }),
    };
    answer.and_then(answer::sendable).map_err(Refusal::Failed)
}
