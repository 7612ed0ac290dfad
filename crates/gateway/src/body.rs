//! Reads a request's body whole: never more of it than allowed, and never more of all bodies than memory was set aside for.

use crate::config::Config;
use crate::refusal::Refusal;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout_at};

/// The bytes that one permit of the memory for bodies stands for. Permits are then few enough for a semaphore.
const UNIT: usize = 1 << 10;

/// The memory for the bodies of all connections: `bytes` of it.
pub(crate) fn memory(bytes: usize) -> Semaphore {
    Semaphore::new(bytes / UNIT)
}

/// A whole body, with its place in the memory for bodies.
#[derive(Debug)]
pub(crate) struct Held<'a> {
    /// The body.
    pub bytes: Bytes,
    /// Given back when this is dropped, so it must live as long as the request.
    pub place: SemaphorePermit<'a>,
}

/// Reads the body within `config.body` bytes and `config.body_timeout`, at no less than the least rate.
///
/// A length that the head announces is judged before the first byte; what is counted afterwards is what really comes.
pub(crate) async fn read<'a>(mut body: Incoming, config: &Config, memory: &'a Semaphore) -> Result<Held<'a>, Refusal> {
    let announced = body.size_hint().lower();
    if announced > u64::try_from(config.body).unwrap_or(u64::MAX) {
        return Err(Refusal::BodyTooLarge);
    }
    let place = memory.try_acquire_many(0).map_err(|_| Refusal::BodiesTooLarge)?;
    // Nothing is reserved for an announced length: a client would pay nothing to make us hold it.
    let mut part = Part { whole: BytesMut::new(), place, cap: config.body };
    let started = Instant::now();
    loop {
        let patience = config.body_timeout.min(config.body_pace().patience(part.len()));
        let frame = timeout_at(started + patience, body.frame()).await.map_err(|_| Refusal::BodyTimeout)?;
        let Some(frame) = frame else { break };
        // Trailers are read and dropped: no function can see them.
        let Ok(data) = frame.map_err(|_| Refusal::BodyBroken)?.into_data() else { continue };
        part.add(&data, memory)?;
    }
    Ok(Held { bytes: part.whole.freeze(), place: part.place })
}

/// What has come of a body.
struct Part<'a> {
    whole: BytesMut,
    place: SemaphorePermit<'a>,
    cap: usize,
}

impl<'a> Part<'a> {
    fn len(&self) -> u64 {
        u64::try_from(self.whole.len()).unwrap_or(u64::MAX)
    }

    fn add(&mut self, data: &[u8], memory: &'a Semaphore) -> Result<(), Refusal> {
        if data.len() > self.cap - self.whole.len() {
            return Err(Refusal::BodyTooLarge);
        }
        // Rounded up over the whole body: by the piece, a client of many small chunks would pay for each of them.
        let units = (self.whole.len() + data.len()).div_ceil(UNIT).saturating_sub(self.place.num_permits());
        let more = u32::try_from(units).ok().and_then(|units| memory.try_acquire_many(units).ok());
        // Waiting for memory would let bodies that are not whole keep each other from becoming so.
        self.place.merge(more.ok_or(Refusal::BodiesTooLarge)?);
        self.whole.extend_from_slice(data);
        Ok(())
    }
}
