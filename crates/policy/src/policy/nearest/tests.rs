//! Golden cases: which rule is nearest, and what the words say of it.

use super::*;
use crate::{PortRange, RouteSpec, RuleSpec};
use http::{HeaderMap, Method};

fn policy() -> Policy {
    let route = |path: &str, method: &str| RouteSpec { methods: Some(vec![method.to_owned()]), ..RouteSpec::path(path) };
    let rules = [
        RuleSpec { routes: Some(vec![route("/zen", "GET"), route("/repos/:owner/issues", "POST")]), ..RuleSpec::host("api.github.com") },
        RuleSpec::host("hooks.slack.com"),
        RuleSpec { ports: Some(vec![PortRange::single(8443)]), ..RuleSpec::host("**.example.com") },
        RuleSpec::host("a.b.example.com"),
        RuleSpec { routes: Some(vec![]), ..RuleSpec::host("closed.test") },
    ];
    Policy::builder().rules(rules).build().unwrap()
}

fn nearest(method: &str, url: &str) -> Option<Nearest> {
    policy().nearest(&Request::parse(Method::from_bytes(method.as_bytes()).unwrap(), url, HeaderMap::new()).unwrap())
}

#[track_caller]
fn check(method: &str, url: &str, expected: &str) {
    assert_eq!(nearest(method, url).map_or_else(String::new, |nearest| nearest.to_string()), expected, "{method} {url}");
}

#[test]
fn where_rules_name_the_host_the_one_with_the_fewest_differences_is_nearest() {
    check("GET", "https://api.github.com/zen", "api.github.com (rule 1)");
    check("PUT", "https://api.github.com/zen", "api.github.com (rule 1) differs in method: it has GET, the request asks for PUT");
    check(
        "POST",
        "https://api.github.com/repos/me/pulls",
        "api.github.com (rule 1) differs in path: it has /repos/:owner/issues, the request asks for /repos/me/pulls",
    );
    check(
        "GET",
        "http://hooks.slack.com:81/a%2Fb",
        "hooks.slack.com (rule 2) differs in scheme: it has https, the request asks for http; \
         in port: it has 80, the request asks for 81; in encoded_slash: it has false, the request asks for true",
    );
    check("GET", "https://a.b.example.com/", "a.b.example.com (rule 4)");
    check("GET", "https://a.b.example.com:8443/", "**.example.com (rule 3)");
    check("GET", "https://closed.test/x", "closed.test (rule 5) differs in path: it has no route, the request asks for /x");
}

#[test]
fn where_no_rule_names_the_host_a_like_one_is_nearest() {
    check("GET", "https://api.githb.com/zen", "api.github.com (rule 1) differs in host: the request asks for api.githb.com");
    check("GET", "https://gist.github.com/zen", "api.github.com (rule 1) differs in host: the request asks for gist.github.com");
    check("GET", "https://example.com:8443/", "**.example.com (rule 3) differs in host: the request asks for example.com");
    check("GET", "https://x.exmaple.com:8443/", "**.example.com (rule 3) differs in host: the request asks for x.exmaple.com");
    check("GET", "https://other.org/", "");
    check("GET", "https://10.0.0.1/", "");
    check("GET", "https://github.io/", "");
}

#[test]
fn nearest_names_route_and_place() {
    let nearest = nearest("GET", "https://api.githb.com/zen").unwrap();
    assert_eq!((nearest.place, nearest.route.as_deref(), nearest.differs.len()), (0, Some("/zen"), 1));
}
