//! What one app may spend in a day, from midnight to midnight UTC, over all of its invocations.

use crate::error::{Limit, Reason};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

const DAY: Duration = Duration::from_secs(86_400);

/// The account of one app for the present day. Clones are the same account. It counts also while nothing bounds it, so that a bound
/// that is set at noon counts the morning too.
#[derive(Clone)]
pub struct Quota(Arc<Account>);

/// How much an app may spend in a day. Nothing is bounded by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Daily {
    /// Calls.
    pub calls: Option<u64>,
    /// Bytes of all bodies and messages, in both directions, as they are on the way.
    pub bytes: Option<u64>,
}

/// What an app has spent today.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Today {
    /// Calls.
    pub calls: u64,
    /// Bytes.
    pub bytes: u64,
}

struct Account {
    clock: Box<dyn Fn() -> SystemTime + Send + Sync>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    daily: Daily,
    /// Days since 1970.
    day: u64,
    today: Today,
}

impl Quota {
    /// An account of an app that has spent so much today already: before this process began.
    #[must_use]
    pub fn new(daily: Daily, today: Today) -> Self {
        Self::by(SystemTime::now, daily, today)
    }

    fn by(clock: impl Fn() -> SystemTime + Send + Sync + 'static, daily: Daily, today: Today) -> Self {
        let state = Mutex::new(State { daily, day: since_1970(clock()).0, today });
        Self(Arc::new(Account { clock: Box::new(clock), state }))
    }

    /// Bounds it otherwise from now on.
    pub fn set(&self, daily: Daily) {
        self.state().0.daily = daily;
    }

    /// What has been spent today.
    #[must_use]
    pub fn today(&self) -> Today {
        self.state().0.today
    }

    /// Takes a call, or says when the next day begins.
    pub(super) fn call(&self) -> Result<(), Reason> {
        let (mut state, left) = self.state();
        match state.daily.calls {
            Some(most) if state.today.calls >= most => Err(Reason::Limit(Limit::CallsToday(most), Some(left))),
            Some(_) | None => {
                state.today.calls += 1;
                Ok(())
            }
        }
    }

    /// Gives back a call that was none.
    pub(super) fn uncall(&self) {
        let (mut state, _) = self.state();
        state.today.calls = state.today.calls.saturating_sub(1);
    }

    /// Whether so many bytes could still be spent today.
    pub(super) fn affords(&self, bytes: u64) -> Result<(), Reason> {
        let (state, left) = self.state();
        state.fits(bytes, left).map(drop)
    }

    /// Takes bytes: all of them, or none if they are too many.
    pub(super) fn spend(&self, bytes: u64) -> Result<(), Reason> {
        let (mut state, left) = self.state();
        state.today.bytes = state.fits(bytes, left)?;
        Ok(())
    }

    /// Gives back bytes that did not go out.
    pub(super) fn unspend(&self, bytes: u64) {
        let (mut state, _) = self.state();
        state.today.bytes = state.today.bytes.saturating_sub(bytes);
    }

    /// The state as of today, and how long the day has left. A clock that is set back begins no new day.
    fn state(&self) -> (MutexGuard<'_, State>, Duration) {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (day, left) = since_1970((self.0.clock)());
        if day > state.day {
            (state.day, state.today) = (day, Today::default());
        }
        (state, left)
    }
}

impl State {
    /// What would have been spent with so many bytes more.
    fn fits(&self, bytes: u64, left: Duration) -> Result<u64, Reason> {
        let sum = self.today.bytes.saturating_add(bytes);
        match self.daily.bytes {
            Some(most) if sum > most => Err(Reason::Limit(Limit::BytesToday(most), Some(left))),
            Some(_) | None => Ok(sum),
        }
    }
}

impl Default for Quota {
    fn default() -> Self {
        Self::new(Daily::default(), Today::default())
    }
}

impl fmt::Debug for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Quota").field("today", &self.today()).finish_non_exhaustive()
    }
}

/// Whole days since 1970 (UTC), and how long the present one has left.
fn since_1970(time: SystemTime) -> (u64, Duration) {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let days = since.as_secs() / DAY.as_secs();
    (days, DAY.saturating_sub(since.saturating_sub(Duration::from_secs(days * DAY.as_secs()))))
}

#[cfg(test)]
mod tests;
