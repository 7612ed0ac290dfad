//! A stored answer, as the caller saw it: decoded, and without echoes of secrets.

use super::control::members;
use super::freshness::{Demand, Freshness, Use};
use super::key::{Key, selecting};
use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, DATE, TE, TRANSFER_ENCODING, UPGRADE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

/// What an entry takes beside what it holds: its places in the shelf, and the tables of its fields.
const OVERHEAD: usize = 1_024;

/// Fields that speak of one connection (RFC 9111, 3.1); those that `Connection` names come to them.
const OF_CONNECTION: [HeaderName; 9] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-authenticate"),
    HeaderName::from_static("proxy-authentication-info"),
    HeaderName::from_static("proxy-authorization"),
    HeaderName::from_static("proxy-connection"),
    TE,
    TRANSFER_ENCODING,
    UPGRADE,
];

/// Fields that speak of the body as it is stored, which a validation does not change (RFC 9111, 3.2).
const OF_BODY: [HeaderName; 3] = [CONTENT_LENGTH, CONTENT_ENCODING, CONTENT_RANGE];

/// What a request's fields were by which an answer was selected.
pub(super) type Selection = Vec<(HeaderName, Option<Bytes>)>;

/// One stored answer.
pub(crate) struct Entry {
    pub(super) key: Key,
    pub(super) host: Box<str>,
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) trailers: HeaderMap,
    pub(super) decoded: bool,
    pub(super) selection: Selection,
    pub(super) freshness: Freshness,
    /// Whether it was asked for since the hand last passed over it.
    pub(super) asked: AtomicBool,
    /// Whether it is being asked for anew in the background.
    refreshing: AtomicBool,
}

/// The head of an answer that is to be stored.
pub(super) struct Head {
    pub key: Key,
    pub host: Box<str>,
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub decoded: bool,
    pub selection: Selection,
    pub freshness: Freshness,
}

impl Entry {
    pub(super) fn new(head: Head, body: Bytes, trailers: HeaderMap) -> Self {
        let Head { key, host, status, headers, decoded, selection, freshness } = head;
        let (asked, refreshing) = (AtomicBool::new(false), AtomicBool::new(false));
        Self { key, host, status, headers, body, trailers, decoded, selection, freshness, asked, refreshing }
    }

    /// Whether it is an answer to a request with such fields.
    pub(super) fn answers(&self, headers: &HeaderMap) -> bool {
        self.selection.iter().all(|(name, value)| selecting(headers, name) == *value)
    }

    pub(super) fn judge(&self, demand: &Demand, now: SystemTime) -> Use {
        self.freshness.judge(demand, now)
    }

    /// Whether it was fresh when it came: only then may others that wait have it.
    pub fn begins_fresh(&self) -> bool {
        self.freshness.begins_fresh()
    }

    /// Marks it as being asked for anew; false where it is already.
    pub fn begins_refresh(&self) -> bool {
        !self.refreshing.swap(true, Ordering::Relaxed)
    }

    pub fn ends_refresh(&self) {
        self.refreshing.store(false, Ordering::Relaxed);
    }

    /// About how many bytes it takes.
    pub fn weight(&self) -> usize {
        let fields = |headers: &HeaderMap| headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 64).sum::<usize>();
        let selection: usize = self.selection.iter().map(|(name, value)| name.as_str().len() + value.as_ref().map_or(0, Bytes::len)).sum();
        OVERHEAD + self.key.weight() + self.body.len() + fields(&self.headers) + fields(&self.trailers) + selection
    }

    /// Its head with the fields of a 304 that came for it (RFC 9111, 3.2).
    pub fn updated(&self, mut fresh: HeaderMap) -> HeaderMap {
        leave_connection(&mut fresh);
        let mut headers = self.headers.clone();
        let changed = |name: &&HeaderName| !OF_BODY.contains(name);
        for name in fresh.keys().filter(changed) {
            headers.remove(name);
            fresh.get_all(name).iter().for_each(|value| _ = headers.append(name.clone(), value.clone()));
        }
        headers
    }
}

/// Leaves out what speaks of the connection alone, and what it names.
pub(super) fn leave_connection(headers: &mut HeaderMap) {
    let named: Vec<String> = headers.get_all(CONNECTION).iter().flat_map(|value| members(value.as_bytes())).collect();
    OF_CONNECTION.iter().for_each(|name| drop(headers.remove(name)));
    named.iter().filter_map(|name| name.parse::<HeaderName>().ok()).for_each(|name| drop(headers.remove(name)));
}

/// Writes down when an answer came that does not say when it was made (RFC 9110, 6.6.1).
pub(super) fn dated(headers: &mut HeaderMap, came: SystemTime) {
    if !headers.contains_key(DATE)
        && let Ok(value) = HeaderValue::from_maybe_shared(Bytes::from(httpdate::fmt_http_date(came)))
    {
        headers.insert(DATE, value);
    }
}
