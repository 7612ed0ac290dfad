//! Kept connections: reused for the same app and rule, never across, and replaced when they died.

use crate::house::{House, caller_of, draft, local, policy};
use egret_egress::Response as Answer;
use egret_policy::Policy;
use egret_testkit::{Hostile, Step, Upstream};
use http::Response;
use std::sync::Arc;

async fn get(house: &House, app: &str, policy: &Arc<Policy>, url: &str) -> Answer {
    house.egress.fetch(&caller_of(app, policy), draft(url)).await.unwrap()
}

/// Fetches, reads to the end, and lets the connection come to rest.
async fn drain(house: &House, app: &str, policy: &Arc<Policy>, url: &str) {
    get(house, app, policy, url).await.body.collect(1000).await.unwrap();
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn connection_is_reused_within_an_app_and_a_rule_only() {
    let house = House::new();
    house.zone.addresses("a.test", &["127.0.0.1"]);
    let upstream = Upstream::http(|_| async { Response::new("ok") });
    let url = format!("http://a.test:{}/", upstream.address().port());
    let one = policy([local("a.test", upstream.address())]);
    for _ in 0..3 {
        drain(&house, "app", &one, &url).await;
    }
    assert_eq!(upstream.connections(), 1);
    assert!(house.events()[2].reused);
    drain(&house, "other", &one, &url).await;
    assert_eq!(upstream.connections(), 2, "another app has its own");
    let mut narrower = local("a.test", upstream.address());
    narrower.private = vec!["127.0.0.0/8".to_owned()];
    drain(&house, "app", &policy([narrower]), &url).await;
    assert_eq!(upstream.connections(), 3, "another version of the rule has its own");
}

#[tokio::test]
async fn unread_body_closes_its_connection() {
    let house = House::new();
    house.zone.addresses("a.test", &["127.0.0.1"]);
    let peer = Hostile::script(vec![Step::ExpectHead, Step::send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345"), Step::Hold]);
    let policy = policy([local("a.test", peer.address())]);
    drop(get(&house, "app", &policy, &format!("http://a.test:{}/", peer.address().port())).await);
    peer.until(|seen| seen.ended == 1).await;
}

#[tokio::test]
async fn kept_connection_that_died_is_replaced() {
    let house = House::new();
    house.zone.addresses("a.test", &["127.0.0.1"]);
    let peer = Hostile::script(vec![Step::ExpectHead, Step::send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")]);
    let url = format!("http://a.test:{}/", peer.address().port());
    let policy = policy([local("a.test", peer.address())]);
    drain(&house, "app", &policy, &url).await;
    peer.until(|seen| seen.ended == 1).await;
    drain(&house, "app", &policy, &url).await;
    assert_eq!(peer.connections(), 2);
}

#[tokio::test]
async fn response_with_a_smuggled_tail_is_not_reused() {
    let house = House::new();
    house.zone.addresses("a.test", &["127.0.0.1"]);
    let tail = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil";
    let peer = Hostile::script(vec![Step::ExpectHead, Step::send(tail), Step::Hold]);
    let url = format!("http://a.test:{}/", peer.address().port());
    let policy = policy([local("a.test", peer.address())]);
    drain(&house, "app", &policy, &url).await;
    let second = get(&house, "app", &policy, &url).await.body.collect(1000).await.unwrap();
    assert_eq!(second, "ok");
    assert_eq!(peer.connections(), 2);
}

#[tokio::test]
async fn no_more_connections_are_kept_than_may_be() {
    for (all, of_app, first_of_other) in [(1, 512, 2), (1_024, 1, 1)] {
        let house = House::with(|config| (config.caps.idle_connections, config.caps.idle_connections_per_app) = (all, of_app));
        let upstreams = ["a.test", "b.test"].map(|name| (name, Upstream::http(|_| async { Response::new("ok") })));
        let policy = policy(upstreams.each_ref().map(|(name, upstream)| local(name, upstream.address())));
        let url = |(name, upstream): &(&str, Upstream)| format!("http://{name}:{}/", upstream.address().port());
        for upstream in &upstreams {
            house.zone.addresses(upstream.0, &["127.0.0.1"]);
            drain(&house, "app", &policy, &url(upstream)).await;
            drain(&house, "app", &policy, &url(upstream)).await;
        }
        assert_eq!(upstreams.each_ref().map(|(_, upstream)| upstream.connections()), [1, 2], "there was no room for a second one");
        drain(&house, "other", &policy, &url(&upstreams[1])).await;
        drain(&house, "other", &policy, &url(&upstreams[1])).await;
        assert_eq!(upstreams[1].1.connections(), 2 + first_of_other, "another app has room of its own, and none beyond all");
    }
}

#[tokio::test]
async fn a_connection_that_rested_too_long_or_grew_too_old_is_not_used_again() {
    let house = House::with(|config| config.caps.idle_time = std::time::Duration::from_millis(1));
    house.zone.addresses("a.test", &["127.0.0.1"]);
    let peer = Hostile::script(vec![Step::ExpectHead, Step::send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"), Step::Hold]);
    let rested = policy([local("a.test", peer.address())]);
    drain(&house, "app", &rested, &format!("http://a.test:{}/", peer.address().port())).await;
    peer.until(|seen| seen.ended == 1).await;

    let house = House::with(|config| config.caps.connection_age = std::time::Duration::ZERO);
    house.zone.addresses("a.test", &["127.0.0.1"]);
    let upstream = Upstream::http(|_| async { Response::new("ok") });
    let old = policy([local("a.test", upstream.address())]);
    for connections in 1..=3 {
        drain(&house, "app", &old, &format!("http://a.test:{}/", upstream.address().port())).await;
        assert_eq!(upstream.connections(), connections);
    }
}
