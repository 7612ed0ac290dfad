//! One event per attempt, however it ends, and nothing in it that it must not hold.

use crate::house::{House, caller, draft, local, policy};
use egret_egress::{Door, Draft, Event, Outcome, Redirect, Timings};
use egret_policy::{RuleSpec, RuleVersion};
use egret_testkit::{Hostile, Step, Upstream};
use http::Response;

#[tokio::test]
async fn every_hop_leaves_one_event_and_they_share_the_call() {
    let house = House::new();
    house.zone.addresses("a.test", &["127.0.0.1"]);
    let upstream = Upstream::http(|request| {
        let moved = request.uri().path() == "/go";
        async move { if moved { Response::builder().status(302).header("location", "/there").body("").unwrap() } else { Response::new("body") } }
    });
    let policy = policy([local("a.test", upstream.address())]);
    let draft = Draft { redirect: Redirect::Follow, ..draft(&format!("http://a.test:{}/go?token=hunter2", upstream.address().port())) };
    let response = house.egress.fetch(&caller(&policy), draft).await.unwrap();
    response.body.collect(100).await.unwrap();
    let events = house.events();
    assert_eq!(events.iter().map(|event| (event.hop, event.status)).collect::<Vec<_>>(), [(0, Some(302)), (1, Some(200))]);
    assert_eq!(events[0].call, events[1].call);
    assert_eq!(events[1].received, 4);
    assert_eq!(events[1].route.as_deref(), Some("/**"));
    assert!(events.iter().all(|event| event.outcome == Outcome::Answered));
    assert!(!format!("{}", events[0].target.as_ref().unwrap()).contains("hunter2"));
}

#[tokio::test]
async fn the_event_comes_with_the_end_of_the_body_not_with_the_drop_of_its_reader() {
    let house = House::new();
    house.zone.addresses("a.test", &["127.0.0.1"]);
    let upstream = Upstream::http(|_| async { Response::new("body") });
    let policy = policy([local("a.test", upstream.address())]);
    let mut response = house.get(&policy, &format!("http://a.test:{}/", upstream.address().port())).await.unwrap();
    while response.body.chunk().await.unwrap().is_some() {}
    assert_eq!(house.events().len(), 1);
    drop(response);
    assert_eq!(house.events().len(), 1);
}

#[tokio::test]
async fn what_is_printed_for_debugging_holds_no_value() {
    let house = House::new();
    let policy = policy([RuleSpec::host("a.test")]);
    let mut draft = draft("https://b.test/?key=hunter2");
    draft.headers.insert("authorization", http::HeaderValue::from_static("hunter2"));
    let error = house.egress.fetch(&caller(&policy), draft.clone()).await.unwrap_err();
    let request = egret_policy::Request::parse(draft.method.clone(), &draft.url, draft.headers.clone()).unwrap();
    let printed = format!("{draft:?} {request:?} {error:?} {error} {:?}", house.events());
    assert!(!printed.contains("hunter2"), "{printed}");
}

#[tokio::test]
async fn what_cannot_even_be_drafted_is_refused_with_one_event() {
    let house = House::new();
    let policy = policy([RuleSpec::host("a.test")]);
    for url in ["https://a.test/x?key=hunter2", "no url"] {
        let denial = egret_policy::Denial::new(egret_policy::Code::HeaderName, "a header's name is malformed");
        let error = house.egress.refuse(&caller(&policy), http::Method::PUT, url, denial);
        assert_eq!((error.code().as_str(), error.hop()), ("NET_BLOCKED", 0));
    }
    let events = house.events();
    assert_eq!(events.len(), 2);
    for event in &events {
        assert!(matches!(&event.outcome, Outcome::Failed(reason) if reason.path() == "policy.header.name"), "{event:?}");
        assert_eq!((event.method.as_str(), event.sent, event.status), ("PUT", 0, None));
    }
    assert_eq!(events[0].target.as_ref().unwrap().to_url(), "https://a.test/x");
    assert!(events[1].target.is_none() && events[0].call != events[1].call);
}

