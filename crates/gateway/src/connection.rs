//! One client connection from its first byte to its last, and each request on it.

use crate::answer::{self, Reply};
use crate::body;
use crate::observer::Answered;
use crate::refusal::Refusal;
use crate::server::{Served, Shared};
use crate::take::{Taken, remove_hop_by_hop, take};
use crate::wire::{Framing, Verdict, Verdicts, Wire};
use egret_runtime::{Failure, Invocation, InvocationId, Limit};
use http::Request;
use http::request::Parts;
use http::uri::Scheme;
use hyper::body::Incoming;
use hyper::server::conn::http1::{Builder, Connection};
use hyper::service::{HttpService, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;
use ulid::Ulid;

/// How long and how much a refused client may go on sending before its connection is cut. Closing at once would make
/// the kernel reset the connection, and the client lose the answer that says why.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_BYTES: u64 = 16 << 20;

const HEAD_TIMEOUT: &[u8] = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

/// Serves one connection until either side ends it; after `stop` no further request is taken.
///
/// `scheme` is how it was reached: `http`, or `https` where the stream is the inside of TLS.
pub(crate) async fn serve<S>(stream: S, scheme: Scheme, shared: Arc<Shared>, mut stop: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let verdicts = Verdicts::default();
    let wire = Wire::new(stream, verdicts.clone(), longest_head(&shared), shared.config.write_timeout);
    let service = service_fn(|request| {
        let (shared, verdict, scheme) = (shared.clone(), verdicts.next(), scheme.clone());
        Box::pin(async move { Ok::<_, Infallible>(exchange(&shared, request, scheme, verdict).await) })
    });
    let mut connection = builder(&shared).serve_connection(TokioIo::new(wire), service);
    let ended = drive(&mut connection, &mut stop).await;
    let wire = connection.into_parts().io.into_inner();
    match ended {
        Err(error) if error.is_timeout() && wire.is_inside_head() => part(wire.into_inner(), HEAD_TIMEOUT).await,
        // The socket is broken, or the client takes nothing: there is nobody to say goodbye to.
        Err(error) if !error.is_parse() && !error.is_timeout() => {}
        _ => part(wire.into_inner(), b"").await,
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
    S: HttpService<Incoming, ResBody = http_body_util::Full<bytes::Bytes>, Error = Infallible> + Unpin,
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

/// One request and its answer.
async fn exchange(shared: &Shared, request: Request<Incoming>, scheme: Scheme, verdict: Verdict) -> Reply {
    let started = Instant::now();
    let id = InvocationId::new(Ulid::new().to_string());
    let served = shared.served();
    let (head, body) = request.into_parts();
    let (method, path) = (head.method.clone(), head.uri.path().to_owned());
    let taken = take(&shared.config, &served.routes, &head, scheme, &verdict);
    let function = taken.as_ref().ok().map(|taken| taken.function.clone());
    let outcome = match taken {
        Ok(taken) => invoke(shared, &served, &id, taken, head, body).await,
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
    reply
}

/// Reads the body and runs the function. The place among the requests in work is taken before the body is held.
async fn invoke(
    shared: &Shared,
    served: &Served,
    id: &InvocationId,
    taken: Taken,
    mut head: Parts,
    body: Incoming,
) -> Result<Reply, Refusal> {
    let _place = shared.in_flight.try_acquire().map_err(|_| Refusal::Overloaded)?;
    let body = body::read(body, &shared.config).await?;
    head.uri = taken.uri;
    remove_hop_by_hop(&mut head.headers);
    let deadline = Instant::now() + shared.config.timeout;
    let invocation =
        Invocation { id: id.clone(), function: taken.function, request: Request::from_parts(head, body), params: taken.params, deadline };
    let running = served.runtime.invoke(invocation);
    // The runtime keeps the deadline itself; this holds should it fail to.
    let answer = match tokio::time::timeout_at(deadline.into(), running).await {
        Ok(answer) => answer,
        Err(_) => Err(Failure::Limit { limit: Limit::Wall, detail: format!("{:?} on the wall", shared.config.timeout) }),
    };
    answer.and_then(answer::sendable).map_err(Refusal::Failed)
}
