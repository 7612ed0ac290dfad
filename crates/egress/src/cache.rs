//! Answers that are used again, where a rule says `cache` (RFC 9111): in memory, bounded in bytes, and never across apps,
//! credentials or versions of a rule.
//!
//! `cache/freshness.rs` is the law, `cache/key.rs` whose answer it is, `cache/shelf.rs` what is kept and what goes, and
//! `cache/flight.rs` lets equal calls wait for one. `client/cached.rs` is the seam in the line. Not kept are parts (206), answers to
//! anything but GET, what was not read to its end, and what is larger than an eighth of all room.

mod answer;
mod control;
mod entry;
mod flight;
mod freshness;
mod key;
mod shelf;

pub use answer::Cached;
pub(crate) use answer::Kept;
pub(crate) use entry::Entry;
pub(crate) use flight::{Flight, Outcome, Place as Seat};
pub(crate) use shelf::Placed;

use crate::coding;
use crate::config::Clock;
use crate::draft::{CacheMode, Caller, Draft};
use crate::inject::Credential;
use bytes::Bytes;
use egret_policy::{CacheSpec, Permit, Place, Target};
use entry::{Head, Selection};
use flight::Flights;
use freshness::{Demand, Freshness, Times, Use};
use http::header::{ACCEPT_ENCODING, AUTHORIZATION, CONTENT_LENGTH, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, RANGE};
use http::{HeaderMap, Method, StatusCode};
use key::{Key, selecting};
use shelf::Shelf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

/// The cache of a kernel.
pub(crate) struct Cache {
    shelf: Mutex<Shelf>,
    flights: Arc<Flights>,
    clock: Clock,
    /// Bytes of one answer that is kept, at most.
    largest: usize,
    /// Whether anything ever asked for an answer to be kept: before that nothing can be invalid.
    is_used: AtomicBool,
    counts: Counts,
}

#[derive(Default)]
struct Counts {
    hits: AtomicU64,
    stale: AtomicU64,
    revalidated: AtomicU64,
    misses: AtomicU64,
    stored: AtomicU64,
}

/// What a cache holds and did since it was made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CacheStats {
    /// Bytes that are kept.
    pub bytes: usize,
    /// Bytes that may be kept.
    pub most: usize,
    /// Apps of which something is kept: the app, its answers, their bytes.
    pub apps: Vec<(Arc<str>, usize, usize)>,
    /// Calls that got a fresh answer, those that waited for an equal call included.
    pub hits: u64,
    /// Calls that got a stale answer.
    pub stale: u64,
    /// Calls that got a stored answer which the upstream said still holds.
    pub revalidated: u64,
    /// Calls under a rule with `cache` that went out.
    pub misses: u64,
    /// Answers that were stored.
    pub stored: u64,
    /// Answers that went to make room.
    pub evicted: u64,
}

/// A request, as the cache sees it.
pub(crate) struct Ask {
    key: Key,
    host: Box<str>,
    method: Method,
    /// The fields that will be sent, as far as they can select an answer.
    headers: HeaderMap,
    demand: Demand,
    spec: CacheSpec,
    authorized: bool,
    mode: CacheMode,
}

/// What there is for a request.
pub(crate) enum Look {
    /// This is the answer; `true` says that it is to be asked for anew meanwhile.
    Use(Arc<Placed>, Cached, bool),
    /// The upstream is to be asked, whether this still holds if there is one.
    Ask(Option<Arc<Placed>>),
}

/// When a request went out, by the clock and by the shelf.
#[derive(Clone, Copy)]
pub(crate) struct Moment {
    asked: SystemTime,
    turn: u64,
}

/// An answer that is to be stored, once its head is the caller's and its body has been read.
pub(crate) struct Plan {
    cache: Arc<Cache>,
    key: Key,
    host: Box<str>,
    status: StatusCode,
    selection: Selection,
    freshness: Freshness,
    came: SystemTime,
    turn: u64,
    pub flight: Option<Arc<Flight>>,
}

/// An answer that is being stored.
pub(crate) struct Store {
    plan: Plan,
    headers: HeaderMap,
    decoded: bool,
}

impl Ask {
    /// `None` for what no stored answer is for, and no answer is stored of.
    pub fn of(caller: &Caller, permit: &Permit, credential: Option<&Credential>, draft: &Draft, spec: CacheSpec) -> Option<Self> {
        let is_plain = [Method::GET, Method::HEAD].contains(permit.method()) && draft.body.is_empty();
        if !is_plain || draft.cache.mode == CacheMode::NoStore || answer::is_beyond(permit.headers()) {
            return None;
        }
        let mut demand = Demand::of(permit.headers());
        if demand.no_store {
            return None;
        }
        if draft.cache.refresh {
            demand = demand.and_validate();
        }
        let mut headers = permit.headers().clone();
        if let Some(codings) = coding::accept(draft) {
            headers.insert(ACCEPT_ENCODING, codings);
        }
        let place = credential.map(|credential| credential.place());
        let authorized = headers.contains_key(AUTHORIZATION) || place.and_then(Place::field).is_some_and(|field| field == AUTHORIZATION);
        let (key, host) = (Key::of(caller, permit, credential, draft), permit.target().host().to_string().into());
        Some(Self { key, host, method: permit.method().clone(), headers, demand, spec, authorized, mode: draft.cache.mode })
    }

