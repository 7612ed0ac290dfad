//! Header fields: those that frame, route or authenticate to a proxy are the kernel's own and refused, never dropped.

use super::{Case, folded};
use crate::policy::Request;
use crate::{Code, Denial};
use http::HeaderName;
use http::header::{HOST, RANGE};

/// Fields in one request, at most (DESIGN 3.4).
const MAX_FIELDS: usize = 100;
/// Bytes of all names and values, at most (DESIGN 3.4).
const MAX_BYTES: usize = 64 << 10;
/// Ranges in one request, at most: each costs the server a part of its own.
const MAX_RANGES: usize = 16;

/// RFC 9110 and 9112 framing and routing, connection management, proxies, and HTTP/2's upgrade.
const RESERVED: &[&str] = &[
    "content-length",
    "transfer-encoding",
    "te",
    "trailer",
    "connection",
    "keep-alive",
    "upgrade",
    "expect",
    "proxy",
    "http2-settings",
    "via",
];

/// Names that proxies, ours included, take orders from.
const CONTROL: &[&str] = &["x-egret-", "x-egress-", "x-upstream-", "x-envoy-"];

pub(super) fn run(case: &mut Case<'_>) -> Result<(), Denial> {
    let request = case.request;
    bounded(request)?;
    own_host(request)?;
    let named = |fits: fn(&str) -> bool| request.headers().keys().find(|name| fits(&folded(name)));
    if let Some(name) = named(|name| RESERVED.contains(&name) || name.starts_with("proxy-") || name.starts_with(':')) {
        return Err(denial(Code::HeaderFraming, name, "is written by the kernel; leave it out"));
    }
    match named(|name| CONTROL.iter().any(|prefix| name.starts_with(prefix))) {
        Some(name) => Err(denial(Code::HeaderControl, name, "speaks to a proxy; leave it out")),
        None => Ok(()),
    }
}

pub(super) fn passed(case: &Case<'_>) -> String {
    format!("{} header fields, none that frames or routes", case.request.headers().len())
}

fn bounded(request: &Request) -> Result<(), Denial> {
    let headers = request.headers();
    if headers.len() > MAX_FIELDS {
        return Err(Denial::new(Code::HeaderCount, format!("{} header fields, the limit is {MAX_FIELDS}", headers.len())));
    }
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if bytes > MAX_BYTES {
        return Err(Denial::new(Code::HeaderSize, format!("{bytes} bytes of header fields, the limit is {MAX_BYTES}")));
    }
    let ranges: usize = headers.get_all(RANGE).iter().map(|value| value.as_bytes().split(|byte| *byte == b',').count()).sum();
    if ranges > MAX_RANGES {
        return Err(Denial::new(Code::HeaderRange, format!("{ranges} ranges, the limit is {MAX_RANGES}")));
    }
    Ok(())
}

/// `Host` may only say what the target says; the kernel writes its own in its place.
fn own_host(request: &Request) -> Result<(), Denial> {
    let mut hosts = request.headers().get_all(HOST).iter();
    let is_own = |host: &http::HeaderValue| host.as_bytes().eq_ignore_ascii_case(request.target().authority().as_bytes());
    match (hosts.next(), hosts.next()) {
        (None, _) => Ok(()),
        (Some(host), None) if is_own(host) => Ok(()),
        (Some(_), _) => Err(denial(Code::HeaderFraming, &HOST, "must be the URL's own; leave it out")),
    }
}

fn denial(code: Code, name: &HeaderName, words: &str) -> Denial {
    Denial::new(code, format!("{name} {words}"))
}
