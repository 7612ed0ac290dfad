//! Content codings of one call: what is asked for, and what is taken off the answer.

use crate::config::Caps;
use crate::decode::{Bounds, Coding, Codings, Decoder, Fault};
use crate::draft::{Decode, Draft};
use crate::error::Reason;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, RANGE};
use http::response::Parts;
use http::{HeaderValue, Method, StatusCode};

/// What can be taken off, in the order of how much work it is; `deflate` is not asked for, since servers mean two things by it.
const ASKED: HeaderValue = HeaderValue::from_static("gzip, br, zstd");
/// A part of a coded body cannot be decoded without the rest, so a part is asked for as it is.
const PLAIN: HeaderValue = HeaderValue::from_static("identity");

/// The `Accept-Encoding` that the kernel sends in place of the caller's; `None` leaves what the caller wrote.
pub(crate) fn accept(draft: &Draft) -> Option<HeaderValue> {
    let ours = if draft.headers.contains_key(RANGE) { PLAIN } else { ASKED };
    match draft.decode {
        Decode::Raw => None,
        Decode::Auto if draft.headers.contains_key(ACCEPT_ENCODING) => None,
        Decode::Auto | Decode::Required => Some(ours),
    }
}

/// The decoder for a response of at most so many bytes; the fields that speak of the coded body are then gone from its head.
pub(crate) fn open(draft: &Draft, host: &str, head: &mut Parts, (most, caps): (u64, &Caps)) -> Result<Option<Decoder>, Reason> {
    let Some(coding) = coding(draft, host, head)? else { return Ok(None) };
    head.headers.remove(CONTENT_ENCODING);
    head.headers.remove(CONTENT_LENGTH);
    let bounds = Bounds { decoded: most, ratio: caps.decoded_ratio };
    Decoder::new(coding, bounds).map(Some).map_err(|fault| reason(fault, host))
}

fn coding(draft: &Draft, host: &str, head: &Parts) -> Result<Option<Coding>, Reason> {
    if draft.decode == Decode::Raw || has_no_body(&draft.method, head.status) {
        return Ok(None);
    }
    let required = draft.decode == Decode::Required;
    match Codings::of(&head.headers) {
        Codings::None => Ok(None),
        Codings::Malformed => Err(Reason::Coding(host.to_owned(), "Content-Encoding is no list of names".to_owned())),
        Codings::Layers(layers) => Err(Reason::CodingLayers(host.to_owned(), layers)),
        Codings::One(coding) if head.status != StatusCode::PARTIAL_CONTENT => Ok(Some(coding)),
        Codings::One(_) | Codings::Unknown if required => Err(Reason::CodingUnknown(host.to_owned())),
        Codings::One(_) | Codings::Unknown => Ok(None),
    }
}

/// RFC 9110, 6.4.1: such a response describes a body that is not there.
fn has_no_body(method: &Method, status: StatusCode) -> bool {
    method == Method::HEAD || status.is_informational() || [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED].contains(&status)
}

/// What a fault of decoding means for the call.
pub(crate) fn reason(fault: Fault, host: &str) -> Reason {
    match fault {
        Fault::Broken(words) => Reason::Coding(host.to_owned(), words.to_owned()),
        Fault::Size(most) => Reason::DecodedSize(most),
        Fault::Ratio(most) => Reason::Ratio(most),
    }
}
