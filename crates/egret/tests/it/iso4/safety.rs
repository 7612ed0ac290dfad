//! What is safe by default.

use super::*;
use egret::{Caps, Redirect, Resolve};
use std::net::IpAddr;
use std::pin::Pin;

/// Answers one address first and another from then on.
struct Rebinds(AtomicUsize, [&'static str; 2]);

impl Resolve for Rebinds {
    fn resolve<'a>(&'a self, _: &'a str) -> Pin<Box<dyn Future<Output = Result<Vec<IpAddr>, String>> + Send + 'a>> {
        let turn = self.0.fetch_add(1, Ordering::Relaxed).min(1);
        Box::pin(async move { Ok(vec![self.1[turn].parse().unwrap()]) })
    }
}

#[tokio::test]
async fn loopback_private_and_link_local_addresses_are_blocked_in_names_and_in_urls() {
    for (address, code) in [
        ("127.0.0.1", "egress.addr.loopback"),
        ("10.0.0.1", "egress.addr.private"),
        ("172.16.0.1", "egress.addr.private"),
        ("192.168.1.1", "egress.addr.private"),
        ("169.254.1.1", "egress.addr.link_local"),
        ("169.254.169.254", "egress.addr.metadata"),
        ("::1", "egress.addr.loopback"),
        ("fe80::1", "egress.addr.link_local"),
        ("::ffff:127.0.0.1", "egress.addr.loopback"),
        ("64:ff9b::a9fe:a9fe", "egress.addr.nat64"),
    ] {
        let builder = Egress::builder().rule(Rule::host("a.test")).resolver(Arc::new(Rebinds(AtomicUsize::new(0), [address; 2])));
        assert_eq!(said(builder.build().unwrap().get("https://a.test/").send().await).await, code, "{address}");
    }
    let egress = Egress::builder().rule(Rule::host("192.168.1.1")).build().unwrap();
    assert_eq!(said(egress.get("https://192.168.1.1/").send().await).await, "egress.addr.private");
}

#[tokio::test]
async fn a_name_that_is_bound_anew_between_calls_is_judged_anew_and_dialled_where_it_was_judged() {
    let api = Api::new();
    let resolver = Arc::new(Rebinds(AtomicUsize::new(0), ["127.0.0.1", "169.254.169.254"]));
    let builder = Egress::builder().root(api.authority.certificate_der()).rule(api.rule("api.example.com", None));
    let egress = builder.resolver(Arc::clone(&resolver) as Arc<dyn Resolve>).protocols(egret::Protocols::Http1).build().unwrap();
    let first = egress.get(&api.url("api.example.com", "/")).send().await.unwrap();
    assert_eq!(resolver.0.load(Ordering::Relaxed), 1, "asked once, and dialled what was judged");
    // The first response is still open, so the second call needs a connection of its own.
    assert_eq!(api.get(&egress, "/").await, "egress.addr.metadata");
    assert_eq!(said(Ok(first)).await, "GET / ");
}

#[tokio::test]
async fn no_redirect_is_followed_by_itself_and_each_hop_is_decided_again() {
    let api = Api::answering(|request| {
        let to = if request.uri().path() == "/out" { "https://evil.test/" } else { "/denied" };
        Response::builder().status(302).header("location", to).body(String::new()).unwrap()
    });
    let egress = api.builder().rule(api.rule("api.example.com", paths(&["/out", "/in"]))).build().unwrap();
    assert_eq!(egress.get(&api.url("api.example.com", "/in")).send().await.unwrap().status, StatusCode::FOUND);
    for (path, code) in [("/out", "policy.rule.no_host"), ("/in", "policy.rule.path")] {
        let refused = egress.get(&api.url("api.example.com", path)).redirect(Redirect::Follow).send().await;
        assert_eq!(said(refused).await, code);
    }
}

#[tokio::test]
async fn a_body_is_cut_off_at_its_cap() {
    let api = Api::answering(|_| Response::new("x".repeat(100_000)));
    let caps = Caps { response_body: 10_000, ..Caps::default() };
    let egress = api.builder().caps(caps).rule(api.rule("api.example.com", None)).build().unwrap();
    let answer = egress.get(&api.url("api.example.com", "/")).send().await.unwrap();
    assert_eq!(answer.body.collect(1 << 20).await.unwrap_err().path(), "egress.size.response_body");
}

#[tokio::test]
async fn nothing_is_kept_between_calls_that_would_say_who_calls() {
    let api = Api::answering(|_| Response::builder().header("set-cookie", "sid=1").body(String::new()).unwrap());
    let egress = api.builder().rule(api.rule("api.example.com", None)).build().unwrap();
    for _ in 0..2 {
        api.get(&egress, "/").await;
    }
    assert!(
        api.peer.requests().iter().all(|request| !request.headers.contains_key("cookie") && !request.headers.contains_key("authorization"))
    );
}

#[tokio::test]
async fn dot_segments_are_resolved_before_matching_and_no_encoding_walks_out_of_a_prefix() {
    let api = Api::new();
    let egress = api.builder().rule(api.rule("api.example.com", paths(&["/public/**"]))).build().unwrap();
    for (path, expected) in [
        ("/public/../admin", "policy.rule.path"),
        ("/public/./a", "GET /public/a "),
        ("/public/hello%20world", "GET /public/hello%20world "),
        ("/public/%2e%2e/admin", "policy.path.encoded_dot"),
        ("/public/..%2fadmin", "policy.path.encoded_dot"),
        ("/public/%2F..%2Fadmin", "policy.path.encoded_dot"),
        ("/public/%252e%252e/admin", "policy.path.double_encoding"),
        ("/public/..;/admin", "policy.path.dot_parameter"),
    ] {
        let came = api.get(&egress, path).await;
        let refused = came.starts_with("policy.") && expected.starts_with("policy.");
        assert!(came == expected || refused, "{path}: {came}");
    }
    assert!(api.peer.requests().iter().all(|request| !request.target.contains("admin")));
}

#[tokio::test]
async fn double_encoded_paths_are_rejected_when_they_are_parsed() {
    let egress = Egress::builder().rule(Rule::host("a.test")).build().unwrap();
    assert_eq!(said(egress.get("https://a.test/public/%252e%252e/admin").send().await).await, "policy.path.double_encoding");
}
