//! What a caller gets of a stored answer: all of it, its head, a part (RFC 9110, 14), or that it has it already (13).

use super::control::members;
use super::entry::Entry;
use super::freshness::date;
use bytes::Bytes;
use http::header::{
    AGE, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_RANGE, DATE, ETAG, EXPIRES, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE,
    LAST_MODIFIED, RANGE, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use std::ops::Range;
use std::time::SystemTime;

/// The fields of a 304 (RFC 9110, 15.4.5), and those that tell how old it is.
const OF_UNCHANGED: [HeaderName; 8] = [CACHE_CONTROL, CONTENT_LOCATION, DATE, ETAG, EXPIRES, LAST_MODIFIED, VARY, AGE];

/// An answer that did not come over the network.
#[derive(Debug)]
pub(crate) struct Kept {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub trailers: HeaderMap,
    pub decoded: bool,
    pub how: Cached,
}

/// How an attempt was answered without the upstream's own answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cached {
    /// A stored answer was fresh. Nothing was sent.
    Hit,
    /// A stored answer was used although it is stale: the server, or the call, allows that.
    Stale,
    /// The upstream said that the stored answer still holds.
    Revalidated,
    /// Nothing usable is stored, and the call wished for nothing else: the kernel's own 504.
    Absent,
}

impl Cached {
    /// The stable name, for example `hit`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Stale => "stale",
            Self::Revalidated => "revalidated",
            Self::Absent => "absent",
        }
    }
}

impl Kept {
    /// What a request gets of an entry.
    pub fn of(entry: &Entry, method: &Method, asked: &HeaderMap, how: Cached, now: SystemTime) -> Self {
        let mut headers = entry.headers.clone();
        headers.insert(AGE, HeaderValue::from(entry.freshness.age(now).as_secs()));
        let (trailers, decoded) = (entry.trailers.clone(), entry.decoded);
        let mut kept = Self { status: entry.status, headers, body: entry.body.clone(), trailers, decoded, how };
        if entry.status == StatusCode::OK && is_unchanged(asked, &entry.headers) {
            kept.headers = OF_UNCHANGED.iter().filter_map(|name| Some((name.clone(), kept.headers.get(name)?.clone()))).collect();
            kept.bare(StatusCode::NOT_MODIFIED);
        } else if *method == Method::HEAD {
            kept.bare(entry.status);
        } else if entry.status == StatusCode::OK
            && let Some(part) = part(asked, &entry.headers, entry.body.len())
        {
            kept.cut(part);
        }
        kept
    }

    /// The kernel's own answer to a call that wants a stored one and nothing else (RFC 9111, 5.2.1.7).
    pub fn absent() -> Self {
        let (headers, trailers) = (HeaderMap::new(), HeaderMap::new());
        Self { status: StatusCode::GATEWAY_TIMEOUT, headers, body: Bytes::new(), trailers, decoded: false, how: Cached::Absent }
    }

    fn bare(&mut self, status: StatusCode) {
        (self.status, self.body, self.trailers) = (status, Bytes::new(), HeaderMap::new());
    }

    /// A part of the body, or word that there is no such part.
    fn cut(&mut self, part: Part) {
        let whole = self.body.len();
        let range = match part {
            Part::Bytes(range) => {
                self.status = StatusCode::PARTIAL_CONTENT;
                self.body = self.body.slice(range.clone());
                format!("bytes {}-{}/{whole}", range.start, range.end - 1)
            }
            Part::Outside => {
                self.bare(StatusCode::RANGE_NOT_SATISFIABLE);
                format!("bytes */{whole}")
            }
        };
        self.trailers = HeaderMap::new();
        self.headers.insert(CONTENT_LENGTH, HeaderValue::from(self.body.len()));
        if let Ok(value) = HeaderValue::from_maybe_shared(Bytes::from(range)) {
            self.headers.insert(CONTENT_RANGE, value);
        }
    }
}

