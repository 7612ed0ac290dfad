//! An HTTP/2 connection: calls of one key share it, each with streams of its own.
//!
//! What a peer may make it hold or do is bounded: streams, windows, head sizes and resets by the HTTP library, frames that
//! carry no body by the meter.

use super::{Delivery, Driver, Meter, Outgoing, Sent, Upload, head, reason as reason_of, serialise};
use crate::config::Caps;
use crate::error::Reason;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::error::Error;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
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
    /// A request was broken off on it: nobody else joins.
    retired: AtomicBool,
    rested: Mutex<Instant>,
}

/// One call's part in a connection.
pub(crate) struct Part {
    connection: Arc<Http2>,
    /// The body of the request that was sent.
    upload: Option<Upload>,
}

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
        let (born, parts, retired) = (Instant::now(), AtomicUsize::new(0), AtomicBool::new(false));
        let (driver, rested) = (Driver::spawn(connection), Mutex::new(born));
        let connection = Self { sender, driver, peer, born, caps, meter, parts, retired, rested };
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

    /// Whether new streams may be opened: not after the peer said goodbye, nor after a request was broken off, since the
    /// library may hold what is left of it as long as the connection lasts.
    pub fn is_open(&self) -> bool {
        !self.sender.is_closed() && !self.retired.load(Ordering::Relaxed)
    }

    /// How long nobody has had a part in it; `None` while somebody has.
    pub fn rests(&self) -> Option<Duration> {
        let since = *self.rested.lock().unwrap_or_else(PoisonError::into_inner);
        (self.parts.load(Ordering::Relaxed) == 0).then(|| since.elapsed())
    }
}

impl Drop for Http2 {
    /// The library's tasks outlive the one that drives it, as long as one of them waits for the peer's window.
    fn drop(&mut self) {
        self.meter.close();
    }
}

impl Part {
    fn of(connection: Arc<Http2>) -> Self {
        connection.parts.fetch_add(1, Ordering::Relaxed);
        Self { connection, upload: None }
    }

    pub fn connection(&self) -> &Arc<Http2> {
        &self.connection
    }

    pub(super) async fn send(&mut self, delivery: Delivery<'_>) -> Result<Sent, Reason> {
        let caps = &self.connection.caps;
        let mut sender = self.connection.sender.clone();
        if sender.ready().await.is_err() {
            return Ok(Sent::Unsent);
        }
        let (upload, body) = Upload::begin(&delivery.draft.body, caps.request_body, delivery.budget, delivery.sent);
        let upload = self.upload.insert(upload);
        let malformed = |error: http::Error| Reason::Malformed(delivery.host(), error.to_string());
        let request = serialise::http2(delivery.permit, delivery.draft, body).map_err(malformed)?;
        self.connection.meter.begins();
        head(&delivery, upload, caps, sender.try_send_request(request), |mut error| {
            let not_processed = error.take_message().is_some() || error.error().source().is_some_and(was_not_processed);
            // A stream that was begun is gone, although the peer has looked at nothing of it.
            if not_processed && !delivery.draft.body.is_begun() {
                return Ok(Sent::Unsent);
            }
            Err(reason_of(delivery.host(), error.error(), caps))
        })
        .await
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if self.upload.as_ref().is_some_and(|upload| !upload.is_whole()) {
            self.connection.retired.store(true, Ordering::Relaxed);
        }
        self.connection.meter.ends();
        *self.connection.rested.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        let was_last = self.connection.parts.fetch_sub(1, Ordering::Relaxed) == 1;
        if was_last && self.connection.retired.load(Ordering::Relaxed) {
            self.connection.meter.close();
        }
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
    if error.is_io() || error.is_remote() && (no_fault(error) || error.reason() == Some(h2::Reason::REFUSED_STREAM)) {
        return Some(Reason::ClosedEarly(host.to_owned()));
    }
    Some(Reason::Malformed(host.to_owned(), error.to_string()))
}