#[tokio::test]
async fn refusals_failures_and_drops_leave_one_event_each() {
    let house = House::new();
    house.zone.addresses("a.test", &["127.0.0.1"]);
    let peer = Hostile::script(vec![Step::ExpectHead, Step::Hold]);
    let policy = policy([local("a.test", peer.address())]);
    let url = format!("http://a.test:{}/", peer.address().port());
    assert_eq!(house.failure(&policy, "https://b.test/x").await, "policy.rule.no_host");
    assert_eq!(house.failure(&policy, "not a url").await, "policy.target.control");
    let call = house.get(&policy, &url);
    tokio::select! {
        _ = call => panic!("the peer never answers"),
        _ = peer.until(|seen| seen.received.iter().any(|bytes| bytes.ends_with(b"\r\n\r\n"))) => {}
    }
    let events = house.events();
    assert_eq!(events.len(), 3);
    assert!(matches!(&events[0].outcome, Outcome::Failed(reason) if reason.path() == "policy.rule.no_host"));
    assert_eq!(events[0].change.as_ref().map(|change| change.rule.host.as_str()), Some("b.test"));
    assert!(events[1].target.is_none());
    assert_eq!(events[2].outcome, Outcome::Abandoned);
}

#[tokio::test]
async fn dropping_a_call_closes_its_connection() {
    let house = House::new();
    house.zone.addresses("a.test", &["127.0.0.1"]);
    let peer = Hostile::script(vec![Step::ExpectHead, Step::Hold]);
    let policy = policy([local("a.test", peer.address()), RuleSpec::host("b.test")]);
    let url = format!("http://a.test:{}/", peer.address().port());
    tokio::select! {
        _ = house.failure(&policy, &url) => panic!("the peer never answers"),
        _ = peer.until(|seen| seen.received.iter().any(|bytes| !bytes.is_empty())) => {}
    }
    peer.until(|seen| seen.ended == 1).await;
}

#[tokio::test]
async fn an_event_says_by_which_rule_and_door_and_how_long_the_parts_took_that_it_had() {
    let house = House::new();
    house.zone.addresses("a.test", &["127.0.0.1"]);
    let upstream = Upstream::http(|_| async { Response::new("body") });
    let rule = local("a.test", upstream.address());
    let policy = policy([rule.clone()]);
    let url = format!("http://a.test:{}/", upstream.address().port());
    for _ in 0..2 {
        house.get(&policy, &url).await.unwrap().body.collect(100).await.unwrap();
    }
    assert_eq!(house.failure(&policy, "https://b.test/").await, "policy.rule.no_host");
    let events = house.events();
    let [fresh, kept, refused] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!((fresh.caller.door, fresh.rule), (Door::Library, Some(RuleVersion::of(&rule))));
    let had = |event: &Event| {
        let Timings { queue, dns, connect, tls, first_byte } = event.timings;
        [queue, dns, connect, tls, first_byte].map(|part| part.is_some())
    };
    assert_eq!(had(fresh), [false, true, true, false, true]);
    assert_eq!((kept.reused, had(kept)), (true, [false, false, false, false, true]));
    assert_eq!((refused.rule, had(refused)), (None, [false; 5]));
    let parts = [fresh.timings.dns, fresh.timings.connect, fresh.timings.first_byte];
    assert!(parts.into_iter().flatten().sum::<std::time::Duration>() <= fresh.took, "{fresh:?}");
}

#[tokio::test]
async fn a_part_that_is_cut_off_has_its_time_so_far() {
    let house = House::new();
    house.zone.addresses("a.test", &["127.0.0.1"]);
    let peer = Hostile::script(vec![Step::ExpectHead, Step::Hold]);
    let policy = policy([local("a.test", peer.address())]);
    let url = format!("http://a.test:{}/", peer.address().port());
    tokio::select! {
        _ = house.get(&policy, &url) => panic!("the peer never answers"),
        _ = peer.until(|seen| seen.received.iter().any(|bytes| bytes.ends_with(b"\r\n\r\n"))) => {}
    }
    assert!(house.events()[0].timings.first_byte.is_some());
}
