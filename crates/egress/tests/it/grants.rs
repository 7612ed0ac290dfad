//! Changed grants: the next call counts by the new ones, calls in flight go on, and what is no longer allowed ends.

use crate::house::{House, caller, draft, local, policy};
use egret_egress::{Caller, Draft, Grants, Redirect};
use egret_policy::{Closed, Mode, Policy, RuleSpec};
use egret_testkit::{Gate, Hostile, Step, Upstream};
use http::Response;

#[tokio::test]
async fn a_revoked_grant_ends_the_stream_that_used_it_and_another_change_does_not() {
    let house = House::new();
    house.zone.addresses("a.test", &["127.0.0.1"]);
    let peer = Hostile::script(vec![Step::ExpectHead, Step::send("HTTP/1.1 200 OK\r\n\r\nfirst"), Step::Hold]);
    let rule = || local("a.test", peer.address());
    let grants = Grants::from(policy([rule()]));
    let caller = Caller { grants: grants.clone(), ..caller(&policy([])) };
    let mut response = house.egress.fetch(&caller, draft(&format!("http://a.test:{}/", peer.address().port()))).await.unwrap();
    assert_eq!(response.body.chunk().await.unwrap().unwrap(), "first");
    assert_eq!(grants.swap(policy([rule(), RuleSpec::host("b.test")])), 2);
    let reading = tokio::spawn(async move { response.body.chunk().await });
    tokio::task::yield_now().await;
    assert!(!reading.is_finished(), "the stream is still allowed");
    assert_eq!(grants.swap(Policy::nothing()), 3);
    assert_eq!(reading.await.unwrap().unwrap_err().path(), "policy.rule.no_host");
    peer.until(|seen| seen.ended == 1).await;
}

#[tokio::test]
async fn a_revoked_grant_ends_the_call_that_waits_for_its_answer() {
    let house = House::new();
    house.zone.addresses("a.test", &["127.0.0.1"]);
    let peer = Hostile::script(vec![Step::ExpectHead, Step::Hold]);
    let grants = Grants::from(policy([local("a.test", peer.address())]));
    let caller = Caller { grants: grants.clone(), ..caller(&policy([])) };
    let egress = house.egress.clone();
    let draft = draft(&format!("http://a.test:{}/", peer.address().port()));
    let waiting = tokio::spawn(async move { egress.fetch(&caller, draft).await.map(drop) });
    peer.until(|seen| seen.received.iter().any(|bytes| bytes.ends_with(b"\r\n\r\n"))).await;
    grants.swap(Policy::nothing());
    assert_eq!(waiting.await.unwrap().unwrap_err().path(), "policy.rule.no_host");
    peer.until(|seen| seen.ended == 1).await;
}

#[tokio::test]
async fn each_hop_is_decided_by_the_grants_that_stand_when_it_begins() {
    let house = House::new();
    house.zone.addresses("a.test", &["127.0.0.1"]);
    let gate = Gate::new();
    let opened = gate.clone();
    let upstream = Upstream::http(move |_| {
        let gate = opened.clone();
        async move {
            gate.opened().await;
            Response::builder().status(302).header("location", "/next").body("").unwrap()
        }
    });
    let rule = |paths: &[&str]| RuleSpec {
        routes: Some(paths.iter().map(|path| egret_policy::RouteSpec::path(*path)).collect()),
        ..local("a.test", upstream.address())
    };
    let grants = Grants::from(policy([rule(&["/go", "/next"])]));
    let caller = Caller { grants: grants.clone(), ..caller(&policy([])) };
    let egress = house.egress.clone();
    let draft = Draft { redirect: Redirect::Follow, ..draft(&format!("http://a.test:{}/go", upstream.address().port())) };
    let call = tokio::spawn(async move { egress.fetch(&caller, draft).await.map(drop) });
    while upstream.requests().is_empty() {
        tokio::task::yield_now().await;
    }
    grants.swap(policy([rule(&["/go"])]));
    gate.release();
    let error = call.await.unwrap().unwrap_err();
    assert_eq!((error.path(), error.hop()), ("policy.rule.path", 1));
}

#[tokio::test]
async fn the_answers_on_the_way_are_handed_to_the_caller() {
    let house = House::new();
    house.zone.addresses("a.test", &["127.0.0.1"]);
    let upstream = Upstream::http(|request| {
        let moved = request.uri().path() == "/go";
        async move {
            let answer = Response::builder().header("x-repo-commit", "abc");
            if moved { answer.status(302).header("location", "/there").body("").unwrap() } else { answer.body("").unwrap() }
        }
    });
    let policy = policy([local("a.test", upstream.address())]);
    let draft = Draft { redirect: Redirect::Follow, ..draft(&format!("http://a.test:{}/go", upstream.address().port())) };
    let response = house.egress.fetch(&caller(&policy), draft).await.unwrap();
    let [hop] = response.hops.as_slice() else { panic!("{:?}", response.hops) };
    assert_eq!((hop.status.as_u16(), hop.headers["x-repo-commit"].to_str().unwrap()), (302, "abc"));
    assert!(hop.url.ends_with("/go") && response.url.ends_with("/there"));
}

#[tokio::test]
async fn a_lockdown_ends_the_call_that_waits_and_refuses_the_next_in_every_mode() {
    let house = House::new();
    house.zone.addresses("a.test", &["127.0.0.1"]);
    let peer = Hostile::script(vec![Step::ExpectHead, Step::Hold]);
    let rule = || local("a.test", peer.address());
    let grants = Grants::from(policy([rule()]));
    let caller = Caller { grants: grants.clone(), ..caller(&policy([])) };
    let (egress, asking) = (house.egress.clone(), caller.clone());
    let url = format!("http://a.test:{}/", peer.address().port());
    let asked = draft(&url);
    let waiting = tokio::spawn(async move { egress.fetch(&asking, asked).await.map(drop) });
    peer.until(|seen| seen.received.iter().any(|bytes| bytes.ends_with(b"\r\n\r\n"))).await;
    grants.swap(Policy::builder().rules([rule()]).mode(Mode::Report).build().unwrap().closed(Some(Closed::Everywhere)));
    assert_eq!(waiting.await.unwrap().unwrap_err().path(), "policy.closed.lockdown");
    peer.until(|seen| seen.ended == 1).await;
    let error = house.egress.fetch(&caller, draft(&url)).await.unwrap_err();
    assert_eq!((error.code().as_str(), error.path()), ("NET_BLOCKED", "policy.closed.lockdown"));
    assert!(house.events().iter().all(|event| event.change.is_none()), "no rule lifts it");
}
