//! A response's body: read piece by piece under a cap, a timeout between pieces and the caller's deadline.

use crate::audit::Attempt;
use crate::client::Egress;
use crate::connection::{Connection, reason};
use crate::error::{Error, Phase, Reason};
use crate::pool::Key;
use bytes::{Bytes, BytesMut};
use http_body::Body as _;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::time::{Instant, timeout_at};

/// A body that is still arriving. Dropping it closes the connection; reading it to its end keeps it for reuse.
pub struct Body {
    incoming: Incoming,
    /// Present until the end was reached.
    lease: Option<(Key, Connection)>,
    attempt: Attempt,
    egress: Egress,
    host: String,
    received: u64,
    deadline: Instant,
    done: bool,
}

impl Body {
    pub(crate) fn new(
        incoming: Incoming,
        lease: (Key, Connection),
        attempt: Attempt,
        egress: Egress,
        host: String,
        deadline: Instant,
    ) -> Self {
        Self { incoming, lease: Some(lease), attempt, egress, host, received: 0, deadline, done: false }
    }

    /// The next piece, or `None` at the end. Trailers are not passed on.
    ///
    /// # Errors
    /// `NET_TIMEOUT`, `NET_SIZE` or `NET_PROTOCOL`; after an error the body is over.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        if self.done {
            return Ok(None);
        }
        match self.read().await {
            Ok(Some(bytes)) => Ok(Some(bytes)),
            Ok(None) => {
                self.finish();
                Ok(None)
            }
            Err(reason) => {
                self.done = true;
                self.lease = None;
                self.attempt.failed(&reason, None);
                self.attempt.end();
                Err(self.egress.error(reason, self.attempt.hop(), ""))
            }
        }
    }

    /// The whole body, if it is no larger than `cap` bytes.
    ///
    /// # Errors
    /// As [`Body::chunk`]; `NET_SIZE` at once where the announced length is over the cap.
    pub async fn collect(mut self, cap: usize) -> Result<Bytes, Error> {
        if self.incoming.size_hint().lower() > cap as u64 {
            return Err(self.too_large(cap));
        }
        let mut whole = BytesMut::new();
        while let Some(piece) = self.chunk().await? {
            if whole.len() + piece.len() > cap {
                return Err(self.too_large(cap));
            }
            whole.extend_from_slice(&piece);
        }
        Ok(whole.freeze())
    }

    async fn read(&mut self) -> Result<Option<Bytes>, Reason> {
        loop {
            let pause = Instant::now() + self.egress.config().timeouts.between_bytes;
            let frame = timeout_at(pause.min(self.deadline), self.incoming.frame()).await;
            let phase = if pause < self.deadline { Phase::BetweenBytes } else { Phase::Total };
            match frame.map_err(|_| Reason::Timeout(phase))? {
                None => return Ok(None),
                Some(Err(error)) => return Err(reason(self.host.clone(), &error, &self.egress.config().caps)),
                Some(Ok(frame)) => {
                    if let Ok(bytes) = frame.into_data() {
                        return self.count(bytes).map(Some);
                    }
                }
            }
        }
    }

    fn count(&mut self, bytes: Bytes) -> Result<Bytes, Reason> {
        self.received += bytes.len() as u64;
        self.attempt.received(bytes.len() as u64);
        let cap = self.egress.config().caps.response_body;
        if self.received > cap { Err(Reason::BodySize(cap)) } else { Ok(bytes) }
    }

    fn finish(&mut self) {
        self.done = true;
        self.attempt.whole();
        self.attempt.end();
        if let Some((key, connection)) = self.lease.take() {
            self.egress.keep(key, connection);
        }
    }

    fn too_large(&mut self, cap: usize) -> Error {
        let reason = Reason::BodySize(cap as u64);
        self.attempt.failed(&reason, None);
        self.egress.error(reason, self.attempt.hop(), "")
    }
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Body").field("received", &self.received).field("done", &self.done).finish_non_exhaustive()
    }
}
