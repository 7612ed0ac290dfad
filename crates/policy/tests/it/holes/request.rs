//! Methods and header fields.

use super::{check_header, decided, open, policy};
use egret_policy::RuleSpec;
use http::HeaderMap;

// The method was any text: CONNECT, TRACE and lower case went out.
#[test]
fn fazt_free_form_method_is_refused() {
    let policy = open().build().unwrap();
    for (method, code) in [
        ("CONNECT", "policy.method.forbidden"),
        ("TRACE", "policy.method.forbidden"),
        ("TRACK", "policy.method.forbidden"),
        ("get", "policy.method.token"),
        ("Connect", "policy.method.token"),
        ("GET!", "policy.method.token"),
        ("PURGE", "policy.rule.method"),
    ] {
        assert_eq!(decided(&policy, method, "https://api.test/", HeaderMap::new()), code, "{method}");
    }
}

// Six names were dropped from a request and all others sent, those that frame it among them.
#[test]
fn fazt_framing_fields_are_refused() {
    let policy = policy([RuleSpec { override_headers: true, forwarding_headers: true, ..RuleSpec::host("api.test") }]);
    for name in ["Content-Length", "TE", "Trailer", "Upgrade", "Keep-Alive", "Expect", "Proxy-Authenticate", "Connection", "Via"] {
        check_header(&policy, name, "x", "policy.header.framing");
    }
}

// The host of the caller's own field was dropped in silence, and what the middleware did not set survived.
#[test]
fn iso4_host_field_of_another_host_is_refused() {
    let policy = policy([RuleSpec::host("api.test")]);
    for host in ["evil.test", "api.test:8443", "api.test.", "user@api.test", "https://api.test", ""] {
        check_header(&policy, "host", host, "policy.header.framing");
    }
    check_header(&policy, "host", "api.test", "allowed");
}

// Host, TE and Content-Length of the function were sent on.
#[test]
fn fastfn_fields_that_route_or_frame_are_refused() {
    let policy = policy([RuleSpec::host("api.test")]);
    for (name, value) in [("Host", "127.0.0.1"), ("TE", "trailers"), ("Content-Length", "0"), ("Transfer-Encoding", "chunked")] {
        check_header(&policy, name, value, "policy.header.framing");
    }
    for (name, code) in [("X-Forwarded-Host", "policy.header.forwarding"), ("X-Forwarded-For", "policy.header.forwarding")] {
        check_header(&policy, name, "127.0.0.1", code);
    }
}

// Fields were letters, digits and hyphens there. CGI, WSGI and PHP make `_` and `-` one, so an underscore hides a name.
#[test]
fn fastfn_underscores_are_no_other_spelling_of_a_field() {
    let policy = policy([RuleSpec::host("api.test")]);
    for (name, code) in [
        ("X_HTTP_Method_Override", "policy.header.override"),
        ("X-HTTP_Method-Override", "policy.header.override"),
        ("X_Original_URL", "policy.header.override"),
        ("X_Forwarded_For", "policy.header.forwarding"),
        ("X_Real_IP", "policy.header.forwarding"),
        ("X_Egret_App", "policy.header.control"),
        ("Transfer_Encoding", "policy.header.framing"),
    ] {
        check_header(&policy, name, "x", code);
    }
}

// The guard's own control field was believed when a client sent it.
#[test]
fn smokescreen_control_field_of_a_guest_is_refused() {
    let policy = policy([RuleSpec { override_headers: true, forwarding_headers: true, ..RuleSpec::host("api.test") }]);
    for name in ["X-Upstream-Https-Proxy", "X-Egress-Policy", "X-Egret-App", "X-Envoy-Original-Path"] {
        check_header(&policy, name, "http://evil.test", "policy.header.control");
    }
}

// A server believed what a field said of the host, whoever sent it; these are believed by servers and frameworks too.
#[test]
fn fastfn_fields_that_name_another_client_or_host_need_the_option() {
    let policy = policy([RuleSpec::host("api.test")]);
    for name in ["X-HTTP-Host-Override", "Client-IP", "X-Originating-IP", "X-Remote-Addr", "X-Forwarded", "Fastly-Client-IP"] {
        check_header(&policy, name, "127.0.0.1", "policy.header.forwarding");
    }
}
