//! One of several equal calls goes out, the others wait for what it brings.
//!
//! Whoever waits helps: it reads the answer's body on, into what is to be stored, so that a leader who does not read cannot hold
//! it up. A leader that goes away, or whose answer cannot be shared, lets all others go at once.

use super::key::Key;
use crate::body::Filling;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use tokio::sync::watch;

/// The flights of a kernel, by what they bring.
#[derive(Default)]
pub(super) struct Flights(Mutex<HashMap<Key, watch::Receiver<Stage>>>);

/// Where a flight stands.
#[derive(Clone)]
enum Stage {
    /// There is no answer yet, or nobody knows whether it is to be stored.
    Waiting,
    /// The body of an answer that is to be stored arrives.
    Arriving(Weak<Filling>),
    Ended(Outcome),
}

/// How a flight ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Its answer is stored.
    Stored,
    /// Its answer is the leader's alone.
    Unshared,
    /// The leader went away or failed.
    Gone,
}

/// The leader's side. Dropping it ends the flight.
pub(crate) struct Flight {
    key: Key,
    flights: Arc<Flights>,
    stage: watch::Sender<Stage>,
}

/// A place in a flight.
pub(crate) enum Place {
    Leader(Arc<Flight>),
    Follower(Follower),
}

/// Somebody who waits.
pub(crate) struct Follower(watch::Receiver<Stage>);

impl Flights {
    /// Joins the flight of a key, or begins it.
    pub fn join(self: &Arc<Self>, key: &Key) -> Place {
        let mut flying = self.flying();
        if let Some(stage) = flying.get(key) {
            return Place::Follower(Follower(stage.clone()));
        }
        let (sender, receiver) = watch::channel(Stage::Waiting);
        flying.insert(key.clone(), receiver);
        Place::Leader(Arc::new(Flight { key: key.clone(), flights: Arc::clone(self), stage: sender }))
    }

    fn flying(&self) -> MutexGuard<'_, HashMap<Key, watch::Receiver<Stage>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Flight {
    /// The answer is to be stored: from now on others read it along.
    pub fn arrives(&self, filling: &Arc<Filling>) {
        self.stage.send_if_modified(|stage| {
            let waits = matches!(stage, Stage::Waiting);
            if waits {
                *stage = Stage::Arriving(Arc::downgrade(filling));
            }
            waits
        });
    }

    /// Ends it; the first end counts.
    pub fn end(&self, outcome: Outcome) {
        if matches!(*self.stage.borrow(), Stage::Ended(_)) {
            return;
        }
        // Nobody may join what has ended.
        let own = self.stage.subscribe();
        let mut flying = self.flights.flying();
        if flying.get(&self.key).is_some_and(|other| other.same_channel(&own)) {
            flying.remove(&self.key);
        }
        drop(flying);
        self.stage.send_if_modified(|stage| {
            let open = !matches!(stage, Stage::Ended(_));
            if open {
                *stage = Stage::Ended(outcome);
            }
            open
        });
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.end(Outcome::Gone);
    }
}

impl Follower {
    /// Waits for the end, and helps towards it.
    pub async fn outcome(mut self) -> Outcome {
        loop {
            let stage = self.0.borrow_and_update().clone();
            let arriving = match stage {
                Stage::Ended(outcome) => return outcome,
                Stage::Arriving(filling) => filling.upgrade(),
                Stage::Waiting => None,
            };
            let changed = match arriving {
                None => self.0.changed().await,
                Some(filling) => tokio::select! {
                    changed = self.0.changed() => changed,
                    // Read to its end it has ended the flight, and the next look finds that.
                    () = filling.read_on() => Ok(()),
                },
            };
            if changed.is_err() && !matches!(*self.0.borrow(), Stage::Ended(_)) {
                return Outcome::Gone;
            }
        }
    }
}
