//! What is resolved, dialled and used again.

use super::{house, outcome, plain, redirecting, route, url};
use crate::house::{House, draft, local, policy};
use egret_policy::RuleSpec;
use egret_testkit::{Listener, Reply, Upstream};
use http::Response;

// A rule that was taken away went on to count for half a minute, and for connections that were open.
#[tokio::test]
async fn fazt_revoked_rule_counts_from_the_next_call_on() {
    let house = house(&["a.test"]);
    let upstream = redirecting(302, "/");
    let url = url("a.test", upstream.address(), "/x");
    let before = policy([local("a.test", upstream.address())]);
    house.get(&before, &url).await.unwrap().body.collect(100).await.unwrap();
    let deny = RuleSpec { deny: true, ..RuleSpec::host("a.test") };
    assert_eq!(house.failure(&policy([]), &url).await, "policy.rule.no_host");
    assert_eq!(house.failure(&policy([local("a.test", upstream.address()), deny]), &url).await, "policy.rule.denied");
    assert_eq!(upstream.requests().len(), 1);
}

// Names were looked up before they were allowed: a query carries data out, and its time tells what exists.
#[tokio::test]
async fn iso4_nothing_is_resolved_for_what_is_refused() {
    let house = house(&["a.test"]);
    house.zone.addresses("*.wild.test", &["93.184.215.14"]);
    let narrow = RuleSpec { routes: Some(vec![route("/ok", &["POST"]), route("/get", &["GET"])]), ..RuleSpec::host("a.test") };
    let deny = RuleSpec { deny: true, ..RuleSpec::host("denied.wild.test") };
    let policy = policy([narrow, RuleSpec::host("**.wild.test"), deny]);
    for (url, code) in [
        ("https://data.evil.test/", "policy.rule.no_host"),
        ("http://a.test/get", "policy.rule.scheme"),
        ("https://a.test:8443/get", "policy.rule.port"),
        ("https://a.test/other", "policy.rule.path"),
        ("https://a.test/ok", "policy.rule.method"),
        ("https://denied.wild.test/", "policy.rule.denied"),
        ("https://a.b.c.d.e.wild.test/", "policy.name.label_budget"),
        ("https://host.local/", "policy.name.special_use"),
    ] {
        assert_eq!(house.failure(&policy, url).await, code, "{url}");
    }
    assert_eq!(house.zone.queries(), []);
}

// The guard sat in the lookup of names, so addresses in URLs, and names that were pinned, went by it.
#[tokio::test]
async fn iso4_what_skips_dns_does_not_skip_the_guard() {
    let silent = Listener::silent();
    let house = House::with(|config| {
        config.hosts = [("pinned.test".to_owned(), vec!["127.0.0.1".parse().unwrap()])].into_iter().collect();
    });
    for host in ["pinned.test", "127.0.0.1"] {
        let policy = policy([plain(host, silent.address())]);
        assert_eq!(house.failure(&policy, &url(host, silent.address(), "/")).await, "egress.addr.loopback", "{host}");
    }
    silent.assert_untouched();
    assert_eq!(house.zone.queries(), []);
}

// A host with IPv6 addresses only could not be reached, and a refused one ended the process.
#[tokio::test]
async fn iso4_refused_ipv6_answer_ends_its_call_and_nothing_else() {
    let house = house(&["a.test"]);
    for (name, answer, code) in [
        ("six.test", "::1", "egress.addr.loopback"),
        ("zero.test", "::", "egress.addr.unspecified"),
        ("mapped.test", "::ffff:10.0.0.1", "egress.addr.private"),
        ("local.six.test", "fe80::1", "egress.addr.link_local"),
    ] {
        house.zone.addresses(name, &[answer]);
        assert_eq!(house.failure(&policy([RuleSpec::host(name)]), &format!("https://{name}/")).await, code, "{name}");
    }
    let upstream = redirecting(302, "/");
    let policy = policy([local("a.test", upstream.address())]);
    assert_eq!(outcome(&house, &policy, draft(&url("a.test", upstream.address(), "/x"))).await, "200 x");
}

// Names of the cloud, of containers and of one's own DNS led inwards: only the text of the name was looked at.
#[tokio::test]
async fn fastfn_public_name_of_a_private_address_is_refused() {
    let house = House::new();
    let silent = Listener::silent();
    let mut rules = Vec::new();
    for (name, answer) in [("loop.test", "127.0.0.2"), ("zero.test", "0.0.0.0"), ("shared.test", "100.64.0.1"), ("ula.test", "fc00::1")] {
        house.zone.addresses(name, &[answer]);
        rules.push(plain(name, silent.address()));
    }
    house.zone.alias("alias.test", "loop.test");
    rules.push(plain("alias.test", silent.address()));
    let policy = policy(rules);
    for (name, code) in [
        ("loop.test", "egress.addr.loopback"),
        ("zero.test", "egress.addr.unspecified"),
        ("shared.test", "egress.addr.shared"),
        ("ula.test", "egress.addr.unique_local"),
        ("alias.test", "egress.addr.loopback"),
    ] {
        assert_eq!(house.failure(&policy, &url(name, silent.address(), "/")).await, code, "{name}");
    }
    silent.assert_untouched();
}

// A name was resolved once to be judged and once more to be dialled.
#[tokio::test]
async fn fiber_answer_that_was_judged_is_the_one_that_is_dialled() {
    let house = House::new();
    let upstream = redirecting(302, "/");
    house.zone.time_to_live(0);
    house.zone.replies("rebind.test", vec![Reply::addresses(&["127.0.0.1"]), Reply::addresses(&["127.0.0.2"])]);
    let policy = policy([local("rebind.test", upstream.address())]);
    assert_eq!(outcome(&house, &policy, draft(&url("rebind.test", upstream.address(), "/x"))).await, "200 x");
}

// A kept connection was used again without asking whether its peer may still be reached.
#[tokio::test]
async fn gondolin_peer_of_a_kept_connection_is_judged_again() {
    let house = house(&["a.test"]);
    house.zone.time_to_live(0);
    let upstream = Upstream::http(|_| async { Response::new("ok") });
    let url = url("a.test", upstream.address(), "/");
    let before = policy([local("a.test", upstream.address())]);
    for _ in 0..2 {
        house.get(&before, &url).await.unwrap().body.collect(100).await.unwrap();
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
    }
    assert!(house.events()[1].reused);
    let queries = house.zone.queries().len();
    let deny = RuleSpec { deny: true, ..RuleSpec::host("127.0.0.1") };
    assert_eq!(house.failure(&policy([local("a.test", upstream.address()), deny]), &url).await, "policy.rule.denied");
    assert_eq!(house.zone.queries().len(), queries, "the kept connection's peer was judged, not a new answer");
    assert_eq!(upstream.requests().len(), 2);
}
