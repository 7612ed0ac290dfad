//! What a path means to a rule.

use super::{check, deny, fault, open, policy, routes};
use egret_policy::{Request, RouteSpec, RuleSpec};
use http::{HeaderMap, Method};

// The decoded path was matched and the encoded one sent; later, a slash at the end was matched away and sent.
#[test]
fn iso4_what_is_matched_is_what_is_sent() {
    let policy = policy([routes("api.test", &["/v2/events"])]);
    for (url, sent) in [
        ("https://api.test/v2/%65vents", "/v2/events"),
        ("https://api.test/v1/../v2/./events", "/v2/events"),
        ("https://api.test/v2/events?a=/../x#/y", "/v2/events?a=/../x"),
    ] {
        let permit = policy.decide(Request::parse(Method::GET, url, HeaderMap::new()).unwrap()).unwrap();
        assert_eq!(permit.target().origin_form(), sent, "{url}");
    }
    check(&policy, "https://api.test/v2/events/", "policy.rule.path");
    check(&policy, "https://api.test/v2/Events", "policy.rule.path");
}

// Encodings that an upstream may decode went through a prefix rule as they were.
#[test]
fn iso4_prefix_is_not_left_by_encoding() {
    let policy = policy([routes("api.test", &["/public/**"])]);
    for (path, code) in [
        ("/public/../admin", "policy.rule.path"),
        ("/public/%2e%2e/admin", "policy.path.encoded_dot"),
        ("/public/%252e%252e/admin", "policy.path.double_encoding"),
        ("/public/..%2fadmin", "policy.path.encoded_slash"),
        ("/public/%2F..%2Fadmin", "policy.path.encoded_slash"),
        ("/public/x%2f..%2f..%2fadmin", "policy.path.encoded_slash"),
        ("/public/..;/admin", "policy.path.dot_parameter"),
        ("/public/..%3bx/admin", "policy.path.dot_parameter"),
        ("/public//admin", "policy.path.empty_segment"),
        ("/public/..\\admin", "policy.target.backslash"),
        ("/public/..%5cadmin", "policy.path.encoded_backslash"),
        ("/public/%c0%ae%c0%ae/admin", "policy.path.utf8"),
        ("/publication", "policy.rule.path"),
        ("/public/hello%20world", "allowed"),
    ] {
        check(&policy, &format!("https://api.test{path}"), code);
    }
}

// The same for servers that cut spaces at the end of a segment, as Windows does and deny rules are matched.
#[test]
fn iso4_dot_segment_with_a_space_behind_it_is_refused() {
    let narrow = policy([routes("api.test", &["/public/**"])]);
    let wide = open().rule(deny("api.test", &["/admin/**"])).build().unwrap();
    for dots in ["..%20", "..%20%20", ".%20"] {
        check(&narrow, &format!("https://api.test/public/{dots}/admin/x"), "policy.path.encoded_dot");
        check(&wide, &format!("https://api.test/public/{dots}/admin/x"), "policy.path.encoded_dot");
    }
}

// The denied prefix was compared before the path was normalised; the server behind it normalised.
#[test]
fn fastfn_denied_prefix_is_denied_in_every_spelling() {
    let policy = open().rule(deny("api.test", &["/_fn/**", "/console/**"])).build().unwrap();
    for (path, code) in [
        ("/_fn", "policy.rule.denied"),
        ("/_fn/health", "policy.rule.denied"),
        ("/%5ffn/health", "policy.rule.denied"),
        ("/_%66n/health", "policy.rule.denied"),
        ("/_FN/health", "policy.rule.denied"),
        ("/./_fn/health", "policy.rule.denied"),
        ("/x/../_fn/health", "policy.rule.denied"),
        ("/_fn;x=1/health", "policy.rule.denied"),
        ("/_fn%20/health", "policy.rule.denied"),
        ("/_fn%2Fhealth", "policy.rule.denied"),
        ("/_fn?x", "policy.rule.denied"),
        ("/_fn#x", "policy.rule.denied"),
        ("/ＣＯＮＳＯＬＥ/", "policy.rule.denied"),
        ("//_fn/health", "policy.path.empty_segment"),
        ("/%2f_fn/health", "policy.path.encoded_slash"),
        ("/x/%2e%2e/_fn/health", "policy.path.encoded_dot"),
        ("/x/..%2f_fn/health", "policy.path.encoded_slash"),
        ("/%255ffn/health", "policy.path.double_encoding"),
        ("/_fnord", "allowed"),
    ] {
        check(&policy, &format!("https://api.test{path}"), code);
    }
}

