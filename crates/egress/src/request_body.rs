//! A request's body as a caller hands it in: nothing, bytes, or a stream that is pulled while it is sent.
//!
//! A stream can be sent once. It rests in a slot that all clones share and leaves it when its first chunk is asked for, so
//! that whoever would send again (another connection, a redirect) can see whether that is still possible.

mod channel;

pub use channel::{Gone, Sender};

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, ready};

/// The body of a request.
#[derive(Clone, Debug, Default)]
pub enum RequestBody {
    /// No body.
    #[default]
    Empty,
    /// All of it, in memory.
    Bytes(Bytes),
    /// Chunks that are pulled as fast as the peer takes them, and no faster.
    Stream(BodyStream),
}

/// A stream in its slot. Clones are the same stream: the first one that is sent takes it.
#[derive(Clone)]
pub struct BodyStream(Arc<Slot>);

struct Slot {
    chunks: Mutex<Option<Chunks>>,
    length: Option<u64>,
}

/// What is pulled. An error is the kernel's own words: what a caller's error says may be anything, a secret too.
pub(crate) type Chunks = Pin<Box<dyn Stream<Item = Result<Bytes, &'static str>> + Send>>;

impl RequestBody {
    /// A stream of unknown length. An error of it ends the call with `egress.body.broken`; what the error says stays here.
    pub fn stream<E: 'static>(chunks: impl Stream<Item = Result<Bytes, E>> + Send + 'static) -> Self {
        Self::of(chunks.map(|chunk| chunk.map_err(|_| "its stream failed")), None)
    }

    /// A stream of so many bytes, which is announced as `Content-Length`. One that ends before them, or whose chunk goes
    /// beyond them, ends the call with `egress.body.broken`; what may follow them is not pulled.
    pub fn stream_of<E: 'static>(length: u64, chunks: impl Stream<Item = Result<Bytes, E>> + Send + 'static) -> Self {
        Self::of(chunks.map(|chunk| chunk.map_err(|_| "its stream failed")), Some(length))
    }

    /// A body of unknown length that is written by whoever holds the sender.
    #[must_use]
    pub fn channel() -> (Sender, Self) {
        let (sender, chunks) = channel::open();
        (sender, Self::of(chunks, None))
    }

    fn of(chunks: impl Stream<Item = Result<Bytes, &'static str>> + Send + 'static, length: Option<u64>) -> Self {
        Self::Stream(BodyStream(Arc::new(Slot { chunks: Mutex::new(Some(Box::pin(chunks))), length })))
    }

    /// Its bytes, where they are known beforehand.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        match self {
            Self::Empty => Some(0),
            Self::Bytes(bytes) => Some(bytes.len() as u64),
            Self::Stream(stream) => stream.0.length,
        }
    }

    /// Whether there is certainly nothing to send.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length() == Some(0)
    }

    /// Whether it is a stream whose first chunk was asked for: it cannot be sent again.
    #[must_use]
    pub fn is_begun(&self) -> bool {
        match self {
            Self::Empty | Self::Bytes(_) => false,
            Self::Stream(stream) => stream.chunks().is_none(),
        }
    }
}

impl BodyStream {
    /// The same stream, which ends with an error where `fits` finds something in a chunk. It is begun when its first chunk is asked for,
    /// and no sooner.
    pub(crate) fn inspected(&self, mut fits: impl FnMut(&[u8]) -> Result<(), &'static str> + Send + 'static) -> Self {
        let (source, mut begun) = (self.clone(), None);
        let chunks = stream::poll_fn(move |cx| {
            if begun.is_none() {
                begun = source.take();
            }
            let Some(chunks) = &mut begun else { return Poll::Ready(Some(Err("it was sent before"))) };
            let chunk = ready!(chunks.as_mut().poll_next(cx));
            Poll::Ready(chunk.map(|chunk: Result<Bytes, _>| chunk.and_then(|bytes| fits(&bytes).map(|()| bytes))))
        });
        Self(Arc::new(Slot { chunks: Mutex::new(Some(Box::pin(chunks))), length: self.0.length }))
    }

    pub(crate) fn take(&self) -> Option<Chunks> {
        self.chunks().take()
    }

    fn chunks(&self) -> MutexGuard<'_, Option<Chunks>> {
        self.0.chunks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for BodyStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BodyStream").field("length", &self.0.length).field("begun", &self.chunks().is_none()).finish()
    }
}

impl From<Bytes> for RequestBody {
    fn from(bytes: Bytes) -> Self {
        if bytes.is_empty() { Self::Empty } else { Self::Bytes(bytes) }
    }
}

impl From<Vec<u8>> for RequestBody {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl From<String> for RequestBody {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl From<&'static str> for RequestBody {
    fn from(text: &'static str) -> Self {
        Bytes::from_static(text.as_bytes()).into()
    }
}

impl From<&'static [u8]> for RequestBody {
    fn from(bytes: &'static [u8]) -> Self {
        Bytes::from_static(bytes).into()
    }
}

#[cfg(test)]
mod tests {
    use super::RequestBody;
    use bytes::Bytes;
    use futures_util::stream;

    #[test]
    fn nothing_is_no_body_however_it_is_written() {
        for body in [RequestBody::from(""), Bytes::new().into(), Vec::new().into(), RequestBody::default()] {
            assert!(body.is_empty() && matches!(body, RequestBody::Empty));
        }
    }

    #[test]
    fn debugging_a_body_shows_no_byte_of_a_stream() {
        let body = RequestBody::stream_of(7, stream::iter([Ok::<_, ()>(Bytes::from_static(b"hunter2"))]));
        let RequestBody::Stream(slot) = &body else { panic!("a stream") };
        assert!(!format!("{body:?}").contains("hunter2") && !body.is_begun());
        assert!(slot.clone().take().is_some());
        assert!(body.is_begun() && slot.take().is_none());
    }
}
