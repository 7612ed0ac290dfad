//! Manifests that say more than their owner would read in them.

use crate::harness::{app, egret, stdout};
use serde_json::Value;
use std::path::Path;
use tempfile::TempDir;

fn folder(net: &str) -> TempDir {
    let at = tempfile::tempdir().unwrap();
    app(at.path(), &format!("version = 1\nname = \"m\"\n{net}\n"), &[("f.js", "export default () => new Response()")]);
    at
}

/// All rules stand in one manifest, since all its faults come at once: the keys tell which were refused.
#[track_caller]
fn check(rules: &[(&str, bool)]) {
    let list: Vec<&str> = rules.iter().map(|(rule, _)| *rule).collect();
    let at = folder(&format!("net = [\n{}\n]", list.join(",\n")));
    let output = egret(&["check", at.path().to_str().unwrap(), "--json"]);
    let told: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let faults = told.as_array().or_else(|| told["faults"].as_array()).cloned().unwrap_or_default();
    let faulty = |index: usize| faults.iter().any(|fault| fault["key"].as_str().unwrap().starts_with(&format!("net[{index}]")));
    let wrong: Vec<_> = rules.iter().enumerate().filter(|(index, (_, good))| faulty(*index) == *good).map(|(_, rule)| rule).collect();
    assert!(wrong.is_empty(), "rule, and whether it should be taken: {wrong:#?}");
}

fn explain(at: &Path, url: &str) -> Value {
    let output = egret(&["net", "explain", "GET", url, "--app", at.to_str().unwrap(), "--json"]);
    serde_json::from_str(&stdout(&output)).unwrap()
}

#[test]
fn hosts_that_mean_more_or_something_else_are_not_taken() {
    check(&[
        ("'api.example.com'", true),
        ("'**.example.com'", true),
        ("'*'", false),
        ("'**'", false),
        ("'*.com'", false),
        ("'**.co.uk'", false),
        ("'*.github.io'", false),
        ("'**.xn--55qx5d.cn'", false),
        ("'**.workers.dev'", false),
        ("'a.*.example.com'", false),
        ("'*.*.example.com'", false),
        ("'*a.example.com'", false),
        ("'EXAMPLE.com'", false),
        ("'example.com.'", false),
        ("'example.com:443'", false),
        ("'user@example.com'", false),
        ("'https://example.com'", false),
        ("'exa%6dple.com'", false),
        ("\"example.com\\u0000.example.net\"", false),
        ("\"ex\\u00adample.com\"", false),
        ("'127.1'", false),
        ("'0x7f.0.0.1'", false),
        ("'2130706433'", false),
        ("'[::ffff:127.0.0.1]'", false),
        ("'[::1%lo]'", false),
        ("'*.0.0.1'", false),
    ]);
}

#[test]
fn values_of_another_type_or_beyond_their_range_are_not_taken() {
    check(&[
        ("{ host = 'a.example.com', ports = [443, '8000-8099'] }", true),
        ("{ host = 'b.example.com', ports = '0-65535' }", false),
        ("{ host = 'c.example.com', ports = 65979 }", false),
        ("{ host = 'd.example.com', ports = 4294967739 }", false),
        ("{ host = 'e.example.com', ports = '8099-8000' }", false),
        ("{ host = 'f.example.com', ports = [] }", false),
        ("{ host = 'g.example.com', ports = 443.0 }", false),
        ("{ host = 'h.example.com', deny = 'false' }", false),
        ("{ host = 'i.example.com', deny = true, routes = [] }", false),
        ("{ host = 'j.example.com', deny = true, routes = [{ path = '/x', methods = [] }] }", false),
        ("{ host = 'k.example.com', https_only = 0 }", false),
        ("{ host = ['l.example.com'] }", false),
        ("{ Host = 'm.example.com' }", false),
        ("['n.example.com']", false),
        ("{ host = 'o.example.com', routes = '/x' }", false),
        ("{ host = 'p.example.com', routes = ['/**/x'] }", false),
        ("{ host = 'q.example.com', routes = ['/:a(.*)'] }", false),
        ("{ host = 'r.example.com', routes = ['/a/../b'] }", false),
        ("{ host = 's.example.com', routes = [{ path = '/a', methods = 'get' }] }", false),
        ("{ host = 't.example.com', routes = [{ path = '/a', methods = '*' }] }", false),
        ("{ host = 'u.example.com', routes = [{ path = '/a', method = 'GET' }] }", false),
    ]);
}

