//! A response's body: read piece by piece under a cap, a timeout between pieces and the caller's deadline.

use crate::audit::Attempt;
use crate::client::{Answer, Egress};
use crate::connection::{Connection, reason};
use crate::draft::Caller;
use crate::error::{Error, Phase, Reason};
use crate::pool::Key;
use bytes::{Bytes, BytesMut};
use egret_policy::Request;
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
    caller: Caller,
    /// What was decided: decided again when the caller's grants change.
    request: Request,
    /// The generation of the grants that it was last decided by.
    generation: u64,
    received: u64,
    done: bool,
}

impl Body {
    pub(crate) fn new(answer: Answer, incoming: Incoming, attempt: Attempt, egress: Egress, caller: Caller) -> Self {
        let Answer { request, generation, lease, .. } = answer;
        Self { incoming, lease: Some(lease), attempt, egress, caller, request, generation, received: 0, done: false }
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
            let until = pause.min(self.caller.deadline);
            self.caller.grants.still_allow(&self.request, &mut self.generation)?;
            let frame = tokio::select! {
                biased;
                frame = timeout_at(until, self.incoming.frame()) => frame,
                denial = self.caller.grants.revoked(&self.request, self.generation) => return Err(Reason::Denied(denial)),
            };
            let phase = if pause < self.caller.deadline { Phase::BetweenBytes } else { Phase::Total };
            match frame.map_err(|_| Reason::Timeout(phase))? {
                None => return Ok(None),
                Some(Err(error)) => return Err(reason(self.request.target().host().to_string(), &error, &self.egress.config().caps)),
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
        self.lease.iter().for_each(|(_, connection)| connection.delivered(bytes.len() as u64));
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
