//! Header fields: those that frame, route or authenticate to a proxy are the kernel's own and refused, never dropped.

use super::Case;
use super::fields::{self, Kind};
use crate::policy::Request;
use crate::{Code, Denial};
use http::header::HOST;
use http::{HeaderName, HeaderValue};

/// Fields in one request, at most (DESIGN 3.4).
const MAX_FIELDS: usize = 100;
/// Bytes of all names and values, at most (DESIGN 3.4).
const MAX_BYTES: usize = 64 << 10;
/// Ranges in one request, at most: each costs the server a part of its own.
const MAX_RANGES: usize = 16;

pub(super) fn run(case: &mut Case<'_>) -> Result<(), Denial> {
    let request = case.request;
    let (mut framing, mut control) = (None, None);
    let mut sizes = Sizes::default();
    for (name, value) in request.headers() {
        sizes.bytes += name.as_str().len() + value.len() + 4;
        let first = match fields::kind(name) {
            Kind::Plain => continue,
            Kind::Range => {
                sizes.ranges += value.as_bytes().split(|byte| *byte == b',').count();
                continue;
            }
            Kind::Host => {
                own_host(request, value, &mut sizes)?;
                continue;
            }
            Kind::Framing => &mut framing,
            Kind::Control => &mut control,
            Kind::Overriding => &mut case.optional_fields.overriding,
            Kind::Forwarding => &mut case.optional_fields.forwarding,
        };
        first.get_or_insert(name);
    }
    bounded(request, &sizes)?;
    match (framing, control) {
        (Some(name), _) => Err(denial(Code::HeaderFraming, name, "is written by the kernel; leave it out")),
        (None, Some(name)) => Err(denial(Code::HeaderControl, name, "speaks to a proxy; leave it out")),
        (None, None) => Ok(()),
    }
}

pub(super) fn passed(case: &Case<'_>) -> String {
    format!("{} header fields, none that frames or routes", case.request.headers().len())
}

/// What the one walk has counted.
#[derive(Default)]
struct Sizes {
    bytes: usize,
    ranges: usize,
    hosts: usize,
}

fn bounded(request: &Request, sizes: &Sizes) -> Result<(), Denial> {
    let (fields, Sizes { bytes, ranges, .. }) = (request.headers().len(), sizes);
    if fields > MAX_FIELDS {
        return Err(Denial::new(Code::HeaderCount, format!("{fields} header fields, the limit is {MAX_FIELDS}")));
    }
    if *bytes > MAX_BYTES {
        return Err(Denial::new(Code::HeaderSize, format!("{bytes} bytes of header fields, the limit is {MAX_BYTES}")));
    }
    if *ranges > MAX_RANGES {
        return Err(Denial::new(Code::HeaderRange, format!("{ranges} ranges, the limit is {MAX_RANGES}")));
    }
    Ok(())
}

/// `Host` may only say what the target says, and once; the kernel writes its own in its place.
fn own_host(request: &Request, host: &HeaderValue, sizes: &mut Sizes) -> Result<(), Denial> {
    sizes.hosts += 1;
    if sizes.hosts == 1 && host.as_bytes().eq_ignore_ascii_case(request.target().authority().as_bytes()) {
        return Ok(());
    }
    Err(denial(Code::HeaderFraming, &HOST, "must be the URL's own; leave it out"))
}

fn denial(code: Code, name: &HeaderName, words: &str) -> Denial {
    Denial::new(code, format!("{name} {words}"))
}