#[test]
fn no_exemption_touches_what_nothing_lifts() {
    check(&[
        ("{ host = 'a.example.com', private = ['10.0.0.0/8', '127.0.0.1/32', '::1/128'] }", true),
        ("{ host = 'b.example.com', private = ['0.0.0.0/0'] }", false),
        ("{ host = 'c.example.com', private = ['128.0.0.0/1'] }", false),
        ("{ host = 'd.example.com', private = ['169.254.169.254/32'] }", false),
        ("{ host = 'e.example.com', private = ['168.63.129.16/32'] }", false),
        ("{ host = 'f.example.com', private = ['100.64.0.0/10'] }", false),
        ("{ host = 'g.example.com', private = ['::/0'] }", false),
        ("{ host = 'h.example.com', private = ['::ffff:127.0.0.1/128'] }", false),
        ("{ host = 'i.example.com', private = ['64:ff9b::a9fe:a9fe/128'] }", false),
        ("{ host = 'j.example.com', private = ['2002:a9fe:a9fe::/48'] }", false),
        ("{ host = 'k.example.com', private = ['fc00::/7'] }", false),
        ("{ host = 'l.example.com', private = ['fe80::1/128'] }", false),
        ("{ host = 'm.example.com', private = ['127.0.0.1'] }", false),
        ("{ host = 'n.example.com', private = ['127.0.0.1/8'] }", false),
        ("{ host = 'o.example.com', private = ['localhost'] }", false),
    ]);
}

#[test]
fn wildcards_that_span_names_where_everyone_registers_are_not_taken() {
    check(&[
        ("'**.ck'", false),
        ("'**.np'", false),
        ("'**.kawasaki.jp'", false),
        ("'**.compute.amazonaws.com'", false),
        ("'**.amazonaws.com'", false),
        ("'*.amazonaws.com'", true),
        ("'**.assets.example.com'", true),
        ("'**.core.windows.net'", false),
        ("'**.newtld'", false),
    ]);
}

#[test]
fn numbers_with_a_leading_zero_are_not_taken() {
    check(&[
        ("{ host = 'a.example.com', private = ['010.1.2.3/32'] }", false),
        ("{ host = 'b.example.com', ports = '0443' }", false),
        ("{ host = 'c.example.com', private = ['10.1.2.3/32'], ports = '443' }", true),
    ]);
}

#[test]
fn a_deny_pattern_that_no_path_can_match_is_not_taken() {
    check(&[("{ host = 'a.example.com', deny = true, routes = ['/:a(..)'] }", false)]);
}

#[test]
fn a_deny_rule_knows_the_capital_sharp_s() {
    let at = folder("net = ['a.example.com', { host = 'a.example.com', deny = true, routes = ['/straße'] }]");
    assert_eq!(explain(at.path(), "https://a.example.com/STRA%E1%BA%9EE")["code"], "policy.rule.denied");
}

#[test]
fn explaining_judges_an_address_that_stands_in_the_url() {
    for (manifest, url, code) in [
        ("net = ['[::1]', '10.1.2.3']", "https://[::1]/", "egress.addr.loopback"),
        ("net = ['[::1]', '10.1.2.3']", "https://10.1.2.3/", "egress.addr.private"),
        ("mode = 'open'", "https://127.0.0.1/", "egress.addr.loopback"),
    ] {
        let told = explain(folder(manifest).path(), url);
        assert_eq!((&told["allowed"], told["code"].as_str()), (&Value::Bool(false), Some(code)), "{url}");
    }
}
