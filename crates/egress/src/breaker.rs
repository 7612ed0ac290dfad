//! Which origins are left alone for a while because they fail: per app, since one app's failures may be its own doing.
//!
//! Only calls of rules that ask for it count. Only origins that fail are remembered; where none does, calls cost a look at one counter.
//! Failures in a row open the breaker, after its time one call may try the origin (the probe), and what comes of that closes or opens it
//! again. There is none by default: who has just started the other side would wait for nothing.

use crate::error::Reason;
use egret_policy::{BreakerSpec, Host, Scheme, Target};
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Failing origins of one app that are remembered. A guest may choose names; those beyond are called as if nothing were.
const ORIGINS: usize = 1_024;
/// How long a failing origin is remembered that nobody calls.
const MEMORY: Duration = Duration::from_secs(3_600);

/// The breakers of a kernel.
#[derive(Default)]
pub(crate) struct Breakers {
    /// How many origins are remembered.
    failing: AtomicUsize,
    apps: Mutex<HashMap<Arc<str>, HashMap<Origin, Failing>>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Origin(Scheme, Host, u16);

/// An origin whose last answer was a failure.
struct Failing {
    state: State,
    since: Instant,
}

#[derive(Clone, Copy)]
enum State {
    /// So many failures in a row, too few yet.
    Closed(u32),
    /// Left alone until then; from then on the next call is the probe.
    Open(Instant),
    /// A probe is under way.
    Probing,
}

/// What a try says of its origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It answered.
    Works,
    /// It did not, or with a failure that counts.
    Fails,
    /// Nothing: the try never came to it, or was given up.
    Nothing,
}

/// The one call that may try an open breaker's origin. Dropped without a verdict it gives its place back.
pub(crate) struct Probe {
    breakers: Arc<Breakers>,
    app: Arc<str>,
    origin: Option<Origin>,
}

impl Verdict {
    /// What an answer or a reason says.
    pub fn of(status: Result<u16, &Reason>) -> Self {
        match status {
            Ok(500..) => Self::Fails,
            Ok(_) => Self::Works,
            Err(reason) if reason.is_of_the_connection() => Self::Fails,
            Err(_) => Self::Nothing,
        }
    }
}

impl Breakers {
    /// Lets a call through to its origin, as its probe if the breaker has been open for its time.
    pub fn enter(self: &Arc<Self>, app: &Arc<str>, target: &Target, spec: BreakerSpec) -> Result<Option<Probe>, Reason> {
        if self.is_idle() { Ok(None) } else { self.enter_at(Instant::now(), app, target, spec) }
    }

    fn enter_at(self: &Arc<Self>, now: Instant, app: &Arc<str>, target: &Target, spec: BreakerSpec) -> Result<Option<Probe>, Reason> {
        let origin = Origin::of(target);
        let mut apps = self.apps();
        let Some(failing) = apps.get_mut(app).and_then(|origins| origins.get_mut(&origin)) else { return Ok(None) };
        let after = match failing.state {
            State::Closed(_) => return Ok(None),
            State::Open(until) if until <= now => {
                *failing = Failing { state: State::Probing, since: now };
                return Ok(Some(Probe { breakers: Arc::clone(self), app: Arc::clone(app), origin: Some(origin) }));
            }
            State::Open(until) => until - now,
            State::Probing => spec.open,
        };
        Err(Reason::Breaker(target.host().to_string(), after))
    }

    /// Whether a call would be refused now.
    pub fn is_open(&self, app: &Arc<str>, target: &Target) -> bool {
        if self.is_idle() {
            return false;
        }
        let apps = self.apps();
        let failing = apps.get(app).and_then(|origins| origins.get(&Origin::of(target)));
        failing.is_some_and(|failing| match failing.state {
            State::Closed(_) => false,
            State::Open(until) => Instant::now() < until,
            State::Probing => true,
        })
    }

    /// Whether no origin fails: then there is nothing to ask and, for an answer, nothing to say.
    pub fn is_idle(&self) -> bool {
        self.failing.load(Ordering::Relaxed) == 0
    }

    /// Takes what came of a call that was let through.
    pub fn ended(&self, app: &Arc<str>, target: &Target, spec: BreakerSpec, probe: Option<Probe>, verdict: Verdict) {
        match verdict {
            Verdict::Nothing => {}
            Verdict::Works if self.is_idle() => {}
            Verdict::Works | Verdict::Fails => self.ended_at(Instant::now(), app, target, spec, (probe, verdict == Verdict::Works)),
        }
    }

    fn ended_at(&self, now: Instant, app: &Arc<str>, target: &Target, spec: BreakerSpec, (probe, works): (Option<Probe>, bool)) {
        let was_probe = probe.and_then(|mut probe| probe.origin.take()).is_some();
        let mut apps = self.apps();
        if works {
            let forgotten = apps.get_mut(app).and_then(|origins| origins.remove(&Origin::of(target)));
            self.failing.fetch_sub(usize::from(forgotten.is_some()), Ordering::Relaxed);
            return;
        }
        let origins = apps.entry(Arc::clone(app)).or_default();
        self.fails(now, origins, Origin::of(target), (spec, was_probe));
    }

    fn fails(&self, now: Instant, origins: &mut HashMap<Origin, Failing>, origin: Origin, (spec, was_probe): (BreakerSpec, bool)) {
        if !origins.contains_key(&origin) {
            if origins.len() >= ORIGINS {
                return;
            }
            self.failing.fetch_add(1, Ordering::Relaxed);
        }
        let failing = origins.entry(origin).or_insert(Failing { state: State::Closed(0), since: now });
        failing.state = match failing.state {
            State::Probing if was_probe => State::Open(now + spec.open),
            State::Closed(before) if before + 1 >= spec.failures => State::Open(now + spec.open),
            State::Closed(before) => State::Closed(before + 1),
            // What began before it opened says nothing new.
            State::Open(_) | State::Probing => return,
        };
        failing.since = now;
    }

    /// Forgets what nobody has called for long.
    pub fn sweep(&self) {
        if !self.is_idle() {
            self.sweep_at(Instant::now());
        }
    }

    fn sweep_at(&self, now: Instant) {
        let mut apps = self.apps();
        for origins in apps.values_mut() {
            let before = origins.len();
            origins.retain(|_, failing| matches!(failing.state, State::Probing) || now.saturating_duration_since(failing.since) < MEMORY);
            self.failing.fetch_sub(before - origins.len(), Ordering::Relaxed);
        }
        apps.retain(|_, origins| !origins.is_empty());
    }

    fn apps(&self) -> MutexGuard<'_, HashMap<Arc<str>, HashMap<Origin, Failing>>> {
        self.apps.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Origin {
    fn of(target: &Target) -> Self {
        Self(target.scheme(), target.host().clone(), target.port())
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        let Some(origin) = self.origin.take() else { return };
        let mut apps = self.breakers.apps();
        let failing = apps.get_mut(&self.app).and_then(|origins| origins.get_mut(&origin));
        if let Some(failing) = failing.filter(|failing| matches!(failing.state, State::Probing)) {
            failing.state = State::Open(Instant::now());
        }
    }
}

#[cfg(test)]
mod tests;
