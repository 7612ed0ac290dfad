//! What a rule does beside allowing, as a manifest writes it.

use super::*;
use egret_policy::{Actions, BreakerSpec, RetrySpec};

fn text(rule: &str) -> String {
    format!("version = 1\nname = \"a\"\n[[net]]\nhost = \"a.test\"\n{rule}\n")
}

fn rule(text: &str) -> egret_policy::RuleSpec {
    Manifest::parse(Path::new("egret.toml"), text).unwrap().net.remove(0)
}

#[test]
fn actions_are_read_as_they_are_written() {
    let good = text(
        r#"retry = { attempts = 2, on = [429, 503], backoff = "0ms..1s", methods = "POST" }
rate = "60/min"
burst = 10
rate_wait = "250ms"
breaker = { failures = 3, open = "1m" }
timeout = "10s"
max_response = "1MiB"
routes = [{ path = "/a", timeout = "1s" }, { path = "/b", max_response = "20MiB" }]"#,
    );
    check(&good, &[]);
    let spec = rule(&good);
    let written = format!("version = 1\nname = \"a\"\n{}", spec.to_toml("net"));
    assert_eq!(rule(&written), spec, "{written}");
    let retry = spec.actions.retry.unwrap();
    assert_eq!((retry.attempts, retry.on, retry.methods), (2, vec![429, 503], vec!["POST".to_owned()]));
    let rate = spec.actions.rate.unwrap();
    assert_eq!((rate.calls, rate.per.time().as_secs(), rate.burst, rate.wait.as_millis()), (60, 60, Some(10), 250));
    assert_eq!(spec.actions.breaker.map(|breaker| (breaker.failures, breaker.open.as_secs())), Some((3, 60)));
    assert_eq!((spec.actions.extent.timeout.unwrap().as_secs(), spec.actions.extent.max_response), (10, Some(1 << 20)));
    let routes = spec.routes.unwrap();
    assert_eq!((routes[0].extent.timeout.unwrap().as_secs(), routes[1].extent.max_response), (1, Some(20 << 20)));
}

#[test]
fn an_empty_table_is_the_usual_one_and_no_key_is_no_action() {
    let usual = Actions { retry: Some(RetrySpec::default()), breaker: Some(BreakerSpec::default()), ..Actions::default() };
    assert_eq!(rule(&text("retry = {}\nbreaker = {}")).actions, usual);
    assert!(rule(&text("")).actions.is_none());
}

#[test]
fn a_fault_of_an_action_stands_in_its_place() {
    for (rule, expected) in [
        ("retry = 3", &["5 net[0].retry"][..]),
        ("retry = { attempts = 6 }", &["5 net[0].retry.attempts"]),
        ("retry = { attempts = 1000 }", &["5 net[0].retry.attempts"]),
        ("retry = { on = [404] }", &["5 net[0].retry.on"]),
        ("retry = { on = \"503\" }", &["5 net[0].retry.on[0]"]),
        ("retry = { backoff = \"5s\" }", &["5 net[0].retry.backoff"]),
        ("retry = { backoff = \"5s..1s\" }", &["5 net[0].retry.backoff"]),
        ("retry = { methods = [\"post\"] }", &["5 net[0].retry.methods"]),
        ("retry = { tries = 3 }", &["5 net[0].retry.tries"]),
        ("rate = \"60\"", &["5 net[0].rate"]),
        ("rate = \"9000000/s\"\nburst = 0", &["5 net[0].rate", "6 net[0].burst"]),
        ("burst = 1\nrate_wait = \"1s\"", &["5 net[0].burst", "6 net[0].rate_wait"]),
        ("rate = \"1/s\"\nrate_wait = \"61s\"", &["6 net[0].rate_wait"]),
        ("breaker = { failures = 0, open = \"16m\" }", &["5 net[0].breaker.failures", "5 net[0].breaker.open"]),
        ("timeout = \"0s\"\nmax_response = \"0B\"", &["5 net[0].timeout", "6 net[0].max_response"]),
        ("timeout = 5\nmax_response = \"1MB\"", &["5 net[0].timeout", "6 net[0].max_response"]),
        ("routes = [{ path = \"/\", timeout = \"0s\" }]", &["5 net[0].routes[0].timeout"]),
        ("deny = true\ntimeout = \"1s\"", &["6 net[0].timeout"]),
    ] {
        check(&text(rule), expected);
    }
}
