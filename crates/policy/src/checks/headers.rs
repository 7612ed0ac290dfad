//! Header fields: those that frame, route or authenticate to a proxy are the kernel's own and refused, never dropped.

use super::Case;
use crate::{Code, Denial};

/// Fields in one request, at most (DESIGN 3.4).
const MAX_FIELDS: usize = 100;
/// Bytes of all names and values, at most (DESIGN 3.4).
const MAX_BYTES: usize = 64 << 10;

/// RFC 9110 and 9112 framing and routing, connection management, proxies, and HTTP/2's upgrade.
const RESERVED: &[&str] = &[
    "host",
    "content-length",
    "transfer-encoding",
    "te",
    "trailer",
    "connection",
    "keep-alive",
    "upgrade",
    "expect",
    "proxy-connection",
    "proxy-authorization",
    "proxy-authenticate",
    "http2-settings",
    "via",
];

pub(super) fn run(case: &mut Case<'_>) -> Result<(), Denial> {
    let headers = case.request.headers();
    if headers.len() > MAX_FIELDS {
        return Err(Denial::new(Code::HeaderCount, format!("{} header fields, the limit is {MAX_FIELDS}", headers.len())));
    }
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if bytes > MAX_BYTES {
        return Err(Denial::new(Code::HeaderSize, format!("{bytes} bytes of header fields, the limit is {MAX_BYTES}")));
    }
    match headers.keys().find(|name| RESERVED.contains(&name.as_str()) || name.as_str().starts_with(':')) {
        Some(name) => Err(Denial::new(Code::HeaderFraming, format!("{name} is written by the kernel; leave it out"))),
        None => Ok(()),
    }
}

pub(super) fn passed(case: &Case<'_>) -> String {
    format!("{} header fields, none that frames or routes", case.request.headers().len())
}
