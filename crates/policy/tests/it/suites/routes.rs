//! Path patterns against rou3, a router with a like syntax: what its own tests call, each as a policy of one route.
//!
//! Where the two differ ours must be the narrower one, for a listed reason: a rule never allows a path that its author
//! would not expect of a router. A deny rule is never narrower than a router, but for the star that stands for nothing.

use super::{Tally, cases};
use egret_policy::{Mode, Policy, Reach, Request, RouteSpec, RuleSpec};
use http::{HeaderMap, Method};
use serde_json::Value;

/// One question that a router answers: does this pattern match that path?
struct Question<'a> {
    /// `None`: a route for every method.
    route_method: Option<&'a str>,
    pattern: &'a str,
    method: &'a str,
    path: &'a str,
    matches: bool,
}

/// Why a path that rou3 matches is not matched here; the first that fits counts.
type Fits = fn(&Question<'_>) -> bool;
const NARROWER: &[(&str, Fits)] = &[
    ("narrower: a method is an upper-case token", |q| q.method.chars().any(|c| !c.is_ascii_uppercase())),
    ("narrower: a star stands for one segment, never for none", |q| q.pattern.ends_with("/*") && depth(q.path) < depth(q.pattern)),
    ("narrower: two slashes in a row are refused", |q| q.path.contains("//")),
    ("narrower: a slash at the end is part of the path", |q| q.path.ends_with('/') || q.pattern.ends_with('/')),
];

/// Patterns of rou3's syntax that are valid here and mean their very characters. They cover nothing more than that.
const LITERAL_HERE: &[&str] = &["/npm/@:param1/:param2", "/path/get-:file.:ext"];

#[test]
fn every_pattern_that_both_know_matches_alike_or_less() {
    let (Some(calls), Some(regexps)) = (cases("urlpattern-routing/rou3-calls.json"), cases("urlpattern-routing/rou3-regexp-cases.json"))
    else {
        return;
    };
    let mut tally = Tally::default();
    for call in &calls {
        match call["op"].as_str().unwrap() {
            "find" | "findAll" => found(call, &mut tally),
            "overlap" | "compare" => compared(call, &mut tally),
            _ if call["error"].is_string() => both_refuse(call["pattern"].as_str().unwrap(), &mut tally),
            _ => tally.count("not applicable: the text of a regular expression"),
        }
    }
    for case in &regexps {
        for path in case["match"].as_array().unwrap() {
            ask(&any_method(case["pattern"].as_str().unwrap(), path[0].as_str().unwrap(), true), &mut tally);
        }
    }
    tally.check(
        "urlpattern-routing",
        &[
            ("equal: both match", 191),
            ("equal: neither matches", 706),
            ("equal: the pattern is refused", 5),
            ("narrower: a method is an upper-case token", 1),
            ("narrower: a slash at the end is part of the path", 9),
            ("narrower: a star stands for one segment, never for none", 22),
            ("narrower: two slashes in a row are refused", 9),
            ("not applicable: a path without its first slash", 10),
            ("not applicable: a pattern with two slashes in a row", 17),
            ("not applicable: a pattern without its first slash", 1),
            ("not applicable: a route that was removed", 23),
            ("not applicable: another route was preferred", 993),
            ("not applicable: escapes with a backslash", 7),
            ("not applicable: groups in braces", 11),
            ("not applicable: optional and repeated parameters", 28),
            ("not applicable: parameters and stars as part of a segment, or with other names", 30),
            ("not applicable: regular expressions", 100),
            ("not applicable: the text of a regular expression", 31),
            ("not applicable: two patterns are compared", 64),
        ],
    );
}

/// A lookup in a table of routes: the route that is returned matches; if none or all are returned, the others do not.
fn found(call: &Value, tally: &mut Tally) {
    let changes = call["routes"].as_array().unwrap();
    let (method, path) = (call["method"].as_str().unwrap(), call["path"].as_str().unwrap());
    let removed = |pattern: &str| changes.iter().any(|change| change[0] == "remove" && rooted(change[2].as_str().unwrap()) == pattern);
    let results = call["result"].as_array().cloned().unwrap_or_else(|| vec![call["result"].clone()]);
    let tells_of_all = call["op"] == "findAll" || call["result"].is_null();
    for route in changes.iter().filter(|change| change[0] == "add") {
        let (route_method, pattern) = (route[1].as_str().filter(|method| !method.is_empty()), route[2].as_str().unwrap());
        let matches = results.iter().any(|result| !result.is_null() && result["data"] == route[3]);
        if removed(pattern) {
            tally.count("not applicable: a route that was removed");
        } else if matches || tells_of_all && route_method.is_some() {
            ask(&Question { route_method, pattern, method, path, matches }, tally);
        } else {
            tally.count("not applicable: another route was preferred");
        }
    }
}

/// A comparison of two patterns is a question of ours if one of them is a plain path.
fn compared(call: &Value, tally: &mut Tally) {
    let (a, b) = (call["a"].as_str().unwrap(), call["b"].as_str().unwrap());
    let (pattern, path) = if is_plain(b) { (a, b) } else { (b, a) };
    match (&call["result"], is_plain(path)) {
        (_, false) => tally.count("not applicable: two patterns are compared"),
        (Value::Bool(matches), true) => ask(&any_method(pattern, path, *matches), tally),
        (relation, true) => ask(&any_method(pattern, path, relation != "disjoint"), tally),
    }
}

fn both_refuse(pattern: &str, tally: &mut Tally) {
    match policy(None, pattern) {
        None => tally.count("equal: the pattern is refused"),
        Some(_) if LITERAL_HERE.contains(&pattern) => tally.count("not applicable: groups in braces"),
        Some(_) => panic!("{pattern} is refused there, and not here"),
    }
}

fn any_method<'a>(pattern: &'a str, path: &'a str, matches: bool) -> Question<'a> {
    Question { route_method: None, pattern, method: "GET", path, matches }
}

fn ask(question: &Question<'_>, tally: &mut Tally) {
    let Question { route_method, pattern, method, path, matches } = question;
    let policy = policy(*route_method, pattern);
    if let Some(reason) = foreign(pattern) {
        assert!(policy.is_none() || LITERAL_HERE.contains(pattern), "{pattern} is accepted here: as what?");
        return tally.count(&format!("not applicable: {reason}"));
    }
    let Some(policy) = policy else { panic!("{pattern} is refused here") };
    if !path.starts_with('/') {
        return tally.count("not applicable: a path without its first slash");
    }
    let allowed = allows(&policy, method, path);
    assert!(*matches || !allowed, "{pattern} allows {path} here, and not there");
    let takes_a_star_for_none = pattern.ends_with("/*") && depth(path) < depth(pattern);
    assert!(
        !matches || takes_a_star_for_none || !allows(&denying(*route_method, pattern), method, path),
        "{pattern} denies {path} there only"
    );
    match NARROWER.iter().find(|(_, fits)| fits(question)) {
        _ if allowed == *matches => tally.count(if allowed { "equal: both match" } else { "equal: neither matches" }),
        Some((reason, _)) => tally.count(reason),
        None => panic!("{pattern} matches {path} there, and not here"),
    }
}

/// Nothing but this route; `None` if the pattern is refused.
fn policy(method: Option<&str>, pattern: &str) -> Option<Policy> {
    Policy::builder().rule(rule(method, pattern)).build().ok()
}

/// Everything but this route.
fn denying(method: Option<&str>, pattern: &str) -> Policy {
    let rule = RuleSpec { deny: true, ..rule(method, pattern) };
    Policy::builder().mode(Mode::Open(Reach::default())).rule(rule).build().unwrap()
}

fn rule(method: Option<&str>, pattern: &str) -> RuleSpec {
    let route = RouteSpec { methods: method.map(|method| vec![method.to_owned()]), ..RouteSpec::path(pattern) };
    RuleSpec { routes: Some(vec![route]), ..RuleSpec::host("router.example.com") }
}

fn allows(policy: &Policy, method: &str, path: &str) -> bool {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let request = Request::parse(method, &format!("https://router.example.com{path}"), HeaderMap::new());
    request.and_then(|request| policy.decide(request)).is_ok()
}

/// What of rou3's syntax the pattern language does not have.
fn foreign(pattern: &str) -> Option<&'static str> {
    if !pattern.starts_with('/') {
        return Some("a pattern without its first slash");
    }
    if pattern.contains("//") {
        return Some("a pattern with two slashes in a row");
    }
    if pattern.contains('{') {
        return Some("groups in braces");
    }
    pattern.split('/').find_map(foreign_segment)
}

