//! A body that is stored while it is read. Its reader reads it; so does whoever waits for the same answer, so that a reader who
//! takes its time holds up nobody but itself. What others read ahead waits for the reader, and is bounded by what is stored at most.

use super::Reading;
use crate::cache::{Flight, Outcome, Store};
use crate::error::Error;
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use std::collections::VecDeque;
use std::sync::Arc;
use tokio::sync::Mutex;

/// A body that is being stored, for all who read it.
pub(crate) struct Filling(Mutex<State>);

struct State {
    reading: Box<Reading>,
    /// What was read on behalf of others and not given to the reader.
    ahead: VecDeque<Bytes>,
    /// Why reading failed, if others found out.
    failed: Option<Error>,
    /// What is stored, as long as it may be.
    stored: Option<(Store, Vec<u8>)>,
}

/// The reader's side. Dropping it before the end gives up storing, and tells those who wait.
pub(super) struct Reader {
    filling: Arc<Filling>,
    flight: Option<Arc<Flight>>,
    /// Once the end was reached.
    pub trailers: HeaderMap,
}

impl Reader {
    pub fn begin(reading: Box<Reading>, store: Store) -> Self {
        let flight = store.flight().cloned();
        let stored = Some((store, Vec::new()));
        let filling = Arc::new(Filling(Mutex::new(State { reading, ahead: VecDeque::new(), failed: None, stored })));
        if let Some(flight) = &flight {
            flight.arrives(&filling);
        }
        Self { filling, flight, trailers: HeaderMap::new() }
    }

    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        let mut state = self.filling.0.lock().await;
        if let Some(piece) = state.ahead.pop_front() {
            return Ok(Some(piece));
        }
        if let Some(error) = state.failed.take() {
            return Err(error);
        }
        let piece = state.next().await?;
        if piece.is_none() {
            self.trailers = state.reading.trailers.clone();
        }
        Ok(piece)
    }

    pub async fn collect(&mut self, cap: usize) -> Result<Bytes, Error> {
        let mut whole = BytesMut::new();
        while let Some(piece) = self.chunk().await? {
            if whole.len() + piece.len() > cap {
                return Err(self.filling.0.lock().await.reading.too_large(cap));
            }
            whole.extend_from_slice(&piece);
        }
        Ok(whole.freeze())
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(flight) = &self.flight {
            flight.end(Outcome::Gone);
        }
    }
}

impl Filling {
    /// Reads on until the answer is stored or will not be.
    pub async fn read_on(&self) {
        loop {
            let mut state = self.0.lock().await;
            if state.stored.is_none() {
                return;
            }
            match state.next().await {
                Ok(Some(piece)) => state.ahead.push_back(piece),
                Ok(None) => return,
                Err(error) => {
                    state.failed = Some(error);
                    return;
                }
            }
        }
    }
}

impl State {
    /// The next piece, a copy of which is stored. Nothing is lost where this is dropped: what comes is taken and noted at once.
    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        let piece = match self.reading.chunk().await {
            Ok(piece) => piece,
            Err(error) => {
                self.stored.take().into_iter().for_each(|(store, _)| store.give_up(Outcome::Gone));
                return Err(error);
            }
        };
        if let Some((store, mut bytes)) = self.stored.take() {
            match &piece {
                None => store.finish(bytes.into_boxed_slice().into(), self.reading.trailers.clone()),
                Some(piece) if bytes.len() + piece.len() > store.largest() => store.give_up(Outcome::Unshared),
                Some(piece) => {
                    // A copy: what comes is a part of larger buffers, which would stay as long as it does.
                    bytes.extend_from_slice(piece);
                    self.stored = Some((store, bytes));
                }
            }
        }
        Ok(piece)
    }
}