// Percent-encoding, and an encoded slash that one route may have, led into what a deny rule names.
#[test]
fn nono_encoded_slash_does_not_lead_into_a_denied_path() {
    let packages = RouteSpec { encoded_slash: true, ..RouteSpec::path("/pkg/**") };
    let allow = RuleSpec { routes: Some(vec![packages, RouteSpec::path("/v1/**")]), ..RuleSpec::host("api.test") };
    let policy = policy([allow, deny("api.test", &["/pkg/admin/**"])]);
    check(&policy, "https://api.test/pkg/@scope%2Fname", "allowed");
    for path in ["/pkg/admin/keys", "/pkg/admin%2Fkeys", "/pkg%2Fadmin/keys", "/pkg/%61dmin%2fkeys", "/pkg/ADMIN%2fKEYS"] {
        check(&policy, &format!("https://api.test{path}"), "policy.rule.denied");
    }
    check(&policy, "https://api.test/pkg/x%2F..%2Fadmin%2Fkeys", "policy.path.encoded_slash");
    check(&policy, "https://api.test/v1/a%2Fb", "policy.path.encoded_slash");
}

// A pattern of another language was loaded as the characters that it is made of, and denied nothing.
#[test]
fn foreign_patterns_are_faults_and_no_dead_rules() {
    for path in ["/v1/{id}", "/v1/[id]", "/v1/<id>", "/v1/(a|b)", "/^v1", "/v1/`x`", "/v1/:kind(..)", "/v1/:id?", "/v1/*x"] {
        assert_eq!(fault(deny("api.test", &[path])).as_deref(), Some("routes[0].path"), "{path}");
        assert_eq!(fault(routes("api.test", &[path])).as_deref(), Some("routes[0].path"), "{path}");
    }
    assert_eq!(fault(deny("api.test", &["/v1/x:id"])).as_deref(), Some("routes[0].path"));
    let colon = policy([routes("api.test", &["/v1/**"]), deny("api.test", &["/v1/models/x%3Agenerate", "/v1/:kind(a.|b)"])]);
    for path in ["/v1/models/x:generate", "/v1/models/x%3Agenerate", "/v1/a.", "/v1/A"] {
        check(&colon, &format!("https://api.test{path}"), "policy.rule.denied");
    }
    let literal = policy([routes("api.test", &["/v1/models/x:generate"])]);
    check(&literal, "https://api.test/v1/models/x:generate", "allowed");
    check(&literal, "https://api.test/v1/models/xy", "policy.rule.path");
}

// Servers that decode before they route cut at an encoded question mark, and drop what nobody sees.
#[test]
fn denied_path_is_denied_where_a_server_decodes_too_early() {
    let policy = open().rule(deny("api.test", &["/admin/**"])).build().unwrap();
    for path in [
        "/admin%3Fx",
        "/admin%3fx/y",
        "/admin%23x",
        "/x%2F..%3F",
        "/ad%C2%ADmin",
        "/ad%E2%80%8Bmin/x",
        "/%EF%BB%BFadmin",
        "/admin%E2%80%8D/x",
        "/ad\u{ad}min",
        "/%C2%A0admin",
        "/admin%C2%85",
        "/admin.;x/y",
        "/admin%2Fx%3Fy",
    ] {
        let expected = if path.contains("%2F..") { "policy.path.encoded_slash" } else { "policy.rule.denied" };
        check(&policy, &format!("https://api.test{path}"), expected);
    }
    for path in ["/x%3Fadmin", "/x%23/admin", "/adm%C2%ADn"] {
        check(&policy, &format!("https://api.test{path}"), "allowed");
    }
    for path in ["/x/.%E2%80%8B./admin", "/x/%C2%AD/admin", "/x/%C2%A0/admin", "/x/..%E2%80%8D/admin"] {
        check(&policy, &format!("https://api.test{path}"), "policy.path.encoded_dot");
    }
    // What is allowed stays literal.
    let narrow = self::policy([routes("api.test", &["/admin"])]);
    for path in ["/admin%3Fx", "/ad%C2%ADmin", "/admin%23"] {
        check(&narrow, &format!("https://api.test{path}"), "policy.rule.path");
    }
}
