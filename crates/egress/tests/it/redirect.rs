//! Redirects: every hop is decided from the start, as what will really be sent.

use crate::house::{House, caller, draft, local, policy};
use bytes::Bytes;
use egret_egress::{Draft, Redirect};
use egret_testkit::{Listener, Upstream, server_config};
use http::{HeaderValue, Method, Response};
use std::net::SocketAddr;

fn to(status: u16, location: &str) -> Response<Bytes> {
    Response::builder().status(status).header("location", location).body(Bytes::new()).unwrap()
}

/// An upstream that answers `/go` with a redirect and everything else with its path.
fn redirecting(status: u16, location: String) -> Upstream {
    Upstream::http(move |request| {
        let answer =
            if request.uri().path() == "/go" { to(status, &location) } else { Response::new(request.uri().path().to_owned().into()) };
        async { answer }
    })
}

fn url(host: &str, peer: SocketAddr) -> String {
    format!("http://{host}:{}/go", peer.port())
}

fn follow(url: &str) -> Draft {
    Draft { redirect: Redirect::Follow, ..draft(url) }
}

async fn outcome(house: &House, policy: &std::sync::Arc<egret_policy::Policy>, draft: Draft) -> String {
    match house.egress.fetch(&caller(policy), draft).await {
        Ok(response) => format!("{} {}", response.status.as_u16(), response.url.rsplit('/').next().unwrap()),
        Err(error) => format!("{} at hop {}", error.path(), error.hop()),
    }
}

#[tokio::test]
async fn redirect_is_returned_unless_asked_to_follow() {
    let house = House::new();
    house.zone.addresses("a.test", &["127.0.0.1"]);
    let upstream = redirecting(302, "/there".to_owned());
    let policy = policy([local("a.test", upstream.address())]);
    let url = url("a.test", upstream.address());
    assert_eq!(outcome(&house, &policy, draft(&url)).await, "302 go");
    assert_eq!(outcome(&house, &policy, follow(&url)).await, "200 there");
    assert_eq!(outcome(&house, &policy, Draft { redirect: Redirect::Refuse, ..draft(&url) }).await, "policy.redirect.refused at hop 0");
}

#[tokio::test]
async fn redirect_to_private_address_is_denied() {
    let house = House::new();
    house.zone.addresses("a.test", &["127.0.0.1"]);
    house.zone.addresses("rebound.test", &["127.0.0.1"]);
    let silent = Listener::silent();
    let port = silent.address().port();
    for (location, code) in [
        (format!("http://127.0.0.1:{port}/"), "policy.rule.no_host at hop 1"),
        (format!("http://[::1]:{port}/"), "policy.rule.no_host at hop 1"),
        (format!("http://rebound.test:{port}/"), "egress.addr.loopback at hop 1"),
        (format!("http://a.test:{port}/"), "policy.rule.port at hop 1"),
    ] {
        let upstream = redirecting(302, location.clone());
        let open = egret_policy::RuleSpec {
            https_only: false,
            ports: Some(vec![port.to_string().parse().unwrap()]),
            ..egret_policy::RuleSpec::host("rebound.test")
        };
        let policy = policy([local("a.test", upstream.address()), open]);
        assert_eq!(outcome(&house, &policy, follow(&url("a.test", upstream.address()))).await, code, "{location}");
    }
    silent.assert_untouched();
}

#[tokio::test]
async fn each_hop_is_decided_with_the_method_that_will_be_sent() {
    let house = House::new();
    house.zone.addresses("a.test", &["127.0.0.1"]);
    for (status, sent) in [(301, "GET"), (302, "GET"), (303, "GET"), (307, "POST"), (308, "POST")] {
        let upstream = redirecting(status, "/there".to_owned());
        let policy = policy([local("a.test", upstream.address())]);
        let mut draft = Draft { method: Method::POST, body: Bytes::from_static(b"x").into(), ..follow(&url("a.test", upstream.address())) };
        draft.headers.insert("content-type", HeaderValue::from_static("text/plain"));
        assert_eq!(outcome(&house, &policy, draft).await, "200 there", "{status}");
        let second = &upstream.requests()[1];
        assert_eq!(second.method, sent, "{status}");
        assert_eq!(second.headers.contains_key("content-type"), sent == "POST", "{status}");
    }
}

#[tokio::test]
async fn credentials_do_not_follow_to_another_origin() {
    let house = House::new();
    house.zone.addresses("a.test", &["127.0.0.1"]);
    house.zone.addresses("b.test", &["127.0.0.1"]);
    let second = Upstream::http(|_| async { Response::new("") });
    let first = redirecting(302, format!("http://b.test:{}/", second.address().port()));
    let policy = policy([local("a.test", first.address()), local("b.test", second.address())]);
    let mut draft = follow(&url("a.test", first.address()));
    for name in ["authorization", "cookie", "x-api-key", "x-pat", "x-sid", "referer", "bearer", "accept-language"] {
        draft.headers.insert(name, HeaderValue::from_static("v"));
    }
    assert_eq!(outcome(&house, &policy, draft).await, "200 ");
    let seen = &second.requests()[0].headers;
    for name in ["authorization", "cookie", "x-api-key", "x-pat", "x-sid", "referer", "bearer"] {
        assert!(!seen.contains_key(name), "{name}");
    }
    assert!(seen.contains_key("accept-language"));
}

#[tokio::test]
async fn body_does_not_follow_to_another_origin() {
    let house = House::new();
    house.zone.addresses("a.test", &["127.0.0.1"]);
    let silent = Listener::silent();
    let upstream = redirecting(307, format!("http://127.0.0.1:{}/", silent.address().port()));
    let policy = policy([local("a.test", upstream.address()), local("127.0.0.1", silent.address())]);
    let draft = Draft { method: Method::POST, body: Bytes::from_static(b"x").into(), ..follow(&url("a.test", upstream.address())) };
    assert_eq!(outcome(&house, &policy, draft).await, "policy.redirect.body at hop 0");
    silent.assert_untouched();
}

#[tokio::test]
async fn downgrade_loop_and_broken_location_end_the_call() {
    let house = House::new();
    house.zone.addresses("a.test", &["127.0.0.1"]);
    let silent = Listener::silent();
    let location = format!("http://a.test:{}/", silent.address().port());
    let tls = Upstream::tls(server_config(house.authority.leaf(&["a.test"])), move |_| {
        let answer = to(302, &location);
        async { answer }
    });
    let downgrade = policy([local("a.test", tls.address()), local("a.test", silent.address())]);
    let https = format!("https://a.test:{}/", tls.address().port());
    assert_eq!(outcome(&house, &downgrade, follow(&https)).await, "policy.redirect.downgrade at hop 0");
    silent.assert_untouched();
    for (location, code) in [
        ("/go", "policy.redirect.limit at hop 5"),
        ("http://user@a.test/", "policy.target.userinfo at hop 0"),
        ("/a b", "policy.target.control at hop 0"),
        ("\\\\evil.test", "policy.redirect.location at hop 0"),
    ] {
        let upstream = redirecting(302, location.to_owned());
        let policy = policy([local("a.test", upstream.address())]);
        assert_eq!(outcome(&house, &policy, follow(&url("a.test", upstream.address()))).await, code, "{location}");
    }
}
