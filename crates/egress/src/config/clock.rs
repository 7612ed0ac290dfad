//! The clock by which stored answers age: the machine's, or a test's own.

use std::sync::Arc;
use std::time::SystemTime;

/// A clock. It is the machine's unless it is made of something else.
#[derive(Clone, Default)]
pub struct Clock(Option<Arc<dyn Fn() -> SystemTime + Send + Sync>>);

impl Clock {
    /// A clock that shows what a function gives.
    #[must_use]
    pub fn of(now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(now)))
    }

    pub(crate) fn now(&self) -> SystemTime {
        self.0.as_ref().map_or_else(SystemTime::now, |now| now())
    }
}
