//! Kinds of header fields by their names: what the kernel writes itself, and what a rule must opt into.

use http::HeaderName;
use std::borrow::Cow;

/// RFC 9110 and 9112 framing and routing, connection management, proxies, HTTP/2's upgrade and the WebSocket handshake's own
/// fields (RFC 6455, 11.3). The last one, the list of subprotocols, is the caller's.
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
    "sec-websocket-key",
    "sec-websocket-version",
    "sec-websocket-extensions",
    "sec-websocket-accept",
];

/// Names that proxies, ours included, take orders from.
const CONTROL: &[&str] = &["x-egret-", "x-egress-", "x-upstream-", "x-envoy-"];

/// Fields that make servers and frameworks see another method or path.
const OVERRIDING: &[&str] = &[
    "x-http-method-override",
    "x-http-method",
    "x-method-override",
    "x-original-method",
    "x-original-url",
    "x-original-uri",
    "x-rewrite-url",
    "x-override-url",
    "x-forwarded-uri",
    "x-forwarded-path",
    "x-forwarded-method",
];

/// Fields that speak of another client or host (RFC 7239 and its forerunners).
const FORWARDING: &[&str] = &[
    "forwarded",
    "x-forwarded",
    "x-real-ip",
    "x-client-ip",
    "client-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "fastly-client-ip",
    "x-cluster-client-ip",
    "x-originating-ip",
    "x-remote-addr",
    "x-remote-ip",
    "x-original-host",
    "x-http-host-override",
    "x-host",
];

/// First letters of all the names above, and the colon of HTTP/2's pseudo fields: most fields begin with another.
const FIRST_LETTERS: &[u8] = b"cteukpvxfhrs:";

/// What a field's name says of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The caller's own affair.
    Plain,
    /// `Range`, whose parts are counted.
    Range,
    /// `Host`, which may only say what the target says.
    Host,
    /// It frames or routes: the kernel writes it.
    Framing,
    /// It speaks to a proxy.
    Control,
    /// It overrides method or path.
    Overriding,
    /// It speaks of another client or host.
    Forwarding,
}

/// The first field of each kind that a rule must opt into.
#[derive(Debug, Default)]
pub(crate) struct Optional<'a> {
    pub overriding: Option<&'a HeaderName>,
    pub forwarding: Option<&'a HeaderName>,
}

/// The kind of a field.
pub(super) fn kind(name: &HeaderName) -> Kind {
    let first = name.as_str().as_bytes().first().copied().unwrap_or_default();
    if !FIRST_LETTERS.contains(&first) {
        return Kind::Plain;
    }
    match name.as_str() {
        "range" => return Kind::Range,
        "host" => return Kind::Host,
        _ => {}
    }
    let name = &*folded(name.as_str());
    if RESERVED.contains(&name) || name.starts_with("proxy-") || name.starts_with(':') {
        return Kind::Framing;
    }
    if CONTROL.iter().any(|prefix| name.starts_with(prefix)) {
        return Kind::Control;
    }
    if OVERRIDING.contains(&name) {
        return Kind::Overriding;
    }
    if FORWARDING.contains(&name) || name.starts_with("x-forwarded-") { Kind::Forwarding } else { Kind::Plain }
}

/// A field's name as servers compare it: CGI and its heirs read an underscore as a hyphen.
fn folded(name: &str) -> Cow<'_, str> {
    if name.contains('_') { name.replace('_', "-").into() } else { name.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_begins_with_a_letter_that_is_looked_at() {
        for name in RESERVED.iter().chain(CONTROL).chain(OVERRIDING).chain(FORWARDING).chain(&["proxy-", "range", "host"]) {
            assert!(FIRST_LETTERS.contains(&name.as_bytes()[0]), "{name}");
        }
    }
}
