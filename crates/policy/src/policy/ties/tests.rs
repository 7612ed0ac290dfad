//! Which routes tie, and that the search stays short however many there are.

use super::*;
use crate::{Policy, RouteSpec, RuleSpec};

fn rule(place: usize, routes: impl IntoIterator<Item = String>, exempt: bool) -> Arc<Rule> {
    let routes = routes.into_iter().map(RouteSpec::path).collect();
    let private = if exempt { vec!["10.0.0.0/8".to_owned()] } else { Vec::new() };
    Arc::new(Rule::compile(place, RuleSpec { routes: Some(routes), private, ..RuleSpec::host("a.test") }).unwrap())
}

/// The later rules that tie, and the steps that it took to find them.
fn search(rules: &[Arc<Rule>]) -> (Vec<usize>, usize) {
    let mut search = Search { left: MOST_STEPS, found: BTreeMap::new() };
    assert!(search.group(&rules.iter().collect::<Vec<_>>()).is_ok());
    (search.found.into_keys().collect(), MOST_STEPS - search.left)
}

#[track_caller]
fn check(one: &str, other: &str, tied: bool) {
    for (first, second) in [(one, other), (other, one)] {
        let rules = [rule(0, [first.to_owned()], true), rule(1, [second.to_owned()], false)];
        assert_eq!(!search(&rules).0.is_empty(), tied, "{first} {second}");
    }
}

#[test]
fn routes_tie_where_one_path_may_match_both() {
    for tied in [("/**", "/**"), ("/a", "/a"), ("/:x/b", "/a/*"), ("/a/*", "/a/:x(b|c)"), ("/*/b/**", "/a/**"), ("/a/**", "/a/*/*")] {
        check(tied.0, tied.1, true);
    }
    for apart in [("/a", "/b"), ("/:x/b", "/:x/c"), ("/a/*", "/a/*/*"), ("/a/**", "/b/**"), ("/a/:x", "/**"), ("/:x/b/:y/e", "/a/:x/:y/d")]
    {
        check(apart.0, apart.1, false);
    }
}

#[test]
fn rules_that_meet_on_no_port_or_by_no_method_do_not_tie() {
    let with = |place, ports: &str, method: &str, exempt| {
        let private = if exempt { vec!["10.0.0.0/8".to_owned()] } else { Vec::new() };
        let routes = Some(vec![RouteSpec { methods: Some(vec![method.to_owned()]), ..RouteSpec::path("/**") }]);
        let ports = Some(ports.split(',').map(|range| range.parse().unwrap()).collect());
        Arc::new(Rule::compile(place, RuleSpec { ports, routes, private, ..RuleSpec::host("a.test") }).unwrap())
    };
    let first = with(0, "9,70-90,443", "GET", true);
    for (ports, method, tied) in
        [("443", "GET", true), ("443", "POST", false), ("1-8,10-69,91-442,444", "GET", false), ("1-8,90", "GET", true)]
    {
        assert_eq!(search(&[Arc::clone(&first), with(1, ports, method, false)]).0.len(), usize::from(tied), "{ports} {method}");
    }
}

#[test]
fn each_rule_that_ties_is_told_once_with_the_first_that_it_ties_with() {
    let rules = (0..300).map(|place| RuleSpec { override_headers: place % 2 == 0, ..RuleSpec::host("a.test") });
    let faults = Policy::builder().rules(rules).build().unwrap_err();
    assert_eq!(faults.len(), 299);
    assert!(faults.iter().all(|fault| fault.words.contains(if fault.rule % 2 == 0 { "rule 2 " } else { "rule 1 " })), "{faults:?}");
}

/// A shape of many rules: the routes of one of them.
type Shape = fn(rule: usize) -> Vec<String>;

const SHAPES: &[Shape] = &[
    |rule| (0..20).map(|n| format!("/:a/{n}.{rule}")).collect(),
    |rule| (0..20).map(|n| format!("/{n}.{rule}/:a")).collect(),
    |rule| (0..20).map(|n| format!("/{n}.{rule}")).collect(),
    |rule| (0..20).map(|n| format!("/v1/:a/{n}.{rule}/**")).collect(),
    |rule| (0..20).map(|n| format!("/{n}.{rule}/{}x", "*/".repeat(n))).collect(),
    |rule| (0..20).map(|n| format!("/{rule}/:a({n}|x{n})")).collect(),
];

#[test]
fn twice_as_many_rules_take_twice_as_many_steps() {
    for (number, shape) in SHAPES.iter().enumerate() {
        let steps = |count: usize| {
            let rules: Vec<_> = (0..count).map(|place| rule(place, shape(place), place % 2 == 0)).collect();
            let (tied, steps) = search(&rules);
            assert_eq!(tied, [0; 0], "shape {number}");
            steps
        };
        let (few, many) = (steps(20), steps(40));
        assert!(few > 0 && many <= 2 * few, "shape {number}: {few} and {many} steps");
    }
}

/// A thousand rules with thirty routes each: compared in pairs, more than four hundred million.
#[test]
fn a_manifest_at_its_limits_loads() {
    let private = |place: usize| if place.is_multiple_of(2) { vec!["10.0.0.0/8".to_owned()] } else { Vec::new() };
    let routes = |place| (0..30).map(|n| RouteSpec::path(format!("/:a/{n:x}.{place}"))).collect();
    let rules = (0..1000).map(|place| RuleSpec { routes: Some(routes(place)), private: private(place), ..RuleSpec::host("a.test") });
    assert!(Policy::builder().rules(rules).build().is_ok());
}

/// Patterns that have their literals elsewhere each, so that no order of them helps: refused in words, not searched for minutes.
#[test]
fn what_would_take_too_long_is_a_fault() {
    let pattern = |number: usize| (0..12).map(|bit| if number >> bit & 1 == 1 { "/x" } else { "/*" }).collect::<String>();
    let balanced = (0..1_usize << 12).filter(|number| number.count_ones() == 6);
    let rules: Vec<_> =
        balanced.enumerate().map(|(place, number)| rule(place, [format!("{}/{number}", pattern(number))], place % 2 == 0)).collect();
    let faults = within(1 << 20, std::iter::once(rules.iter().collect()));
    assert!(faults.len() == 1 && faults[0].words.contains("merge those"), "{faults:?}");
}
