//! The heads of operations: JSON arrays of strings in both directions, for no object of the guest has a part in them.

use crate::outbound::{Call, Hash, Hmac, RedirectMode, Rejection, Reply, Unsendable};
use bytes::Bytes;
use egret_egress::{CacheMode, CacheWish, CallAuth, CallOptions};
use egret_policy::{Code, Denial};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use std::time::Duration;

/// What a guest asks to be started.
pub(crate) enum Request {
    Call(Box<CallHead>),
    /// A call with a field that cannot be sent.
    Unsendable(Box<Unsendable>),
    /// The rest of this operation's response.
    Body(i32),
    Timer(Duration),
    /// An HMAC is to be computed.
    Sign(HmacHead),
    /// An HMAC is to be compared with this one, if it can be one at all.
    Verify(HmacHead, Option<Vec<u8>>),
    /// What could not be understood, or is too large.
    Refused(Rejection),
}

/// A call without its body.
pub(crate) struct CallHead {
    method: Method,
    url: String,
    redirect: RedirectMode,
    headers: HeaderMap,
    auth: Option<CallAuth>,
    options: CallOptions,
    cache: CacheWish,
}

/// An HMAC without its data.
pub(crate) struct HmacHead {
    secret: String,
    hash: Hash,
}

const CALL: i32 = 1;
const BODY: i32 = 2;
const TIMER: i32 = 3;
const SIGN: i32 = 4;
const VERIFY: i32 = 5;
/// Bytes of a head, in either direction.
pub(crate) const MOST_HEAD: usize = 256 << 10;

impl Request {
    /// Reads a head. The guest's prelude never sends a malformed one, but the guest might.
    pub fn read(kind: i32, head: &[u8]) -> Self {
        if head.len() > MOST_HEAD {
            return Self::Refused(Rejection::new("NET_SIZE", false, "the head of a call may have 256 KiB"));
        }
        let parts: Vec<String> = serde_json::from_slice(head).unwrap_or_default();
        let request = match kind {
            CALL => Self::call(parts),
            BODY => number(&parts).and_then(|id| i32::try_from(id).ok()).map(Self::Body),
            TIMER => number(&parts).map(|delay| Self::Timer(Duration::from_millis(delay))),
            SIGN => HmacHead::of(parts.into_iter()).map(Self::Sign),
            VERIFY => Self::verify(parts),
            _ => None,
        };
        request.unwrap_or_else(|| Self::Refused(Rejection::new("NET_PROTOCOL", false, "the call is malformed")))
    }
}

impl Request {
    /// `[secret, hash, signature]`
    fn verify(parts: Vec<String>) -> Option<Self> {
        let mut parts = parts.into_iter();
        let head = HmacHead::of(&mut parts)?;
        Some(Self::Verify(head, bytes_of(&parts.next()?)))
    }

    /// `[method, url, redirect, secret, place, options, cache, key, refresh, name, value, ...]`
    fn call(parts: Vec<String>) -> Option<Self> {
        let mut parts = parts.into_iter();
        let method = Method::from_bytes(parts.next()?.as_bytes()).ok()?;
        let url = parts.next()?;
        let redirect = match parts.next()?.as_str() {
            "follow" => RedirectMode::Follow,
            "manual" => RedirectMode::Manual,
            "error" => RedirectMode::Error,
            _ => return None,
        };
        let auth = auth(parts.next()?, &parts.next()?)?;
        let options = options(&parts.next()?)?;
        let cache = cache(&parts.next()?, parts.next()?, &parts.next()?)?;
        Some(match fields(parts) {
            Ok(headers) => Self::Call(Box::new(CallHead { method, url, redirect, headers, auth, options, cache })),
            Err(denial) => Self::Unsendable(Box::new(Unsendable { method, url, denial })),
        })
    }
}

fn number(parts: &[String]) -> Option<u64> {
    parts.first()?.parse().ok().filter(|number| *number <= 1 << 53)
}

impl CallHead {
    pub fn call(self, body: Bytes) -> Call {
        let Self { method, url, redirect, headers, auth, options, cache } = self;
        Call { method, url, headers, body, redirect, auth, cache, options }
    }
}

impl HmacHead {
    fn of(mut parts: impl Iterator<Item = String>) -> Option<Self> {
        let secret = parts.next()?;
        let hash = match parts.next()?.as_str() {
            "SHA-1" => Hash::Sha1,
            "SHA-256" => Hash::Sha256,
            "SHA-384" => Hash::Sha384,
            "SHA-512" => Hash::Sha512,
            _ => return None,
        };
        Some(Self { secret, hash })
    }

