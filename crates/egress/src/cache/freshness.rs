//! The law of caches (RFC 9111): what may be stored, how long it is fresh, and what may be done with it when it is not.
//!
//! Pure: times come from the caller. The point of view is that of a shared cache, although every store is one app's.

use super::control::{Control, members, seconds};
use egret_policy::CacheSpec;
use http::header::{AGE, CACHE_CONTROL, DATE, ETAG, EXPIRES, LAST_MODIFIED, PRAGMA, VARY};
use http::{HeaderMap, HeaderName, StatusCode};
use std::time::{Duration, SystemTime};

/// Statuses whose answers may be kept although nothing says so (RFC 9110, 15.1); 206 is not: parts are not kept.
const BY_DEFAULT: [u16; 11] = [200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501];

/// Further statuses whose meaning is known, where an answer demands that (`must-understand`).
const UNDERSTOOD: [u16; 15] = [302, 303, 307, 400, 401, 403, 406, 409, 411, 413, 429, 500, 502, 503, 504];

/// When an answer was asked for and when its head came.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    pub asked: SystemTime,
    pub came: SystemTime,
}

/// How long a stored answer is good, and for what.
#[derive(Clone, Debug)]
pub(super) struct Freshness {
    came: SystemTime,
    /// How old it was when it came.
    initial_age: Duration,
    /// How long it is fresh, from when it came.
    fresh: Duration,
    /// How long after that it may be used while it is asked for anew (RFC 5861, 3).
    while_revalidate: Duration,
    /// How long after that it may be used where asking failed (RFC 5861, 4).
    if_error: Duration,
    /// Whether nothing lets it be used stale.
    strict: bool,
    most: Duration,
}

/// What a request says of stored answers.
#[derive(Clone, Debug, Default)]
pub(super) struct Demand {
    pub no_store: bool,
    no_cache: bool,
    pub only_if_cached: bool,
    max_age: Option<Duration>,
    min_fresh: Option<Duration>,
    max_stale: Option<Duration>,
    if_error: Option<Duration>,
}

/// What a stored answer is good for, now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// It may be used.
    Fresh,
    /// It may be used, and is to be asked for anew meanwhile.
    StaleMeanwhile,
    /// It may be used because the request says so.
    StaleWanted,
    /// It may be used once the server said that it still holds.
    Validated,
}

/// Whether an answer may be stored at all (RFC 9111, 3). `authorized` tells whether the request carried an `Authorization`.
pub(super) fn may_store(status: StatusCode, headers: &HeaderMap, authorized: bool) -> bool {
    let control = Control::of(headers, &CACHE_CONTROL);
    let by_default = BY_DEFAULT.contains(&status.as_u16());
    let understood = by_default || UNDERSTOOD.contains(&status.as_u16());
    let must_understand = control.has("must-understand");
    if status.is_informational()
        || [StatusCode::PARTIAL_CONTENT, StatusCode::NOT_MODIFIED].contains(&status)
        || must_understand && !understood
    {
        return false;
    }
    // Who demands to be understood is, so what it says to others does not hold (RFC 9111, 5.2.2.3).
    if control.has("no-store") && !must_understand || control.has("private") || varies_by_everything(headers) {
        return false;
    }
    let for_all = control.has("public") || control.has("s-maxage");
    if authorized && !for_all && !control.has("must-revalidate") {
        return false;
    }
    for_all || control.has("max-age") || headers.contains_key(EXPIRES) || by_default
}

/// Whether an answer says that no other request can be known to get the same.
fn varies_by_everything(headers: &HeaderMap) -> bool {
    headers.get_all(VARY).iter().any(|value| members(value.as_bytes()).iter().any(|member| member == "*"))
}

/// The fields by which an answer was selected, in lower case, each once.
pub(super) fn varies_by(headers: &HeaderMap) -> Vec<HeaderName> {
    let named = headers.get_all(VARY).iter().flat_map(|value| members(value.as_bytes()));
    let mut names: Vec<HeaderName> = named.filter_map(|name| name.parse().ok()).collect();
    names.sort_by(|one, other| one.as_str().cmp(other.as_str()));
    names.dedup();
    names
}

impl Freshness {
    pub fn of(status: StatusCode, headers: &HeaderMap, times: Times, spec: CacheSpec) -> Self {
        let control = Control::of(headers, &CACHE_CONTROL);
        // Pragma has no meaning in an answer by the letter, and whoever writes it there means this.
        let no_cache = control.has("no-cache") || control.is_empty() && says_no_cache(headers);
        let initial_age = initial_age(headers, times);
        let lifetime = if no_cache { Duration::ZERO } else { lifetime(status, headers, &control, times.came, spec.heuristic) };
        let strict = no_cache || ["must-revalidate", "proxy-revalidate", "s-maxage"].iter().any(|name| control.has(name));
        let beyond = |name| control.time(name).filter(|_| !strict).unwrap_or_default().min(spec.fresh);
        Self {
            came: times.came,
            initial_age,
            fresh: lifetime.saturating_sub(initial_age).min(spec.fresh),
            while_revalidate: beyond("stale-while-revalidate"),
            if_error: beyond("stale-if-error"),
            strict,
            most: spec.fresh,
        }
    }

