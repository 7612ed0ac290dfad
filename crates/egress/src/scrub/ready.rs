//! Scrubbers that are ready: made once for each set of secrets that some origin has, not for each response.

use super::Scrubber;
use crate::secrets::Secret;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// The scrubbers of an app's secrets as they stand.
#[derive(Default)]
pub(crate) struct Ready(Mutex<Vec<Made>>);

struct Made {
    /// The secrets that it was made of, and which of them it looks for.
    secrets: Arc<Vec<Secret>>,
    granted: Vec<usize>,
    scrubber: Arc<Scrubber>,
}

impl Ready {
    /// The scrubber for these of the secrets; `make` makes it if there is none.
    pub fn scrubber(&self, secrets: &Arc<Vec<Secret>>, granted: Vec<usize>, make: impl FnOnce() -> Scrubber) -> Arc<Scrubber> {
        let mut ready = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Those of other secrets are of no use any more; a hop that is pinned to such makes its own again.
        ready.retain(|made| Arc::ptr_eq(&made.secrets, secrets));
        if let Some(made) = ready.iter().find(|made| made.granted == granted) {
            return Arc::clone(&made.scrubber);
        }
        let scrubber = Arc::new(make());
        ready.push(Made { secrets: Arc::clone(secrets), granted, scrubber: Arc::clone(&scrubber) });
        scrubber
    }

    /// Forgets them all: their values are others now.
    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl fmt::Debug for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ready(..)")
    }
}
