//! A body that is written from elsewhere: a sender that waits until what it sent before was taken.

use bytes::Bytes;
use futures_util::{Stream, stream};
use tokio::sync::mpsc;

/// Writes a request's body. Dropped before [`Sender::finish`] it ends the call: half a body must not pass for a whole one.
#[derive(Debug)]
pub struct Sender(mpsc::Sender<Written>);

/// The body is not wanted any more: the call is over, or its response came before the body was whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the request's body is not wanted any more")]
pub struct Gone;

#[derive(Debug)]
enum Written {
    Chunk(Bytes),
    End,
}

/// One chunk may wait for the peer, whatever its size; the next one waits in [`Sender::send`].
pub(super) fn open() -> (Sender, impl Stream<Item = Result<Bytes, &'static str>> + Send) {
    let (sender, receiver) = mpsc::channel(1);
    let chunks = stream::unfold(Some(receiver), async |receiver| {
        let mut receiver = receiver?;
        match receiver.recv().await {
            Some(Written::Chunk(bytes)) => Some((Ok(bytes), Some(receiver))),
            Some(Written::End) => None,
            None => Some((Err("its sender was dropped before the end"), None)),
        }
    });
    (Sender(sender), chunks)
}

impl Sender {
    /// Sends a chunk, once there is room for it.
    ///
    /// # Errors
    /// [`Gone`], and the chunk is lost.
    pub async fn send(&self, chunk: impl Into<Bytes>) -> Result<(), Gone> {
        self.0.send(Written::Chunk(chunk.into())).await.map_err(|_| Gone)
    }

    /// Says that the body is whole.
    ///
    /// # Errors
    /// [`Gone`], if that did not reach the call.
    pub async fn finish(self) -> Result<(), Gone> {
        self.0.send(Written::End).await.map_err(|_| Gone)
    }

    /// Ends when the body is not wanted any more.
    pub async fn gone(&self) {
        self.0.closed().await;
    }
}