fn foreign_segment(segment: &str) -> Option<&'static str> {
    let is_name = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let is_list = |list: &str| list.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'|');
    match segment.split_once('(') {
        Some((name, list)) if name.starts_with(':') && list.strip_suffix(')').is_some_and(is_list) => return None,
        Some(_) => return Some("regular expressions"),
        None if segment.contains('\\') => return Some("escapes with a backslash"),
        None => {}
    }
    let name = segment.strip_prefix("**:").or_else(|| segment.strip_prefix(':'));
    match name {
        Some(name) if is_name(name) => None,
        Some(name) if name.ends_with(['?', '+', '*']) => Some("optional and repeated parameters"),
        None if matches!(segment, "*" | "**") || !segment.contains([':', '*']) => None,
        None if segment.starts_with('*') && segment.ends_with(['?', '+']) => Some("optional and repeated parameters"),
        _ => Some("parameters and stars as part of a segment, or with other names"),
    }
}

fn is_plain(pattern: &str) -> bool {
    !pattern.contains([':', '*', '(', '{', '\\'])
}

fn rooted(pattern: &str) -> String {
    format!("/{}", pattern.trim_start_matches('/'))
}

/// Segments, a slash at the end left out.
fn depth(path: &str) -> usize {
    path.split('/').filter(|segment| !segment.is_empty()).count()
}