    /// Whether nothing but a stored answer will do.
    pub fn wants_stored_only(&self) -> bool {
        self.demand.only_if_cached || self.mode == CacheMode::OnlyIfCached
    }

    /// Whether it may wait for an equal call: what comes is then an answer to both.
    pub fn may_wait(&self) -> bool {
        self.method == Method::GET && self.mode == CacheMode::Default && !self.headers.contains_key(RANGE) && !self.is_conditional()
    }

    /// The draft that asks whether a stored answer still holds; `None` where it cannot be asked, or the caller asks so itself.
    pub fn conditional(&self, draft: &Draft, stored: &Placed) -> Option<Draft> {
        let stored = &stored.entry.headers;
        if self.is_conditional() || !freshness::has_validator(stored) {
            return None;
        }
        let mut draft = draft.clone();
        for (asked, of) in [(IF_NONE_MATCH, ETAG), (IF_MODIFIED_SINCE, LAST_MODIFIED)] {
            if let Some(value) = stored.get(of) {
                draft.headers.insert(asked, value.clone());
            }
        }
        Some(draft)
    }

    fn is_conditional(&self) -> bool {
        self.headers.contains_key(IF_NONE_MATCH) || self.headers.contains_key(IF_MODIFIED_SINCE)
    }

    fn selection(&self, headers: &HeaderMap) -> Selection {
        let names = freshness::varies_by(headers).into_iter();
        names.map(|name| (name.clone(), selecting(&self.headers, &name))).collect()
    }
}

impl Cache {
    pub fn new(most: usize, clock: Clock) -> Self {
        let (shelf, flights, is_used, counts) = (Mutex::new(Shelf::new(most)), Arc::default(), AtomicBool::new(false), Counts::default());
        Self { shelf, flights, clock, largest: most / 8, is_used, counts }
    }

    /// What there is for a request, now.
    pub fn look(&self, ask: &Ask) -> Look {
        if ask.mode == CacheMode::Reload {
            return Look::Ask(None);
        }
        let found = self.shelf().find(&ask.key.app, &ask.key.url, &ask.key.part, &ask.headers);
        let Some(placed) = found else { return Look::Ask(None) };
        match placed.entry.judge(&ask.demand, self.clock.now()) {
            Use::Fresh => Look::Use(placed, Cached::Hit, false),
            Use::StaleWanted => Look::Use(placed, Cached::Stale, false),
            Use::StaleMeanwhile => Look::Use(placed, Cached::Stale, true),
            Use::Validated => Look::Ask(Some(placed)),
        }
    }

    /// A place among the equal calls that are under way.
    pub fn join(&self, ask: &Ask) -> Seat {
        self.flights.join(&ask.key)
    }

    /// The answer of a stored one to a request.
    pub fn kept(&self, entry: &Entry, ask: &Ask, how: Cached) -> Kept {
        let counts = &self.counts;
        let count = match how {
            Cached::Hit => &counts.hits,
            Cached::Stale => &counts.stale,
            Cached::Revalidated => &counts.revalidated,
            Cached::Absent => &counts.misses,
        };
        count.fetch_add(1, Ordering::Relaxed);
        Kept::of(entry, &ask.method, &ask.headers, how, self.clock.now())
    }

    /// Marks that a request goes out.
    pub fn moment(&self, ask: &Ask) -> Moment {
        self.is_used.store(true, Ordering::Relaxed);
        let turn = self.shelf().moment(&ask.key.app);
        Moment { asked: self.clock.now(), turn }
    }

    /// Whether a stored answer may stand in for one that failed.
    pub fn serves_error(&self, placed: &Placed, ask: &Ask) -> bool {
        placed.entry.freshness.serves_error(&ask.demand, self.clock.now())
    }

    /// What is to be done with the head of an answer. Where it is not to be shared, the flight ends here.
    pub fn plan(
        self: &Arc<Self>,
        ask: &Ask,
        status: StatusCode,
        headers: &HeaderMap,
        moment: Moment,
        flight: Option<Arc<Flight>>,
    ) -> Option<Plan> {
        self.counts.misses.fetch_add(1, Ordering::Relaxed);
        let (came, turn) = (self.clock.now(), moment.turn);
        let freshness = Freshness::of(status, headers, Times { asked: moment.asked, came }, ask.spec);
        let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
        let fits = length.is_none_or(|length| length <= self.largest);
        let stores = ask.method == Method::GET
            && fits
            && freshness::may_store(status, headers, ask.authorized)
            && (freshness.is_of_use() || freshness::has_validator(headers));
        let flight = flight.filter(|flight| {
            let is_shared = stores && freshness.begins_fresh();
            if !is_shared {
                flight.end(Outcome::Unshared);
            }
            is_shared
        });
        let (cache, key, host, selection) = (Arc::clone(self), ask.key.clone(), ask.host.clone(), ask.selection(headers));
        stores.then_some(Plan { cache, key, host, status, selection, freshness, came, turn, flight })
    }