    pub fn hmac(self, data: Bytes) -> Hmac {
        Hmac { secret: self.secret, hash: self.hash, data }
    }
}

/// The wish for a secret; empty texts stand for none.
fn auth(secret: String, place: &str) -> Option<Option<CallAuth>> {
    let place = if place.is_empty() { None } else { Some(place.parse().ok()?) };
    Some((!secret.is_empty()).then_some(CallAuth { secret, place }))
}

/// `timeout,tries,maxBytes`: milliseconds, a number, bytes; each may be empty.
fn options(text: &str) -> Option<CallOptions> {
    let mut parts = text.split(',');
    let mut next = || match parts.next()? {
        "" => Some(None),
        digits => digits.parse::<u64>().ok().map(Some),
    };
    let (timeout, tries, max_bytes) = (next()?, next()?, next()?);
    let tries = tries.map(|tries| u8::try_from(tries).unwrap_or(u8::MAX));
    parts.next().is_none().then_some(CallOptions { timeout: timeout.map(Duration::from_millis), tries, max_bytes })
}

/// The wish for stored answers: a mode of the Fetch standard, a key or an empty text, and `1` or an empty text. To use an answer for
/// longer than it is fresh is nothing that a call may wish, so `force-cache` is as `default`.
fn cache(mode: &str, key: String, refresh: &str) -> Option<CacheWish> {
    let (mode, validates) = match mode {
        "default" | "force-cache" => (CacheMode::Default, false),
        "no-cache" => (CacheMode::Default, true),
        "no-store" => (CacheMode::NoStore, false),
        "reload" => (CacheMode::Reload, false),
        "only-if-cached" => (CacheMode::OnlyIfCached, false),
        _ => return None,
    };
    let refresh = match refresh {
        "" => validates,
        "1" => true,
        _ => return None,
    };
    Some(CacheWish { mode, key: (!key.is_empty()).then(|| key.into()), refresh })
}

/// The bytes that hexadecimal digits stand for, in either case.
fn bytes_of(digits: &str) -> Option<Vec<u8>> {
    let value = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let byte = |pair: &[u8; 2]| Some(value(pair[0])? << 4 | value(pair[1])?);
    let (pairs, rest) = digits.as_bytes().as_chunks();
    if rest.is_empty() { pairs.iter().map(byte).collect() } else { None }
}

/// Header fields out of `name, value, name, value, ...`; a value has a character for every byte. The standard lets a guest make
/// values that HTTP has no place for (RFC 9110, 5.5): control characters other than NUL, CR and LF.
///
/// # Errors
/// A denial for a name or a value that no message can hold, and for more fields than can be counted.
pub(crate) fn fields(mut parts: impl Iterator<Item = String>) -> Result<HeaderMap, Denial> {
    let mut headers = HeaderMap::new();
    while let Some(name) = parts.next() {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| Denial::new(Code::HeaderName, "a header's name is malformed"))?;
        let value = value(&parts.next().unwrap_or_default())
            .ok_or_else(|| Denial::new(Code::HeaderName, format!("the value of {name} holds a character that no field can")))?;
        headers.try_append(name, value).map_err(|_| Denial::new(Code::HeaderCount, "more header fields than can be counted"))?;
    }
    Ok(headers)
}

fn value(text: &str) -> Option<HeaderValue> {
    let bytes: Option<Vec<u8>> = text.chars().map(|character| u8::try_from(character).ok()).collect();
    HeaderValue::from_bytes(&bytes?).ok()
}

/// The same the other way round.
pub(crate) fn pairs(headers: &HeaderMap) -> impl Iterator<Item = String> {
    headers.iter().flat_map(|(name, value)| [name.as_str().to_owned(), value.as_bytes().iter().copied().map(char::from).collect()])
}

/// `["ok", status, statusText, url, redirected, name, value, ...]`
pub(super) fn of_reply(reply: &Reply) -> Bytes {
    let Reply { status, headers, url, redirected, body: _ } = reply;
    let words = status.canonical_reason().unwrap_or_default().to_owned();
    let redirected = if *redirected { "1" } else { "0" };
    let mut parts = vec!["ok".to_owned(), status.as_str().to_owned(), words, url.clone(), redirected.to_owned()];
    parts.extend(pairs(headers));
    json(&parts)
}

