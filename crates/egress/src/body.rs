//! A response's body: read piece by piece under its caps, a timeout between pieces and the caller's deadline, decoded, and without
//! the secrets of its origin.

mod filling;

pub(crate) use filling::Filling;

use crate::audit::Attempt;
use crate::budget::Paid;
use crate::cache::{Kept, Store};
use crate::client::{Answer, Egress};
use crate::coding;
use crate::config::Detail;
use crate::connection::{Connection, reason};
use crate::decode::Decoder;
use crate::draft::Caller;
use crate::error::{Error, Phase, Reason};
use crate::pool::Key;
use crate::scrub::{Flow, Guard};
use crate::trailers;
use bytes::{Bytes, BytesMut};
use egret_policy::Request;
use filling::Reader;
use http::HeaderMap;
use http_body::Body as _;
use http_body_util::BodyExt;
use hyper::body::{Frame, Incoming};
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use tokio::time::{Instant, timeout_at};

/// The most bytes of one piece of a body that is here already.
const AT_ONCE: usize = 32 * 1024;

/// Bytes that pieces must have on average, beyond the number that may have any size.
const PIECE: u64 = 32;

/// A body. Dropping one that is still arriving closes its connection; reading it to its end keeps it for reuse.
pub struct Body(Source);

enum Source {
    /// It still arrives. What is held for that lies on the heap: responses are handed on from function to function.
    Arriving(Box<Reading>),
    /// The same, and it is stored on the way.
    Filling(Box<Reader>),
    /// It is here, whole.
    Here { bytes: Bytes, trailers: HeaderMap, detail: Detail },
}

struct Reading {
    incoming: Incoming,
    /// Present until the end was reached.
    lease: Option<(Key, Connection)>,
    /// Present until the end was reached, or an error.
    paid: Option<Paid>,
    attempt: Attempt,
    egress: Egress,
    caller: Caller,
    /// What was decided: decided again when the caller's grants change.
    request: Request,
    /// The generation of the grants that it was last decided by.
    generation: u64,
    decoder: Option<Decoder>,
    /// Takes out what must not come back.
    flow: Option<Flow>,
    /// What came and is not decoded yet.
    coded: Bytes,
    trailers: HeaderMap,
    /// The most bytes that may come.
    most: u64,
    /// Bytes that came, before decoding.
    received: u64,
    /// Frames that came.
    pieces: u64,
    done: bool,
}

impl Body {
    pub(crate) fn new(answer: Answer, incoming: Incoming, attempt: Attempt, egress: Egress, caller: Caller, store: Option<Store>) -> Self {
        let Answer { request, generation, held, decoder, guard, most, .. } = answer;
        let (lease, paid) = held.unzip();
        // What has no body is over already, whether or not anybody reads its end.
        let paid = paid.filter(|_| !incoming.is_end_stream());
        let (coded, trailers, flow) = (Bytes::new(), HeaderMap::new(), guard.map(Guard::flow));
        let (received, pieces, done) = (0, 0, false);
        let reading = Box::new(Reading {
            incoming,
            lease,
            paid,
            attempt,
            egress,
            caller,
            request,
            generation,
            decoder,
            flow,
            coded,
            trailers,
            most,
            received,
            pieces,
            done,
        });
        Self(match store {
            Some(store) => Source::Filling(Box::new(Reader::begin(reading, store))),
            None => Source::Arriving(reading),
        })
    }

    /// The body of a stored answer.
    pub(crate) fn kept(kept: Kept, detail: Detail) -> Self {
        let mut body = Self::here(kept.body);
        if let Source::Here { trailers, detail: told, .. } = &mut body.0 {
            (*trailers, *told) = (kept.trailers, detail);
        }
        body
    }

    /// A body that did not come over the network just now.
    pub(crate) fn here(bytes: Bytes) -> Self {
        Self(Source::Here { bytes, trailers: HeaderMap::new(), detail: Detail::default() })
    }

    /// The next piece, or `None` at the end. Decoded pieces have at most 32 KiB.
    ///
    /// # Errors
    /// `NET_TIMEOUT`, `NET_SIZE` or `NET_PROTOCOL`; after an error the body is over.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        match &mut self.0 {
            Source::Arriving(reading) => reading.chunk().await,
            Source::Filling(reader) => reader.chunk().await,
            Source::Here { bytes, .. } => Ok((!bytes.is_empty()).then(|| bytes.split_to(bytes.len().min(AT_ONCE)))),
        }
    }

    /// Reads what is left if that is no more than `most` bytes, so that the connection can be used again.
    pub(crate) async fn discard(mut self, most: usize) {
        let announced = if let Source::Arriving(reading) = &self.0 { reading.incoming.size_hint().lower() } else { 0 };
        let mut left = most.checked_sub(usize::try_from(announced).unwrap_or(usize::MAX)).map(|_| most);
        while let Some(room) = left
            && let Ok(Some(piece)) = self.chunk().await
        {
            left = room.checked_sub(piece.len());
        }
    }

    /// The fields behind the body (RFC 9110, 6.5), once its end was reached; those that would frame, route or authenticate
    /// are left out.
    #[must_use]
    pub fn trailers(&self) -> &HeaderMap {
        match &self.0 {
            Source::Arriving(reading) => &reading.trailers,
            Source::Filling(reader) => &reader.trailers,
            Source::Here { trailers, .. } => trailers,
        }
    }

    /// The whole body, if it is no larger than `cap` bytes.
    ///
    /// # Errors
    /// As [`Body::chunk`]; `NET_SIZE` at once where the announced length is over the cap.
    pub async fn collect(self, cap: usize) -> Result<Bytes, Error> {
        match self.0 {
            Source::Arriving(mut reading) => reading.collect(cap).await,
            Source::Filling(mut reader) => reader.collect(cap).await,
            Source::Here { bytes, detail, .. } if bytes.len() > cap => Err(Error::new(Reason::BodySize(cap as u64), 0, detail, "")),
            Source::Here { bytes, .. } => Ok(bytes),
        }
    }
}

