//! Rates over calls: of all apps, of an app, of an app towards the names of one owner or under one rule; and of an app's
//! refusals.
//!
//! A call takes from all of them or from none. Only buckets that are not full are kept, and of the names of one app a bounded
//! number: what is beyond it shares a bucket.

use super::bucket::{Bucket, Lack, Rate};
use super::limits::Rates as Limits;
use crate::error::{RateScope, Reason};
use egret_policy::RuleVersion;
use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::time::Instant;

/// Names of one app with a bucket of their own. Who calls more of them at once than this is held to one rate for the rest.
const NAMES: usize = 16_384;
/// Buckets from which on it is looked whether some are full.
const FEW: usize = 1_024;

/// The rates of a kernel.
pub(super) struct Rates {
    began: Instant,
    /// Whether the kernel's own limits have a rate for calls: where none has, calls need no lock.
    is_on: AtomicBool,
    state: Mutex<State>,
}

struct State {
    limits: Limits,
    all: Option<Bucket>,
    apps: Buckets<Arc<str>>,
    refusals: Buckets<Arc<str>>,
    rules: Buckets<(Arc<str>, RuleVersion)>,
    names: HashMap<Arc<str>, Buckets<Box<str>>>,
}

/// What a call is held to: the narrower of what the kernel and its app say.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Own {
    pub app: Option<Rate>,
    pub domain: Option<Rate>,
    /// What its rule says, under that version of it.
    pub rule: Option<(Rate, RuleVersion)>,
}

impl Own {
    fn is_none(&self) -> bool {
        self.app.is_none() && self.domain.is_none() && self.rule.is_none()
    }
}

impl Rates {
    pub fn new(limits: Limits) -> Self {
        let state =
            State { limits, all: None, apps: Buckets::new(), refusals: Buckets::new(), rules: Buckets::new(), names: HashMap::new() };
        Self { began: Instant::now(), is_on: AtomicBool::new(limits.has_any()), state: Mutex::new(state) }
    }

    pub fn set(&self, limits: Limits) {
        self.state().limits = limits;
        self.is_on.store(limits.has_any(), Ordering::Release);
    }

    /// Takes a call of an app towards a name of one owner: from every rate, or from none.
    pub fn take<'a>(&self, app: &Arc<str>, own: Own, site: impl FnOnce() -> Cow<'a, str>) -> Result<(), Reason> {
        if !self.is_on.load(Ordering::Acquire) && own.is_none() {
            return Ok(());
        }
        let mut state = self.state();
        let now = self.now();
        state.take(app, own, site, now)
    }

    /// Takes a refusal of an app.
    pub fn refuse(&self, app: &Arc<str>) -> Result<(), Reason> {
        let mut state = self.state();
        let Some(rate) = state.limits.refusals else { return Ok(()) };
        let bucket = state.refusals.of(app, rate, self.now());
        match bucket.lacks() {
            Some(lack) => Err(Reason::Rate(RateScope::Refusals, lack.time())),
            None => {
                bucket.take();
                Ok(())
            }
        }
    }

    /// Drops what is full, of apps that are gone too.
    pub fn sweep(&self) {
        let mut state = self.state();
        let now = self.now();
        state.apps.sweep(now);
        state.refusals.sweep(now);
        state.rules.sweep(now);
        state.names.values_mut().for_each(|names| names.sweep(now));
        state.names.retain(|_, names| !names.0.is_empty());
    }

    /// Buckets that are kept.
    pub fn kept(&self) -> usize {
        self.state().kept()
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn kept(&self) -> usize {
        self.apps.0.len() + self.refusals.0.len() + self.rules.0.len() + self.names.values().map(|names| names.0.len()).sum::<usize>()
    }

    fn take<'a>(&mut self, app: &Arc<str>, own: Own, site: impl FnOnce() -> Cow<'a, str>, now: u64) -> Result<(), Reason> {
        let limits = self.limits;
        let narrow = |one: Option<Rate>, other: Option<Rate>| one.into_iter().chain(other).reduce(Rate::narrower);
        let all = limits.all.map(|rate| {
            let bucket = self.all.get_or_insert_with(|| Bucket::full(rate, now));
            bucket.bring(rate, now);
            bucket
        });
        let of_app = narrow(limits.app, own.app).map(|rate| self.apps.of(app, rate, now));
        let of_name = narrow(limits.domain, own.domain).map(|rate| {
            if !self.names.contains_key(app) {
                self.names.insert(Arc::clone(app), Buckets::new());
            }
            self.names.get_mut(app).and_then(|names| names.of_name(&site(), rate, now))
        });
        let of_rule = own.rule.map(|(rate, version)| self.rules.of(&(Arc::clone(app), version), rate, now));
        let mut taken =
            [(RateScope::Global, all), (RateScope::App, of_app), (RateScope::Domain, of_name.flatten()), (RateScope::Rule, of_rule)];
        // The longest wait is the true one: before it, another would refuse.
        let lacks = |(scope, bucket): &(RateScope, Option<&mut Bucket>)| Some((bucket.as_ref()?.lacks()?, *scope));
        if let Some((lack, scope)) = taken.iter().filter_map(lacks).max_by_key(|(lack, _)| *lack) {
            return Err(Reason::Rate(scope, Lack::time(lack)));
        }
        taken.iter_mut().filter_map(|(_, bucket)| bucket.as_mut()).for_each(|bucket| bucket.take());
        Ok(())
    }
}

/// Buckets by name, with the number of them at which it is looked again whether some are full.
struct Buckets<K>(HashMap<K, Bucket>, usize);

impl<K: Eq + Hash> Buckets<K> {
    fn new() -> Self {
        Self(HashMap::new(), FEW)
    }

    /// Looks when there are many: each look is paid for by as many calls as it looks at buckets.
    fn tidy(&mut self, now: u64) {
        if self.0.len() >= self.1 {
            self.sweep(now);
        }
    }

    /// Drops what is full.
    fn sweep(&mut self, now: u64) {
        self.0.retain(|_, bucket| !bucket.is_full(now));
        self.0.shrink_to(FEW);
        self.1 = (self.0.len() * 2).max(FEW);
    }
}

impl<K: Eq + Hash + Clone> Buckets<K> {
    fn of(&mut self, key: &K, rate: Rate, now: u64) -> &mut Bucket {
        self.tidy(now);
        let bucket = self.0.entry(key.clone()).or_insert_with(|| Bucket::full(rate, now));
        bucket.bring(rate, now);
        bucket
    }
}

impl Buckets<Box<str>> {
    fn of_name(&mut self, name: &str, rate: Rate, now: u64) -> Option<&mut Bucket> {
        self.tidy(now);
        let name = if self.0.contains_key(name) || self.0.len() < NAMES { name } else { "" };
        if !self.0.contains_key(name) {
            self.0.insert(name.into(), Bucket::full(rate, now));
        }
        let bucket = self.0.get_mut(name)?;
        bucket.bring(rate, now);
        Some(bucket)
    }
}

#[cfg(test)]
mod tests;
