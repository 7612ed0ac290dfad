//! What a call holds is given back whatever becomes of it.

use super::{Scene, at_once, budget};
use crate::house::{House, caller_of, draft, local, policy};
use egret_egress::Caller;
use egret_testkit::{Hostile, Step, Upstream, server_config};
use http::Response;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

/// Drives a future until it has been asked `polls` times, or to its end.
async fn asked<F: Future>(future: F, polls: usize) -> Option<F::Output> {
    let (mut future, mut count) = (pin!(future), 0);
    poll_fn(move |cx| {
        let polled = future.as_mut().poll(cx);
        count += 1;
        match polled {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if count >= polls => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

#[tokio::test]
async fn a_call_that_is_dropped_at_any_await_gives_everything_back() {
    let house = House::with(|config| config.limits = at_once(1, 1));
    house.zone.addresses("a.test", &["127.0.0.1"]);
    let config = server_config(house.authority.leaf(&["a.test"]));
    let upstream = Upstream::tls(config, |_| async { Response::new(vec![b'x'; 100_000]) });
    let url = format!("https://a.test:{}/", upstream.address().port());
    for polls in 1.. {
        // An app of its own each time: no connection is there already.
        let caller = caller_of(&format!("app{polls}"), &policy([local("a.test", upstream.address())]));
        let caller = Caller { budget: budget(1, 1, 1 << 20), ..caller };
        let call = async { house.egress.fetch(&caller, draft(&url)).await.unwrap().body.collect(1 << 20).await.unwrap() };
        let ended = asked(call, polls).await;
        assert_eq!((caller.budget.spent().open, house.egress.load().in_flight), (0, 0), "dropped when asked {polls} times");
        if ended.is_some() {
            assert!(polls > 4, "name, connection, TLS, response and body are waited for");
            return;
        }
    }
}

#[tokio::test]
async fn an_unread_response_gives_its_slot_back_when_it_is_dropped() {
    let scene = Scene::answering(at_once(1, 1));
    let caller = scene.caller("a");
    for _ in 0..5 {
        let response = scene.house.egress.fetch(&caller, draft(&scene.url("a.test", "/"))).await.unwrap();
        assert_eq!(scene.house.egress.load().in_flight, 1);
        drop(response);
        assert_eq!(scene.house.egress.load().in_flight, 0);
    }
}

#[tokio::test]
async fn failures_of_every_phase_give_the_slot_back() {
    let house = House::with(|config| config.limits = at_once(1, 1));
    house.zone.addresses("a.test", &["127.0.0.1"]);
    house.zone.addresses("inside.test", &["10.0.0.1"]);
    let peer = Hostile::script(vec![Step::ExpectHead, Step::send("no HTTP at all\r\n\r\n")]);
    let short = Hostile::script(vec![Step::ExpectHead, Step::send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345")]);
    let mumbling = Hostile::script(vec![Step::send("SSH-2.0-x\r\n"), Step::Hold]);
    ["short.test", "mumbling.test"].iter().for_each(|name| house.zone.addresses(name, &["127.0.0.1"]));
    let port = peer.address().port();
    let near = ["a.test", "nowhere.test", "inside.test"].map(|host| local(host, peer.address()));
    let rules = near.into_iter().chain([local("short.test", short.address()), local("mumbling.test", mumbling.address())]);
    let caller = Caller { budget: budget(100, 1, 1 << 20), ..caller_of("a", &policy(rules)) };
    for (url, code) in [
        (format!("http://nowhere.test:{port}/"), "egress.dns.no_such_name"),
        (format!("http://inside.test:{port}/"), "egress.addr.private"),
        (format!("https://mumbling.test:{}/", mumbling.address().port()), "egress.tls.not_tls"),
        (format!("http://a.test:{port}/"), "egress.protocol.malformed"),
    ] {
        let error = house.egress.fetch(&caller, draft(&url)).await.unwrap_err();
        assert_eq!((error.path(), house.egress.load().in_flight, caller.budget.spent().open), (code, 0, 0), "{url}");
    }
    let url = format!("http://short.test:{}/", short.address().port());
    let mut body = house.egress.fetch(&caller, draft(&url)).await.unwrap().body;
    while let Ok(Some(_)) = body.chunk().await {}
    assert_eq!(
        (house.egress.load().in_flight, caller.budget.spent().open),
        (0, 0),
        "a body that broke is over, although it is still there"
    );
}
