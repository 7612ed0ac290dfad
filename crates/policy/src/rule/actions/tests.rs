//! What a rule may say of its actions, and how that is written.

use super::*;
use crate::rule::{RouteSpec, Rule};

fn fields(spec: RuleSpec) -> Vec<String> {
    Rule::compile(0, spec).err().unwrap_or_default().into_iter().map(|(field, _)| field).collect()
}

fn with(actions: Actions) -> RuleSpec {
    RuleSpec { actions, ..RuleSpec::host("a.test") }
}

#[test]
fn a_rate_has_one_spelling() {
    for (good, calls, seconds) in [("60/min", 60, 60), ("1/s", 1, 1), ("1000/h", 1_000, 3_600), ("5/d", 5, 86_400)] {
        let rate = RateSpec::read(good).unwrap();
        assert_eq!((rate.calls, rate.per.time()), (calls, Duration::from_secs(seconds)), "{good}");
    }
    for bad in ["", "60", "60/", "/min", "60/m", "060/min", "+6/s", "6 /s", "1.5/s", "0/s", "60/minute", "99999999999/s"] {
        assert!(RateSpec::read(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn what_is_out_of_range_is_a_fault_of_its_field() {
    let retry = |change: fn(&mut RetrySpec)| {
        let mut retry = RetrySpec::default();
        change(&mut retry);
        with(Actions { retry: Some(retry), ..Actions::default() })
    };
    assert_eq!(fields(retry(|_| {})), [""; 0]);
    assert_eq!(fields(retry(|retry| retry.attempts = 0)), ["retry.attempts"]);
    assert_eq!(fields(retry(|retry| retry.attempts = 6)), ["retry.attempts"]);
    assert_eq!(fields(retry(|retry| retry.on = vec![429, 404])), ["retry.on"]);
    assert_eq!(fields(retry(|retry| retry.backoff.1 = Duration::from_millis(1))), ["retry.backoff"]);
    assert_eq!(fields(retry(|retry| retry.backoff.1 = Duration::from_secs(61))), ["retry.backoff"]);
    assert_eq!(fields(retry(|retry| retry.methods = vec!["post".to_owned()])), ["retry.methods"]);
    let rate = |rate: RateSpec| with(Actions { rate: Some(rate), ..Actions::default() });
    let minute = RateSpec::read("60/min").unwrap();
    assert_eq!(fields(rate(minute)), [""; 0]);
    assert_eq!(fields(rate(RateSpec { calls: 2_000_000, burst: Some(0), ..minute })), ["rate", "burst"]);
    assert_eq!(fields(rate(RateSpec { wait: Duration::from_secs(61), ..minute })), ["rate_wait"]);
    let breaker = BreakerSpec { failures: 0, open: Duration::ZERO };
    assert_eq!(fields(with(Actions { breaker: Some(breaker), ..Actions::default() })), ["breaker.failures", "breaker.open"]);
    let extent = Extent { timeout: Some(Duration::from_nanos(1_500_000)), max_response: Some(0) };
    assert_eq!(fields(with(Actions { extent, ..Actions::default() })), ["timeout", "max_response"]);
    let route = RouteSpec { extent, ..RouteSpec::path("/") };
    assert_eq!(fields(RuleSpec { routes: Some(vec![route]), ..RuleSpec::host("a.test") }), ["routes[0].timeout", "routes[0].max_response"]);
}

#[test]
fn a_deny_rule_acts_on_nothing() {
    let actions = Actions { breaker: Some(BreakerSpec::default()), ..Actions::default() };
    assert_eq!(fields(RuleSpec { deny: true, ..with(actions) }), ["breaker"]);
    let route = RouteSpec { extent: Extent { max_response: Some(1), ..Extent::default() }, ..RouteSpec::path("/") };
    let deny = RuleSpec { deny: true, routes: Some(vec![route]), ..RuleSpec::host("a.test") };
    assert_eq!(fields(deny), ["routes[0].max_response"]);
}

#[test]
fn actions_are_written_as_a_manifest_writes_them() {
    let rate = RateSpec { burst: Some(10), wait: Duration::from_millis(250), ..RateSpec::read("60/min").unwrap() };
    let retry = RetrySpec { methods: vec!["POST".to_owned()], ..RetrySpec::default() };
    let extent = Extent { timeout: Some(Duration::from_secs(10)), max_response: Some(1 << 20) };
    let actions = Actions { retry: Some(retry), rate: Some(rate), breaker: Some(BreakerSpec::default()), extent };
    let written = "retry = { attempts = 3, on = [502, 503, 504], backoff = \"200ms..5s\", methods = [\"POST\"] }
rate = \"60/min\"
burst = 10
rate_wait = \"250ms\"
breaker = { failures = 5, open = \"30s\" }
timeout = \"10s\"
max_response = \"1048576B\"
";
    assert_eq!(actions.to_toml(), written);
    assert_eq!(Actions::default().to_toml(), "");
}
