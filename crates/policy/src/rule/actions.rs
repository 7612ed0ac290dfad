//! What a rule does beside allowing: how often, how long and how much, and what follows a failure.
//!
//! Plain data with its bounds; the kernel acts on it. All of it is part of the rule's version.

use super::RuleSpec;
use super::methods::Methods;
use super::spec::list;
use std::fmt::Write;
use std::time::Duration;

/// The most tries of one request.
const MOST_ATTEMPTS: u8 = 5;
/// The longest time that a rule may name: that of the longest invocation.
const MOST_TIME: Duration = Duration::from_secs(900);
/// The longest wait before a try.
const MOST_BACKOFF: Duration = Duration::from_secs(60);
/// The longest wait for a rate.
const MOST_RATE_WAIT: Duration = Duration::from_secs(60);
/// The most calls of a rate and its burst: a bucket counts them in nanoseconds of a day.
const MOST_CALLS: u32 = 1_000_000;

/// What a rule does beside allowing. Nothing by default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Actions {
    /// What is tried again.
    pub retry: Option<RetrySpec>,
    /// How often the rule may be used by one app.
    pub rate: Option<RateSpec>,
    /// When a failing origin is left alone. `None` is never.
    pub breaker: Option<BreakerSpec>,
    /// How long and how large a call may be. A route may say otherwise.
    pub extent: Extent,
}

/// What is tried again: each try is decided, paid for and audited as the first one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RetrySpec {
    /// Tries in all, the first one included: 1 to 5.
    pub attempts: u8,
    /// Answers after which it is tried again, beside failures of the connection: 408, 425, 429 or any 5xx.
    pub on: Vec<u16>,
    /// The bound of the wait before the second try, and the bound that the doubled ones stay under. The wait itself is random below it.
    pub backoff: (Duration, Duration),
    /// Methods that may be tried again although they are not idempotent.
    pub methods: Vec<String>,
}

impl Default for RetrySpec {
    fn default() -> Self {
        let backoff = (Duration::from_millis(200), Duration::from_secs(5));
        Self { attempts: 3, on: vec![502, 503, 504], backoff, methods: Vec::new() }
    }
}

/// How often something may happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RateSpec {
    /// Calls in a period, 1 to 1,000,000.
    pub calls: u32,
    /// The period.
    pub per: Period,
    /// Calls at once after a rest; as many as in a period without it.
    pub burst: Option<u32>,
    /// How long a call may wait for its turn. 0 is not at all.
    pub wait: Duration,
}

/// The period of a rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Period {
    /// A second, `s`.
    Second,
    /// A minute, `min`.
    Minute,
    /// An hour, `h`.
    Hour,
    /// 24 hours, `d`.
    Day,
}

impl Period {
    /// Every period with its unit, the shortest first.
    const ALL: [(Self, &'static str, u64); 4] =
        [(Self::Second, "s", 1), (Self::Minute, "min", 60), (Self::Hour, "h", 3_600), (Self::Day, "d", 86_400)];

    /// How long it is.
    #[must_use]
    pub fn time(self) -> Duration {
        Duration::from_secs(Self::ALL.iter().find(|(period, ..)| *period == self).map_or(1, |(.., seconds)| *seconds))
    }

    fn unit(self) -> &'static str {
        Self::ALL.iter().find(|(period, ..)| *period == self).map_or("s", |(_, unit, _)| unit)
    }
}

impl RateSpec {
    /// Reads calls and a period, for example `60/min`.
    ///
    /// # Errors
    /// What is wrong with the text, in words.
    pub fn read(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no rate; write calls and a period (s, min, h, d), for example \"60/min\"");
        let (calls, unit) = text.split_once('/').ok_or_else(wrong)?;
        let plain = calls.bytes().all(|b| b.is_ascii_digit()) && !calls.starts_with('0');
        let calls = calls.parse().ok().filter(|_| plain).ok_or_else(wrong)?;
        let (per, ..) = Period::ALL.into_iter().find(|(_, name, _)| *name == unit).ok_or_else(wrong)?;
        Ok(Self { calls, per, burst: None, wait: Duration::ZERO })
    }
}

/// When a failing origin is left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct BreakerSpec {
    /// Failures in a row after which it is: connections that fail, and answers of 5xx. 1 to 1,000.
    pub failures: u32,
    /// How long, until one call may try it.
    pub open: Duration,
}

impl Default for BreakerSpec {
    fn default() -> Self {
        Self { failures: 5, open: Duration::from_secs(30) }
    }
}

/// How long and how large a call may be. `None` is what holds without the rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Extent {
    /// The time from a hop's beginning to the end of its response, with all tries and the waits between them.
    pub timeout: Option<Duration>,
    /// Bytes of the response's body; of what comes, and of what it is decoded to.
    pub max_response: Option<u64>,
}

impl Extent {
    /// What holds where the inner one says nothing.
    #[must_use]
    pub fn or(self, outer: Self) -> Self {
        Self { timeout: self.timeout.or(outer.timeout), max_response: self.max_response.or(outer.max_response) }
    }