    /// Takes what a 304 says into the stored answer (RFC 9111, 4.3.4); `None` where it speaks of another one, which is then gone.
    pub fn freshen(&self, placed: &Placed, ask: &Ask, fresh: HeaderMap, moment: Moment) -> Option<Arc<Entry>> {
        let stored = &placed.entry;
        let tags = fresh.get(ETAG).zip(stored.headers.get(ETAG));
        if tags.is_some_and(|(new, old)| answer::opaque(new.as_bytes()) != answer::opaque(old.as_bytes())) {
            self.shelf().remove(placed);
            return None;
        }
        let came = self.clock.now();
        // How old the stored one was says nothing of how old this word on it is.
        let mut headers = stored.updated(fresh.clone());
        [http::header::AGE, http::header::DATE]
            .iter()
            .filter(|name| !fresh.contains_key(*name))
            .for_each(|name| drop(headers.remove(name)));
        entry::dated(&mut headers, came);
        let freshness = Freshness::of(stored.status, &headers, Times { asked: moment.asked, came }, ask.spec);
        let (key, host, status, decoded) = (stored.key.clone(), stored.host.clone(), stored.status, stored.decoded);
        let selection = ask.selection(&headers);
        let head = Head { key, host, status, headers, decoded, selection, freshness };
        let entry = Arc::new(Entry::new(head, stored.body.clone(), stored.trailers.clone()));
        let mut shelf = self.shelf();
        shelf.remove(placed);
        shelf.put(Arc::clone(&entry), moment.turn);
        Some(entry)
    }

    /// Ends what an unsafe request makes invalid: the answers to its own URL, and to those that its answer names.
    pub fn invalidate(&self, app: &str, target: &Target, headers: &HeaderMap) {
        if !self.is_used.load(Ordering::Relaxed) {
            return;
        }
        let also = shelf::also_invalid(target, headers);
        let mut shelf = self.shelf();
        std::iter::once(target.to_url()).chain(also).for_each(|url| shelf.invalidate(app, &url));
    }

    pub fn clear(&self, app: Option<&str>, host: Option<&str>) -> usize {
        self.shelf().clear(app, host)
    }

    pub fn stats(&self) -> CacheStats {
        let shelf = self.shelf();
        let ((bytes, most), evicted) = (shelf.held(), shelf.evicted);
        let apps = shelf.apps().map(|(app, count, bytes)| (Arc::clone(app), count, bytes)).collect();
        drop(shelf);
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let Counts { hits, stale, revalidated, misses, stored } = &self.counts;
        let (hits, stale, revalidated, misses, stored) = (read(hits), read(stale), read(revalidated), read(misses), read(stored));
        CacheStats { bytes, most, apps, hits, stale, revalidated, misses, stored, evicted }
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Plan {
    /// The head is the caller's: what it sees is what is stored.
    pub fn store(self, headers: &HeaderMap, decoded: bool) -> Store {
        let mut headers = headers.clone();
        entry::leave_connection(&mut headers);
        entry::dated(&mut headers, self.came);
        Store { plan: self, headers, decoded }
    }
}

impl Plan {
    /// The answer has no body, and nobody will read its end: a redirect that is followed.
    pub fn empty(self, headers: &HeaderMap) {
        self.store(headers, false).finish(Bytes::new(), HeaderMap::new());
    }
}

impl Store {
    /// Bytes that the body may have, at most.
    pub fn largest(&self) -> usize {
        self.plan.cache.largest
    }

    pub fn flight(&self) -> Option<&Arc<Flight>> {
        self.plan.flight.as_ref()
    }

    /// The body is whole.
    pub fn finish(self, body: Bytes, trailers: HeaderMap) {
        let Self { plan, headers, decoded } = self;
        let Plan { cache, key, host, status, selection, freshness, turn, flight, .. } = plan;
        let entry = Entry::new(Head { key, host, status, headers, decoded, selection, freshness }, body, trailers);
        let is_stored = cache.shelf().put(Arc::new(entry), turn);
        cache.counts.stored.fetch_add(u64::from(is_stored), Ordering::Relaxed);
        if let Some(flight) = flight {
            flight.end(if is_stored { Outcome::Stored } else { Outcome::Unshared });
        }
    }

    /// The body is not to be stored: it is too large, or broke off.
    pub fn give_up(self, outcome: Outcome) {
        if let Some(flight) = self.plan.flight {
            flight.end(outcome);
        }
    }
}
