//! An HTTP/2 connection: calls of one key share it, each with streams of its own.
//!
//! What a peer may make it hold or do is bounded: streams, windows, head sizes and resets by the HTTP library, frames that
//! carry no body by the meter.

use super::{Driver, Meter, Outgoing, Sent, head, reason as reason_of, serialise};
use crate::config::Caps;
use crate::draft::Draft;
use crate::error::Reason;
use egret_policy::Permit;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::error::Error;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, AsyncWrite};

/// Bytes of one response that may wait for their reader. A slow reader stalls its own stream only.
const STREAM_WINDOW: u32 = 1 << 20;
/// Bytes of all responses of a connection that may wait: enough for four slow readers, and for a fast one over a long line.
const CONNECTION_WINDOW: u32 = 4 << 20;
/// Bytes of one request's body that wait in memory for the peer's window.
const SEND_BUFFER: usize = 256 << 10;
/// Streams that were reset by either side and are still remembered.
const RESET_STREAMS: usize = 64;

/// A shared connection. It closes when the last part in it is gone.
pub(crate) struct Http2 {
    sender: http2::SendRequest<Outgoing>,
    driver: Driver,
    peer: SocketAddr,
    born: Instant,
    caps: Caps,
    meter: Arc<Meter>,
    parts: AtomicUsize,
    rested: Mutex<Instant>,
}

/// One call's part in a connection.
pub(crate) struct Part(Arc<Http2>);

impl Http2 {
    pub(super) async fn open<S>(stream: S, peer: SocketAddr, caps: Caps) -> Result<Part, Reason>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (stream, meter) = Meter::over(stream);
        let head = u32::try_from(caps.response_head).unwrap_or(u32::MAX);
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_header_list_size(head)
            .max_send_buf_size(SEND_BUFFER)
            .max_concurrent_reset_streams(RESET_STREAMS);
        let malformed = |error: hyper::Error| Reason::Malformed(peer.to_string(), error.to_string());
        let (sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(malformed)?;
        let (born, parts) = (Instant::now(), AtomicUsize::new(0));
        let connection = Self { sender, driver: Driver::spawn(connection), peer, born, caps, meter, parts, rested: Mutex::new(born) };
        Ok(Part::of(Arc::new(connection)))
    }

    /// Another part in it, if it is open and has a stream to spare.
    pub fn join(self: &Arc<Self>) -> Option<Part> {
        (self.is_open() && self.parts.load(Ordering::Relaxed) < self.caps.streams).then(|| Part::of(Arc::clone(self)))
    }

    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    pub(super) fn driver(&self) -> &Driver {
        &self.driver
    }

    pub fn born(&self) -> Instant {
        self.born
    }

    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    /// Whether new streams may be opened: not after the peer said goodbye.
    pub fn is_open(&self) -> bool {
        !self.sender.is_closed()
    }

    /// How long nobody has had a part in it; `None` while somebody has.
    pub fn rests(&self) -> Option<Duration> {
        let since = *self.rested.lock().unwrap_or_else(PoisonError::into_inner);
        (self.parts.load(Ordering::Relaxed) == 0).then(|| since.elapsed())
    }
}

impl Part {
    fn of(connection: Arc<Http2>) -> Self {
        connection.parts.fetch_add(1, Ordering::Relaxed);
        Self(connection)
    }

    pub fn connection(&self) -> &Arc<Http2> {
        &self.0
    }

    pub(super) async fn send(&mut self, permit: &Permit, draft: &Draft, limit: Duration) -> Result<Sent, Reason> {
        let host = || permit.target().host().to_string();
        let request = serialise::http2(permit, draft).map_err(|error| Reason::Malformed(host(), error.to_string()))?;
        let mut sender = self.0.sender.clone();
        if sender.ready().await.is_err() {
            return Ok(Sent::Unsent);
        }
        self.0.meter.begins();
        let caps = &self.0.caps;
        head(permit, limit, caps, sender.try_send_request(request), |mut error| {
            if error.take_message().is_some() || error.error().source().is_some_and(was_not_processed) {
                return Ok(Sent::Unsent);
            }
            Err(reason_of(host(), error.error(), caps))
        })
        .await
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        self.0.meter.ends();
        *self.0.rested.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        self.0.parts.fetch_sub(1, Ordering::Relaxed);
    }
}

/// RFC 9113, 8.7: a stream that was refused, or that came after the last one a goodbye names, was not worked on.
fn was_not_processed(error: &(dyn Error + 'static)) -> bool {
    let Some(error) = error.downcast_ref::<h2::Error>() else { return false };
    error.is_remote() && (error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM) || error.is_go_away() && no_fault(error))
}

fn no_fault(error: &h2::Error) -> bool {
    error.reason() == Some(h2::Reason::NO_ERROR)
}

/// What an error of the protocol means for the call; `None` for one of another kind.
pub(super) fn reason(host: &str, error: &(dyn Error + 'static)) -> Option<Reason> {
    let error = error.downcast_ref::<h2::Error>()?;
    let flooded = error.get_io().is_some_and(|io| io.get_ref().is_some_and(|inner| inner.is::<super::meter::Flood>()));
    if flooded {
        return Some(Reason::Malformed(host.to_owned(), "far more frames than its responses need".to_owned()));
    }
    if error.is_io() || error.is_remote() && no_fault(error) {
        return Some(Reason::ClosedEarly(host.to_owned()));
    }
    Some(Reason::Malformed(host.to_owned(), error.to_string()))
}
