//! How long and how large a call may be: the least of what the kernel, the rule, the route and the call say.

use super::Scene;
use crate::house::{caller_of, policy};
use egret_egress::{CallOptions, Draft};
use egret_policy::{Actions, Extent, RouteSpec, RuleSpec};
use egret_testkit::{Hostile, Step, Upstream, coded};
use http::Response;
use std::time::Duration;

fn large(max_response: u64) -> Extent {
    Extent { max_response: Some(max_response), ..Extent::default() }
}

fn within(extent: Extent) -> Actions {
    Actions { extent, ..Actions::default() }
}

fn most(max_bytes: u64) -> CallOptions {
    CallOptions { max_bytes: Some(max_bytes), ..CallOptions::default() }
}

#[tokio::test]
async fn a_response_is_as_large_as_the_least_of_all_bounds() {
    let upstream = Upstream::http(|_| async { Response::new("0123456789") });
    for (rule, call, expected) in [
        (10, None, "200"),
        (9, None, "egress.size.response_body"),
        (100, Some(9), "egress.size.response_body"),
        (9, Some(100), "egress.size.response_body"),
        (100, Some(10), "200"),
    ] {
        let scene = Scene::new(upstream.address(), within(large(rule)));
        let options = call.map_or_else(CallOptions::default, most);
        assert_eq!(scene.ask(Draft { options, ..scene.draft() }).await, expected, "{rule} {call:?}");
    }
}

#[tokio::test]
async fn a_route_says_otherwise_than_its_rule() {
    let upstream = Upstream::http(|_| async { Response::new("0123456789") });
    let mut scene = Scene::new(upstream.address(), Actions::default());
    let routes = vec![RouteSpec::path("/"), RouteSpec { extent: large(20), ..RouteSpec::path("/large") }];
    let rule = RuleSpec { routes: Some(routes), ..super::rule(upstream.address(), within(large(5))) };
    scene.caller = caller_of("a", &policy([rule]));
    assert_eq!(scene.get().await, "egress.size.response_body");
    assert_eq!(scene.ask(crate::house::draft(&format!("{}large", scene.url()))).await, "200");
}

#[tokio::test]
async fn what_is_decoded_counts_too() {
    let body = coded::gzip(&[b'x'; 5_000]);
    let upstream = Upstream::http(move |_| {
        let body = body.clone();
        async move { Response::builder().header("content-encoding", "gzip").body(body).unwrap() }
    });
    let scene = Scene::new(upstream.address(), within(large(4_999)));
    assert_eq!(scene.get().await, "egress.size.decoded");
    let scene = Scene::new(upstream.address(), within(large(5_000)));
    assert_eq!(scene.get().await, "200");
}

#[tokio::test]
async fn a_rule_and_a_call_bring_the_deadline_nearer_for_head_and_body() {
    let silent = || Hostile::script(vec![Step::ExpectHead, Step::Hold]);
    let halting = || Hostile::script(vec![Step::ExpectHead, Step::send("HTTP/1.1 200 OK\r\n\r\nhalf"), Step::Hold]);
    let soon = Some(Duration::from_millis(50));
    for peer in [silent(), halting()] {
        let scene = Scene::new(peer.address(), within(Extent { timeout: soon, ..Extent::default() }));
        assert_eq!(scene.get().await, "egress.timeout.total");
        let scene = Scene::new(peer.address(), within(Extent { timeout: Some(Duration::from_secs(900)), ..Extent::default() }));
        let options = CallOptions { timeout: soon, ..CallOptions::default() };
        assert_eq!(scene.ask(Draft { options, ..scene.draft() }).await, "egress.timeout.total");
    }
}