impl Reading {
    async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        if self.done {
            return Ok(None);
        }
        match self.scrubbed().await {
            Ok(Some(bytes)) => Ok(Some(bytes)),
            Ok(None) => {
                self.finish();
                Ok(None)
            }
            Err(reason) => {
                self.done = true;
                (self.lease, self.paid) = (None, None);
                let reason = Guard::reason_of(self.flow.as_ref().map(Flow::guard), reason, &mut self.attempt);
                self.attempt.failed(&reason, None);
                self.attempt.end();
                Err(self.egress.error(reason, self.attempt.hop(), ""))
            }
        }
    }

    async fn collect(&mut self, cap: usize) -> Result<Bytes, Error> {
        if self.decoder.is_none() && self.incoming.size_hint().lower() > cap as u64 {
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

    /// The next piece that holds no echo of a secret. What may become one waits for what follows.
    async fn scrubbed(&mut self) -> Result<Option<Bytes>, Reason> {
        loop {
            if self.flow.as_ref().is_some_and(Flow::is_over) {
                return Ok(None);
            }
            let piece = self.read().await?;
            let Some(flow) = &mut self.flow else { return Ok(piece) };
            let certain = flow.pass(piece, &mut self.attempt);
            if !certain.is_empty() {
                return Ok(Some(certain));
            }
        }
    }

    async fn read(&mut self) -> Result<Option<Bytes>, Reason> {
        if self.received == 0 && self.incoming.size_hint().lower() > self.most {
            return Err(Reason::BodySize(self.most));
        }
        loop {
            self.caller.grants.still_allow(&self.request, &mut self.generation)?;
            if let Some(piece) = self.decode()? {
                return Ok(Some(piece));
            }
            // What has an announced length says itself that it is over.
            let frame = if self.incoming.is_end_stream() { None } else { self.frame().await? };
            let Some(frame) = frame else { return self.end().map(|()| None) };
            match frame.into_data() {
                Ok(bytes) => {
                    self.count(&bytes)?;
                    if self.decoder.is_none() {
                        return Ok(Some(bytes));
                    }
                    self.coded = bytes;
                }
                Err(frame) => {
                    if let Ok(fields) = frame.into_trailers() {
                        self.trailers = trailers::admit(&fields, &self.egress.config().caps)?;
                        if let Some(flow) = &self.flow {
                            flow.guard().fields(&mut self.trailers, &mut self.attempt);
                        }
                    }
                }
            }
        }
    }

    /// What comes next, within the time that it may take.
    async fn frame(&mut self) -> Result<Option<Frame<Bytes>>, Reason> {
        let now = Instant::now();
        // Most of a body is there already: no timer is set for that, and nothing is listened to.
        let there = poll_fn(|context| Poll::Ready(Pin::new(&mut self.incoming).poll_frame(context))).await;
        let frame = match there {
            Poll::Ready(frame) if now < self.caller.deadline => frame,
            Poll::Ready(_) => return Err(Reason::Timeout(Phase::Total)),
            Poll::Pending => self.awaited(now).await?,
        };
        frame.transpose().map_err(|error| reason(self.host(), &error, &self.egress.config().caps))
    }

    async fn awaited(&mut self, now: Instant) -> Result<Option<hyper::Result<Frame<Bytes>>>, Reason> {
        let pause = now + self.egress.config().timeouts.between_bytes;
        let until = pause.min(self.caller.deadline);
        let frame = tokio::select! {
            biased;
            frame = timeout_at(until, self.incoming.frame()) => frame,
            denial = self.caller.grants.revoked(&self.request, self.generation) => return Err(Reason::Denied(denial)),
        };
        let phase = if pause < self.caller.deadline { Phase::BetweenBytes } else { Phase::Total };
        frame.map_err(|_| Reason::Timeout(phase))
    }

    /// The next decoded piece of what has come.
    fn decode(&mut self) -> Result<Option<Bytes>, Reason> {
        let Some(decoder) = &mut self.decoder else { return Ok(None) };
        decoder.next(&mut self.coded).map_err(|fault| coding::reason(fault, &self.host()))
    }

    fn end(&self) -> Result<(), Reason> {
        let Some(decoder) = &self.decoder else { return Ok(()) };
        decoder.end().map_err(|fault| coding::reason(fault, &self.host()))
    }

    fn host(&self) -> String {
        self.request.target().host().to_string()
    }

    fn count(&mut self, bytes: &Bytes) -> Result<(), Reason> {
        self.received += bytes.len() as u64;
        self.pieces += 1;
        self.attempt.received(bytes.len() as u64);
        self.lease.iter().for_each(|(_, connection)| connection.delivered(bytes.len() as u64));
        self.caller.budget.spend(bytes.len() as u64)?;
        let caps = &self.egress.config().caps;
        if self.received > self.most {
            return Err(Reason::BodySize(self.most));
        }
        if self.pieces > caps.pieces + self.received / PIECE { Err(Reason::Pieces(caps.pieces)) } else { Ok(()) }
    }

    fn finish(&mut self) {
        self.done = true;
        self.paid = None;
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
        let (received, done) = match &self.0 {
            Source::Arriving(reading) => (reading.received, reading.done),
            Source::Filling(_) => (0, false),
            Source::Here { bytes, .. } => (bytes.len() as u64, bytes.is_empty()),
        };
        f.debug_struct("Body").field("received", &received).field("done", &done).finish_non_exhaustive()
    }
}
