//! One token bucket, in whole numbers: no token is lost to rounding, and none is made by it. It has no clock: whoever asks says
//! what time it is.

use egret_policy::RateSpec;
use std::time::Duration;

/// How often something may happen: so many calls in a period, and so many at once after a rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Calls in a period. 0 lets nothing through beyond the first burst.
    pub calls: u32,
    /// The period. One of zero counts as a nanosecond.
    pub period: Duration,
    /// Calls that may come at once when none came for long. 0 lets nothing through.
    pub burst: u32,
}

impl Rate {
    /// So many calls a second, as many of them at once.
    #[must_use]
    pub const fn per_second(calls: u32) -> Self {
        Self { calls, period: Duration::from_secs(1), burst: calls }
    }

    /// The rate of a rule; without a burst, as many at once as in a period.
    pub(super) fn of(spec: RateSpec) -> Self {
        Self { calls: spec.calls, period: spec.per.time(), burst: spec.burst.unwrap_or(spec.calls) }
    }

    /// Neither more often nor more at once than either of two allows.
    #[must_use]
    pub fn narrower(self, other: Self) -> Self {
        let slower = if u128::from(self.calls) * other.nanos() <= u128::from(other.calls) * self.nanos() { self } else { other };
        Self { burst: self.burst.min(other.burst), ..slower }
    }

    /// What a call costs: each nanosecond brings `calls`, so a period brings what so many calls cost.
    fn nanos(&self) -> u128 {
        self.period.as_nanos().max(1)
    }

    fn most(&self) -> u128 {
        u128::from(self.burst) * self.nanos()
    }
}

/// How full a bucket is, at a time in nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bucket {
    rate: Rate,
    /// In units of which a call costs as many as its period has nanoseconds.
    level: u128,
    at: u64,
}

impl Bucket {
    pub fn full(rate: Rate, now: u64) -> Self {
        Self { rate, level: rate.most(), at: now }
    }

    /// Brings it to the present, and under another rate if there is one: what a call would have been stays one.
    pub fn bring(&mut self, rate: Rate, now: u64) {
        // Clocks that are read by several may be seen out of order: the time that was seen is not given twice.
        let passed = u128::from(now.saturating_sub(self.at)) * u128::from(self.rate.calls);
        self.at = self.at.max(now);
        self.level = self.level.saturating_add(passed).min(self.rate.most());
        if rate != self.rate {
            let (calls, rest) = (self.level / self.rate.nanos(), self.level % self.rate.nanos());
            let part = if rest == 0 { 0 } else { rest.saturating_mul(rate.nanos()) / self.rate.nanos() };
            self.level = calls.saturating_mul(rate.nanos()).saturating_add(part.min(rate.nanos())).min(rate.most());
            self.rate = rate;
        }
    }

    /// What is missing for a call: `None` for nothing, else when it is there if nobody takes it, which may be never.
    pub fn lacks(&self) -> Option<Lack> {
        let missing = self.rate.nanos().saturating_sub(self.level);
        if missing == 0 {
            return None;
        }
        if self.rate.calls == 0 || self.rate.burst == 0 {
            return Some(Lack::Forever);
        }
        let wait = missing.div_ceil(u128::from(self.rate.calls));
        Some(Lack::For(Duration::from_nanos(u64::try_from(wait).unwrap_or(u64::MAX))))
    }

    /// Takes a call, which must be there.
    pub fn take(&mut self) {
        self.level = self.level.saturating_sub(self.rate.nanos());
    }

    /// Whether it says nothing that a fresh one would not.
    pub fn is_full(&self, now: u64) -> bool {
        let mut then = *self;
        then.bring(self.rate, now);
        then.level == self.rate.most()
    }
}

/// How long a token is missing; the longer one is the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lack {
    For(Duration),
    Forever,
}

impl Lack {
    pub fn time(self) -> Option<Duration> {
        match self {
            Self::For(time) => Some(time),
            Self::Forever => None,
        }
    }
}

#[cfg(test)]
mod tests;
