//! Golden cases: `check(input, expected)` where expected is the canonical URL or a code.

use super::*;

#[track_caller]
fn check(url: &str, expected: &str) {
    let got = match Target::parse(url) {
        Ok(target) => target.to_url(),
        Err(denial) => denial.code().as_str().to_owned(),
    };
    assert_eq!(got, expected, "{url:?}");
}

#[test]
fn canonical_form_is_made_once() {
    check("https://api.example.com", "https://api.example.com/");
    check("HTTPS://API.Example.COM./v1/x", "https://api.example.com/v1/x");
    check("https://api.example.com:00443/v1", "https://api.example.com/v1");
    check("https://api.example.com:/v1", "https://api.example.com/v1");
    check("https://api.example.com:8443/v1", "https://api.example.com:8443/v1");
    check("https://api.example.com/v1/a/b/../c", "https://api.example.com/v1/a/c");
    check("https://api.example.com/v1/./x/.", "https://api.example.com/v1/x/");
    check("https://api.example.com/v1/caf%c3%a9", "https://api.example.com/v1/caf%C3%A9");
    check("https://api.example.com/v1/café", "https://api.example.com/v1/caf%C3%A9");
    check("https://api.example.com/%7Euser/%61", "https://api.example.com/~user/a");
    check("https://api.example.com/a+b/a%2Bb", "https://api.example.com/a+b/a%2Bb");
    check("https://api.example.com/v1/x?a='b c'".replace(' ', "%20").as_str(), "https://api.example.com/v1/x?a=%27b%20c%27");
    check("https://api.example.com/x?q=100%&r={}#frag", "https://api.example.com/x?q=100%&r=%7B%7D");
    check("https://api.example.com/100%25", "https://api.example.com/100%25");
    check("https://faß.example.com/", "https://xn--fa-hia.example.com/");
    check("https://api。example。com/v1/x", "https://api.example.com/v1/x");
    check("http://93.184.215.14/", "http://93.184.215.14/");
    check("http://[2606:4700:4700:0::1111]:8080/", "http://[2606:4700:4700::1111]:8080/");
}

#[test]
fn what_parsers_read_differently_is_refused() {
    check("http://example.com@127.0.0.1/", "policy.target.userinfo");
    check("https://@api.example.com/", "policy.target.userinfo");
    check("http://127.1.1.1:80\\@127.2.2.2:80/", "policy.target.backslash");
    check("https:/\\api.example.com/", "policy.target.slashes");
    check("http:///127.0.0.1/", "policy.target.slashes");
    check("//169.254.169.254/", "policy.target.scheme");
    check("\thttp://127.0.0.1/", "policy.target.control");
    check("http://a\u{0}b.example.com/", "policy.target.control");
    check("http://127.0.0.1%00.example.com/", "policy.target.percent_in_host");
    check("http://[fe80::1%25eth0]/", "policy.target.zone_id");
    check("http://[::ffff:0x7f.1]/", "policy.target.bracket");
    check("http://[api.example.com]/", "policy.target.bracket");
    check("http://[::ffff:1.2.3.4]/", "policy.target.mapped");
    check("http://[::1]:80:81/", "policy.target.port");
    check("http://example.com:80:81/", "policy.target.port");
    check("http://example.com:65536/", "policy.target.port");
    check("http://example.com:+80/", "policy.target.port");
    check("http://example.com:0/", "policy.target.port");
    check("gopher://127.0.0.1:6379/_FLUSHALL", "policy.target.scheme");
    check("unix:/var/run/docker.sock", "policy.target.scheme");
    check("https://", "policy.target.no_host");
    check("https://?x", "policy.target.no_host");
}

#[test]
fn an_address_has_one_spelling() {
    for form in [
        "0x7f.1",
        "017700000001",
        "2852039166",
        "127.1",
        "127.0.0.1.",
        "127.0.0.08",
        "1.2.3.4.5",
        "a.b.c.0x7f",
        "127。0。0。1",
        "１２７．０．０．１",
    ] {
        check(&format!("http://{form}/"), "policy.target.ipv4_form");
    }
}

#[test]
fn names_are_strict() {
    check("https://api..example.com/", "policy.name.empty_label");
    check("https://api.example.com../", "policy.name.empty_label");
    check("https://.example.com/", "policy.name.empty_label");
    check("https://xn--pokxncvks.example.com/", "policy.name.idna");
    check("https://a_b.example.com/", "policy.name.idna");
    check("https://xn--xn--a--gua.example.com/", "policy.name.idna");
    check("https://metadata.goog/", "policy.name.metadata");
    check("https://xn--n3h.example.com/", "https://xn--n3h.example.com/");
    check("https://r3---sn-4g5e.example.com/", "https://r3---sn-4g5e.example.com/");
    check(&format!("https://{}.example.com/", "a".repeat(64)), "policy.name.length");
    check(&format!("https://{}example.com/", "a123456789.".repeat(23)), "policy.name.length");
}

#[test]
fn paths_that_decode_into_others_are_refused() {
    check("https://h.test/v1/%2e%2e/admin", "policy.path.encoded_dot");
    check("https://h.test/v1/%2e./admin", "policy.path.encoded_dot");
    check("https://h.test/v1/%252e%252e/admin", "policy.path.double_encoding");
    check("https://h.test/v1/%u002e/admin", "policy.path.triplet");
    check("https://h.test/v1/%25u002e/admin", "policy.path.double_encoding");
    check("https://h.test/v1/..;x=y/admin", "policy.path.dot_parameter");
    check("https://h.test/v1/..%3b/admin", "policy.path.dot_parameter");
    check("https://h.test/v1/..%5cadmin", "policy.path.encoded_backslash");
    check("https://h.test/v1/..%2fadmin", "policy.path.encoded_slash");
    check("https://h.test//admin", "policy.path.empty_segment");
    check("https://h.test/v1/../../admin", "policy.path.above_root");
    check("https://h.test/v1/x%00", "policy.path.control");
    check("https://h.test/v1/%c0%ae", "policy.path.utf8");
    check("https://h.test/v1/．．/admin", "policy.path.lookalike");
    check("https://h.test/v1/%2", "policy.path.triplet");
}

#[test]
fn a_target_for_people_never_shows_its_query() {
    let target = Target::parse("https://h.test/a?token=hunter2").unwrap();
    assert_eq!(target.to_string(), "https://h.test/a?…");
}

/// Found by fuzzing: escapes made the canonical form longer than what would be read again.
#[test]
fn a_url_that_grows_over_the_limit_is_refused() {
    check(&format!("https://a.example.com/{}", "é".repeat(2_000)), "policy.target.too_long");
    assert!(Target::parse(&format!("https://a.example.com/{}", "é".repeat(1_300))).is_ok());
}