/// Whether the caller has what is stored (RFC 9110, 13.2.2): by the tag, else by the date.
fn is_unchanged(asked: &HeaderMap, stored: &HeaderMap) -> bool {
    if asked.contains_key(IF_NONE_MATCH) {
        let tag = stored.get(ETAG).map(|tag| opaque(tag.as_bytes()));
        let named = asked.get_all(IF_NONE_MATCH).iter().flat_map(|value| members(value.as_bytes()));
        return named.into_iter().any(|member| member == "*" || tag.is_some_and(|tag| tag == opaque(member.as_bytes())));
    }
    let since = asked.get(IF_MODIFIED_SINCE).and_then(|value| date(value.to_str().ok()?));
    let changed = stored.get(LAST_MODIFIED).or_else(|| stored.get(DATE)).and_then(|value| date(value.to_str().ok()?));
    since.zip(changed).is_some_and(|(since, changed)| changed <= since)
}

/// A tag without its mark of weakness: the weak comparison (RFC 9110, 8.8.3.2).
pub(super) fn opaque(tag: &[u8]) -> &[u8] {
    tag.strip_prefix(b"W/").unwrap_or(tag)
}

/// What a `Range` asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Bytes(Range<usize>),
    Outside,
}

/// The one part that is asked for; `None` where the whole is the answer.
fn part(asked: &HeaderMap, stored: &HeaderMap, length: usize) -> Option<Part> {
    let text = asked.get(RANGE)?.to_str().ok()?;
    let still_the_same = |condition: &HeaderValue| {
        let is_strong = |tag: &HeaderValue| tag.as_bytes().starts_with(b"\"");
        stored.get(ETAG).is_some_and(|tag| is_strong(tag) && tag == condition) || stored.get(LAST_MODIFIED) == Some(condition)
    };
    if !asked.get(IF_RANGE).is_none_or(still_the_same) {
        return None;
    }
    range(text, length)
}

/// One range of bytes (RFC 9110, 14.1.2).
fn range(text: &str, length: usize) -> Option<Part> {
    let (first, last) = text.strip_prefix("bytes=")?.trim().split_once('-')?;
    let number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse::<usize>().unwrap_or(usize::MAX));
    if first.is_empty() {
        let from_end = number(last).filter(|_| !last.is_empty())?;
        let start = length.saturating_sub(from_end);
        return Some(if start < length { Part::Bytes(start..length) } else { Part::Outside });
    }
    let start = number(first)?;
    let last = if last.is_empty() { usize::MAX } else { number(last)? };
    if last < start {
        return None;
    }
    Some(if start < length { Part::Bytes(start..last.saturating_add(1).min(length)) } else { Part::Outside })
}

/// Whether a request asks for something that a stored answer cannot give: several parts, or what only the server judges.
pub(super) fn is_beyond(asked: &HeaderMap) -> bool {
    let several = asked.get_all(RANGE).iter().count() > 1
        || asked.get(RANGE).is_some_and(|range| range.as_bytes().contains(&b',') || !range.as_bytes().starts_with(b"bytes="));
    several || asked.contains_key(http::header::IF_MATCH) || asked.contains_key(http::header::IF_UNMODIFIED_SINCE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_read_strictly_and_cut_to_what_there_is() {
        let read = |text: &str| range(text, 10);
        assert_eq!(read("bytes=0-3"), Some(Part::Bytes(0..4)));
        assert_eq!(read("bytes=4-"), Some(Part::Bytes(4..10)));
        assert_eq!(read("bytes=-3"), Some(Part::Bytes(7..10)));
        assert_eq!(read("bytes=-30"), Some(Part::Bytes(0..10)));
        assert_eq!(read("bytes=8-99999999999999999999999"), Some(Part::Bytes(8..10)));
        assert_eq!(read("bytes=10-"), Some(Part::Outside));
        assert_eq!(read("bytes=-0"), Some(Part::Outside));
        for whole in ["bytes=3-1", "bytes=-", "bytes=a-b", "bytes=+1-2", "lines=0-1", "bytes=1"] {
            assert_eq!(read(whole), None, "{whole}");
        }
        assert_eq!(range("bytes=0-0", 0), Some(Part::Outside));
    }
}