    /// The keys with their values, as a manifest writes them.
    pub(super) fn entries(&self) -> Vec<String> {
        let timeout = self.timeout.map(|time| format!("timeout = {}", duration(time)));
        timeout.into_iter().chain(self.max_response.map(|bytes| format!("max_response = \"{bytes}B\""))).collect()
    }

    /// What is wrong with it, below a prefix of the keys' names.
    pub(super) fn faults(&self, prefix: &str) -> Vec<super::FieldFault> {
        let time = self.timeout.and_then(|time| timed(&format!("{prefix}timeout"), time, Duration::from_millis(1), MOST_TIME));
        let empty = self.max_response == Some(0);
        let none = empty.then(|| (format!("{prefix}max_response"), "a response of 0 bytes is none; write at least \"1B\"".to_owned()));
        time.into_iter().chain(none).collect()
    }
}

impl Actions {
    /// The keys with their values, one a line.
    pub(super) fn to_toml(&self) -> String {
        let mut out = String::new();
        if let Some(RetrySpec { attempts, on, backoff: (first, most), methods }) = &self.retry {
            let on = on.iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
            let methods = if methods.is_empty() { String::new() } else { format!(", methods = {}", list(methods)) };
            let backoff = format!("\"{}..{}\"", bare(*first), bare(*most));
            let _ = writeln!(out, "retry = {{ attempts = {attempts}, on = [{on}], backoff = {backoff}{methods} }}");
        }
        if let Some(RateSpec { calls, per, burst, wait }) = self.rate {
            let _ = writeln!(out, "rate = \"{calls}/{}\"", per.unit());
            let _ = burst.map(|burst| writeln!(out, "burst = {burst}"));
            let _ = (!wait.is_zero()).then(|| writeln!(out, "rate_wait = {}", duration(wait)));
        }
        if let Some(BreakerSpec { failures, open }) = self.breaker {
            let _ = writeln!(out, "breaker = {{ failures = {failures}, open = {} }}", duration(open));
        }
        self.extent.entries().iter().for_each(|entry| _ = writeln!(out, "{entry}"));
        out
    }

    /// Whether the rule does nothing beside allowing.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// What is wrong with the actions of a rule.
pub(super) fn faults(spec: &RuleSpec) -> Vec<super::FieldFault> {
    let actions = &spec.actions;
    if spec.deny && !actions.is_none() {
        let first = actions.to_toml().split(' ').next().unwrap_or_default().to_owned();
        return vec![(first, "a deny rule sends nothing; remove one of the two".to_owned())];
    }
    let mut faults = actions.extent.faults("");
    faults.extend(actions.retry.iter().flat_map(retry_faults));
    faults.extend(actions.rate.iter().flat_map(rate_faults));
    if let Some(BreakerSpec { failures, open }) = actions.breaker {
        faults.extend(ranged("breaker.failures", failures, 1_000));
        faults.extend(timed("breaker.open", open, Duration::from_millis(1), MOST_TIME));
    }
    faults
}

fn retry_faults(retry: &RetrySpec) -> Vec<super::FieldFault> {
    let mut faults = Vec::new();
    faults.extend(ranged("retry.attempts", retry.attempts.into(), MOST_ATTEMPTS.into()));
    if let Some(status) = retry.on.iter().find(|status| !matches!(status, 408 | 425 | 429 | 500..=599)) {
        faults
            .push(("retry.on".to_owned(), format!("{status} is no answer to try again after; write 408, 425, 429 or one from 500 to 599")));
    }
    let (first, most) = retry.backoff;
    faults
        .extend(timed("retry.backoff", first, Duration::ZERO, MOST_BACKOFF).or_else(|| timed("retry.backoff", most, first, MOST_BACKOFF)));
    faults.extend(Methods::parse(&retry.methods).err().map(|words| ("retry.methods".to_owned(), words)));
    faults
}

fn rate_faults(rate: &RateSpec) -> Vec<super::FieldFault> {
    let wait = timed("rate_wait", rate.wait, Duration::ZERO, MOST_RATE_WAIT);
    ranged("rate", rate.calls, MOST_CALLS)
        .into_iter()
        .chain(rate.burst.and_then(|burst| ranged("burst", burst, MOST_CALLS)))
        .chain(wait)
        .collect()
}

fn ranged(field: &str, number: u32, most: u32) -> Option<super::FieldFault> {
    (!(1..=most).contains(&number)).then(|| (field.to_owned(), format!("{number} is out of range; write a number from 1 to {most}")))
}

/// A time that is written in whole milliseconds.
fn timed(field: &str, time: Duration, least: Duration, most: Duration) -> Option<super::FieldFault> {
    let fits = (least..=most).contains(&time) && time.subsec_nanos().is_multiple_of(1_000_000);
    (!fits).then(|| (field.to_owned(), format!("{time:?} is out of range; write from {} to {}", bare(least), bare(most))))
}

fn duration(time: Duration) -> String {
    format!("\"{}\"", bare(time))
}

fn bare(time: Duration) -> String {
    if time.subsec_nanos() == 0 { format!("{}s", time.as_secs()) } else { format!("{}ms", time.as_millis()) }
}

#[cfg(test)]
mod tests;
