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

/// Beginnings of names that proxies, ours included, take orders from.
const CONTROL: &[&str] = &["x-egret-", "x-egress-", "x-upstream-", "x-envoy-"];

/// Fields that make servers and frameworks see another method or path. (Some read a `_method` out of the query or of a form: that is
/// content, which a rule does not judge.)
const OVERRIDING: &[&str] = &[
    "x-http-method-override",
    "x-http-method",
    "x-method-override",
    "x-original-method",
    "x-original-url",
    "x-original-uri",
    "x-rewrite-url",
    "x-override-url",
    "x-method",
    "http-method-override",
    "x-rewrite-uri",
    "x-http-path-override",
    "x-forwarded-uri",
    "x-forwarded-path",
    "x-forwarded-method",
];

/// Fields that speak of another client or host (RFC 7239 and its forerunners), or of the certificate that a client showed to a proxy
/// (RFC 9440 and its).
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
    "forwarded-for",
    "x-forward-for",
    "x-custom-ip-authorization",
    "x-scheme",
    "x-port",
    "client-cert",
    "client-cert-chain",
    "x-client-cert",
    "x-arr-clientcert",
];

/// Beginnings of names of the same kind.
const FORWARDING_PREFIXES: &[&str] = &["x-forwarded-", "ssl-client-", "x-ssl-client-", "x-amzn-mtls-"];

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
    if name == "x-egret" || CONTROL.iter().any(|prefix| name.starts_with(prefix)) {
        return Kind::Control;
    }
    if OVERRIDING.contains(&name) {
        return Kind::Overriding;
    }
    let forwards = FORWARDING.contains(&name) || FORWARDING_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    if forwards { Kind::Forwarding } else { Kind::Plain }
}

/// Whether nobody but the kernel says what a field holds: those of the kinds above, and what it asks for in its own words.
pub(crate) fn is_kernels(name: &HeaderName) -> bool {
    kind(name) != Kind::Plain || name == http::header::ACCEPT_ENCODING || name.as_str().starts_with("sec-websocket-")
}

/// A field's name as servers compare it: CGI and its heirs read an underscore as a hyphen.
pub(super) fn folded(name: &str) -> Cow<'_, str> {
    if name.contains('_') { name.replace('_', "-").into() } else { name.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_begins_with_a_letter_that_is_looked_at() {
        let lists = [RESERVED, CONTROL, OVERRIDING, FORWARDING, FORWARDING_PREFIXES, &["proxy-", "range", "host"]];
        for name in lists.into_iter().flatten() {
            assert!(FIRST_LETTERS.contains(&name.as_bytes()[0]), "{name}");
        }
    }

    #[test]
    fn names_of_a_kind_are_of_that_kind() {
        let kind = |name: &str| super::kind(&HeaderName::from_bytes(name.as_bytes()).unwrap());
        for name in ["x-egret", "X-Egret-App", "x_egret"] {
            assert_eq!(kind(name), Kind::Control, "{name}");
        }
        for name in ["X-Method", "HTTP-Method-Override", "http_method_override", "X-Rewrite-URI", "X-HTTP-Path-Override"] {
            assert_eq!(kind(name), Kind::Overriding, "{name}");
        }
        let client =
            ["Client-Cert", "X-Client-Cert", "SSL-Client-Verify", "ssl_client_cert", "X-SSL-Client-S-DN", "X-Amzn-Mtls-Clientcert"];
        let other = ["Forwarded-For", "X-Forward-For", "X-Forwarded", "X-Custom-IP-Authorization", "X-Scheme", "X-Port"];
        for name in client.into_iter().chain(other) {
            assert_eq!(kind(name), Kind::Forwarding, "{name}");
        }
        for name in ["accept", "sec-fetch-mode", "x-portal", "x-egrets", "x-schema", "client-id", "ssl-session", "x-methods"] {
            assert_eq!(kind(name), Kind::Plain, "{name}");
        }
    }
}