    /// What goes into `Age` (RFC 9111, 4.2.3).
    pub fn age(&self, now: SystemTime) -> Duration {
        self.initial_age.saturating_add(self.resident(now))
    }

    /// Whether it is fresh when it comes: only then is it worth waiting for by others.
    pub fn begins_fresh(&self) -> bool {
        self.fresh > Duration::ZERO
    }

    /// Whether anything but a validation ever lets it be used.
    pub fn is_of_use(&self) -> bool {
        self.begins_fresh() || self.while_revalidate > Duration::ZERO || self.if_error > Duration::ZERO
    }

    pub fn judge(&self, demand: &Demand, now: SystemTime) -> Use {
        // No age at all is a way to ask for what holds now, whatever the resolution of clocks.
        let too_old = demand.max_age.is_some_and(|most| most.is_zero() || self.age(now) > most);
        if demand.no_cache || too_old {
            return Use::Validated;
        }
        let resident = self.resident(now);
        if resident < self.fresh {
            let left = self.fresh - resident;
            return if demand.min_fresh.is_some_and(|least| left < least) { Use::Validated } else { Use::Fresh };
        }
        let stale = resident - self.fresh;
        let wanted = demand.max_stale.is_some_and(|most| stale <= most.min(self.most)) && !self.strict;
        match () {
            () if demand.min_fresh.is_some() => Use::Validated,
            () if wanted => Use::StaleWanted,
            () if stale < self.while_revalidate => Use::StaleMeanwhile,
            () => Use::Validated,
        }
    }

    /// Whether it may stand in for an answer that failed.
    pub fn serves_error(&self, demand: &Demand, now: SystemTime) -> bool {
        let wished = demand.if_error.filter(|_| !self.strict).unwrap_or_default().min(self.most);
        !demand.no_cache && self.resident(now).saturating_sub(self.fresh) < self.if_error.max(wished)
    }

    fn resident(&self, now: SystemTime) -> Duration {
        now.duration_since(self.came).unwrap_or_default()
    }
}

impl Demand {
    pub fn of(headers: &HeaderMap) -> Self {
        let control = Control::of(headers, &CACHE_CONTROL);
        Self {
            no_store: control.has("no-store"),
            no_cache: control.has("no-cache") || control.is_empty() && says_no_cache(headers),
            only_if_cached: control.has("only-if-cached"),
            max_age: control.time("max-age"),
            min_fresh: control.time("min-fresh"),
            max_stale: control.any_time("max-stale"),
            if_error: control.time("stale-if-error"),
        }
    }

    /// The same, and nothing is used that the server was not asked about.
    pub fn and_validate(mut self) -> Self {
        self.no_cache = true;
        self
    }
}

fn says_no_cache(headers: &HeaderMap) -> bool {
    Control::of(headers, &PRAGMA).has("no-cache")
}

/// RFC 9111, 4.2.1; where nothing is said, and it is asked for, a tenth of the time since the last change (4.2.2).
fn lifetime(status: StatusCode, headers: &HeaderMap, control: &Control, came: SystemTime, heuristic: bool) -> Duration {
    if let Some(said) = control.time("s-maxage").or_else(|| control.time("max-age")) {
        return said;
    }
    let date = one(headers, &DATE).and_then(date).unwrap_or(came);
    if headers.contains_key(EXPIRES) {
        // What is no date, or said twice, has passed (RFC 9111, 5.3).
        let expires = one(headers, &EXPIRES).and_then(self::date);
        return expires.and_then(|expires| expires.duration_since(date).ok()).unwrap_or_default();
    }
    let may_guess = heuristic && (BY_DEFAULT.contains(&status.as_u16()) || control.has("public"));
    let changed = one(headers, &LAST_MODIFIED).and_then(self::date).filter(|_| may_guess);
    changed.and_then(|changed| date.duration_since(changed).ok()).unwrap_or_default() / 10
}

/// RFC 9111, 4.2.3: the larger of what the server's clock and what the caches on the way say.
fn initial_age(headers: &HeaderMap, times: Times) -> Duration {
    let apparent = one(headers, &DATE).and_then(date).and_then(|date| times.came.duration_since(date).ok()).unwrap_or_default();
    let said = headers.get(AGE).and_then(|value| members(value.as_bytes()).first().and_then(|first| seconds(first))).unwrap_or_default();
    let delay = times.came.duration_since(times.asked).unwrap_or_default();
    // Dates have whole seconds: what came within the second of its making is not old.
    Duration::from_secs(apparent.as_secs()).max(said.saturating_add(delay))
}

/// The value of a field that may stand once.
fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    values.all(|other| other == first).then(|| first.to_str().ok()).flatten()
}

/// A date in one of the forms of HTTP (RFC 9110, 5.6.7).
pub(super) fn date(text: &str) -> Option<SystemTime> {
    httpdate::parse_http_date(text.trim()).ok()
}

/// Whether there is anything by which the server can tell whether an answer still holds.
pub(super) fn has_validator(headers: &HeaderMap) -> bool {
    headers.contains_key(ETAG) || headers.contains_key(LAST_MODIFIED)
}
