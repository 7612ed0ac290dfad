//! How a URL is read, up to its path.

use super::{check, deny, open, policy};
use egret_policy::RuleSpec;

// User and password in a URL became an Authorization field. iso4 cut them off in silence.
#[test]
fn fazt_user_and_password_in_a_url_are_refused() {
    let policy = policy([RuleSpec::host("api.test")]);
    for user in ["user:pass", "user", "", ":", "other.test:443"] {
        check(&policy, &format!("https://{user}@api.test/"), "policy.target.userinfo");
    }
}

// `api.example.com.` was claimed by no rule, so it fell through to the coarser policy behind them.
#[test]
fn iso4_trailing_dot_does_not_slip_by_a_rule() {
    let policy = open().rule(deny("api.test", &[])).build().unwrap();
    for host in ["api.test", "api.test.", "API.TEST.", "api。test", "api.test.:8443"] {
        check(&policy, &format!("https://{host}/"), "policy.rule.denied");
    }
    check(&policy, "https://api.test../", "policy.name.empty_label");
}

// A NUL in the host: the list of names read to its end, the resolver to the NUL.
#[test]
fn claude_code_nul_does_not_end_a_name() {
    let policy = policy([RuleSpec::host("**.allowed.test")]);
    check(&policy, "https://evil.test\0.allowed.test/", "policy.target.control");
    check(&policy, "https://evil.test%00.allowed.test/", "policy.target.percent_in_host");
    check(&policy, "https://evil.test\t.allowed.test/", "policy.target.control");
    check(&policy, "https://evil.test%2f.allowed.test/", "policy.target.percent_in_host");
}

// Brackets, dots and look-alike letters made another string of a denied name, and the same host of it.
#[test]
fn smokescreen_denied_name_is_denied_in_every_spelling() {
    let policy = open().rule(deny("evil.example.com", &[])).build().unwrap();
    for host in ["evil.example.com.", "EVIL.Example.com", "ｅｖｉｌ.example.com", "evil。example．com", "ev\u{ad}il.example.com"] {
        check(&policy, &format!("https://{host}/"), "policy.rule.denied");
    }
    check(&policy, "https://[evil.example.com]/", "policy.target.bracket");
    check(&policy, "https://evil.example.com../", "policy.name.empty_label");
    check(&policy, "https://evil%2eexample.com/", "policy.target.percent_in_host");
}

// A zone id made the address one that no network on the list contains.
#[test]
fn pipelock_zone_id_is_refused() {
    let policy = open().build().unwrap();
    for zone in ["fe80::1%25eth0", "fe80::1%eth0", "::1%25lo", "::1%"] {
        check(&policy, &format!("http://[{zone}]/"), "policy.target.zone_id");
    }
}

// Line ends in a URL split the request line, and began a field or a second request.
#[test]
fn go_line_ends_in_a_url_are_refused() {
    let policy = open().build().unwrap();
    for url in ["https://api.test/\r\nX: y", "https://api.test/?q=\r\nHost: evil.test", "https://api.test/ HTTP/1.1", "https://api.test\n/"]
    {
        check(&policy, url, "policy.target.control");
    }
    check(&policy, "https://api.test/x%0d%0aX:%20y", "policy.path.control");
}

// Data left in the labels of names under an allowed wildcard.
#[test]
fn httpjail_data_in_labels_under_a_wildcard_is_refused() {
    let policy = policy([RuleSpec::host("**.example.com")]);
    let secret = "c2vjcmv0lwtlesbwbhvzig1vcmugzgf0ysb0bybzbxvn";
    check(&policy, "https://api.example.com/", "allowed");
    check(&policy, &format!("https://{secret}.{secret}.example.com/"), "policy.name.label_budget");
    check(&policy, "https://a.b.c.d.e.example.com/", "policy.name.label_budget");
}