/// `["error", code, message, retryable, retryAfterMs, phase, hop]`
pub(super) fn of_rejection(rejection: &Rejection) -> Bytes {
    let Rejection { code, message, retryable, retry_after, phase, hop } = rejection;
    let after = retry_after.map_or_else(String::new, |after| after.as_millis().to_string());
    let retryable = if *retryable { "1" } else { "0" };
    json(&["error", code, message, retryable, &after, phase.unwrap_or_default(), &hop.to_string()])
}

pub(super) const fn ok() -> Bytes {
    Bytes::from_static(b"[\"ok\"]")
}

fn json<T: serde::Serialize>(parts: &[T]) -> Bytes {
    serde_json::to_vec(parts).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_heads_are_refused_calls() {
        for (kind, head) in [
            (1, "[]"),
            (1, "{"),
            (1, r#"["GET","http://a/","follow"]"#),
            (1, r#"["G T","u","follow","","",",,","default","",""]"#),
            (1, r#"["GET","u","follow","A","cookie",",,","default","",""]"#),
            (1, r#"["GET","u","follow","",""]"#),
            (1, r#"["GET","u","follow","","","1,2","default","",""]"#),
            (1, r#"["GET","u","follow","","",",-1,","default","",""]"#),
            (1, r#"["GET","u","follow","","","1,2,3,4","default","",""]"#),
            (1, r#"["GET","u","follow","","",",,","fresh","",""]"#),
            (1, r#"["GET","u","follow","","",",,","default","","yes"]"#),
            (1, r#"["GET","u","follow","","",",,","default",""]"#),
            (4, r#"["A"]"#),
            (4, r#"["A","SHA-2"]"#),
            (5, r#"["A","SHA-256"]"#),
            (2, "[\"-1\"]"),
            (9, "[]"),
        ] {
            assert!(matches!(Request::read(kind, head.as_bytes()), Request::Refused(_)), "{kind} {head}");
        }
    }

    #[test]
    fn options_are_read_each_by_itself() {
        let read = |text: &str| options(text).map(|options| (options.timeout, options.tries, options.max_bytes));
        assert_eq!(read(",,"), Some((None, None, None)));
        assert_eq!(read("250,2,1024"), Some((Some(Duration::from_millis(250)), Some(2), Some(1_024))));
        assert_eq!(read(",1000,"), Some((None, Some(u8::MAX), None)));
    }

    #[test]
    fn a_wish_for_stored_answers_is_the_standards_mode_a_key_and_a_refresh() {
        let read = |mode: &str, key: &str, refresh| cache(mode, key.to_owned(), refresh).unwrap();
        let wish = |mode, refresh| CacheWish { mode, key: None, refresh };
        assert_eq!(read("default", "", ""), CacheWish::default());
        assert_eq!(read("force-cache", "", ""), CacheWish::default(), "nothing is used for longer");
        assert_eq!(read("no-cache", "", ""), wish(CacheMode::Default, true));
        assert_eq!(read("no-store", "", ""), wish(CacheMode::NoStore, false));
        assert_eq!(read("reload", "", "1"), wish(CacheMode::Reload, true));
        assert_eq!(read("only-if-cached", "de", ""), CacheWish { key: Some("de".into()), ..wish(CacheMode::OnlyIfCached, false) });
    }

    #[test]
    fn header_values_keep_their_bytes() {
        let headers = fields(["x-a".to_owned(), "caf\u{e9}".to_owned()].into_iter()).unwrap();
        assert_eq!(headers["x-a"].as_bytes(), b"caf\xe9");
        assert_eq!(pairs(&headers).collect::<Vec<_>>(), ["x-a", "caf\u{e9}"]);
        assert!(fields(["x-a".to_owned(), "\u{100}".to_owned()].into_iter()).is_err());
    }

    #[test]
    fn fields_that_no_message_can_hold_are_refused_by_code() {
        for (field, code) in
            [(r#""x-a","\u000b""#, Code::HeaderName), (r#""x-a","\u007f""#, Code::HeaderName), (r#""x a","""#, Code::HeaderName)]
        {
            let read = Request::read(1, format!(r#"["GET","http://a/","follow","","",",,","default","","",{field}]"#).as_bytes());
            let Request::Unsendable(call) = read else { panic!("{field}") };
            assert_eq!(call.denial.code(), code, "{field}");
        }
        let many: String = (0..25_500).map(|n| format!(",\"{n:x}\",\"\"")).collect();
        let read = Request::read(1, format!(r#"["GET","http://a/","follow","","",",,","default","",""{many}]"#).as_bytes());
        let Request::Unsendable(call) = read else { panic!("{} bytes", many.len()) };
        assert_eq!(call.denial.code(), Code::HeaderCount);
    }
}
