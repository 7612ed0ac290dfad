//! Tries after the first: which there are, what each one costs, and what ends them.

use super::Scene;
use crate::house::policy;
use egret_egress::{CallOptions, Caller, Draft, Grants, Outcome, RequestBody};
use egret_policy::{Actions, Policy, RetrySpec};
use egret_testkit::{Hostile, Listener, Step, Upstream};
use futures_util::stream;
use http::{HeaderValue, Method, Response};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Three tries without a wait between them.
fn at_once() -> Actions {
    retrying(RetrySpec { backoff: (Duration::ZERO, Duration::ZERO), ..RetrySpec::default() })
}

fn retrying(retry: RetrySpec) -> Actions {
    Actions { retry: Some(retry), ..Actions::default() }
}

/// An upstream that answers with these statuses, the last one again and again.
fn answering(statuses: &'static [u16]) -> Upstream {
    with_body(statuses, "", "x")
}

fn with_body(statuses: &'static [u16], after: &'static str, body: &'static str) -> Upstream {
    let count = Arc::new(AtomicUsize::new(0));
    Upstream::http(move |_| {
        let status = statuses[count.fetch_add(1, Ordering::Relaxed).min(statuses.len() - 1)];
        async move { Response::builder().status(status).header("retry-after", after).body(body).unwrap() }
    })
}

#[tokio::test]
async fn each_try_is_paid_for_and_leaves_its_event() {
    let upstream = answering(&[503, 502, 200]);
    let scene = Scene::new(upstream.address(), at_once());
    assert_eq!(scene.get().await, "200");
    let events = scene.house.events();
    let seen: Vec<_> = events.iter().map(|event| (event.retries, event.status, event.outcome == Outcome::Answered)).collect();
    assert_eq!(seen, [(0, Some(503), true), (1, Some(502), true), (2, Some(200), true)]);
    assert!(events.iter().all(|event| event.call == events[0].call && event.hop == 0));
    assert_eq!((scene.paid(), upstream.requests().len(), upstream.connections()), (3, 3, 1));
}

#[tokio::test]
async fn the_last_answer_is_the_callers_and_others_are_not_tried_again() {
    for (statuses, expected, tries) in [(&[503][..], "503", 3), (&[500], "500", 1), (&[404], "404", 1), (&[200], "200", 1)] {
        let upstream = answering(statuses);
        let scene = Scene::new(upstream.address(), at_once());
        assert_eq!((scene.get().await.as_str(), upstream.requests().len()), (expected, tries));
    }
}

#[tokio::test]
async fn a_method_that_may_act_twice_is_sent_once_unless_its_sender_or_its_rule_says_otherwise() {
    let cases = [
        (Method::PUT, false, false, 3),
        (Method::DELETE, false, false, 3),
        (Method::HEAD, false, false, 3),
        (Method::POST, false, false, 1),
        (Method::PATCH, false, false, 1),
        (Method::POST, true, false, 3),
        (Method::POST, false, true, 3),
    ];
    for (method, keyed, ruled, tries) in cases {
        let upstream = answering(&[503]);
        let mut actions = at_once();
        if let Some(retry) = actions.retry.as_mut().filter(|_| ruled) {
            retry.methods = vec!["POST".to_owned()];
        }
        let scene = Scene::new(upstream.address(), actions);
        let mut draft = Draft { method: method.clone(), ..scene.draft() };
        if keyed {
            draft.headers.insert("idempotency-key", HeaderValue::from_static("1"));
        }
        assert_eq!(scene.ask(draft).await, "503");
        assert_eq!(upstream.requests().len(), tries, "{method} {keyed} {ruled}");
    }
}

#[tokio::test]
async fn a_body_is_sent_again_whole_and_a_stream_that_was_begun_is_not() {
    let upstream = answering(&[503, 200]);
    let scene = Scene::new(upstream.address(), at_once());
    let put = |body: RequestBody| Draft { method: Method::PUT, body, ..scene.draft() };
    assert_eq!(scene.ask(put("once more".into())).await, "200");
    assert!(upstream.requests().iter().all(|request| request.body == "once more"));
    let upstream = answering(&[503, 200]);
    let scene = Scene::new(upstream.address(), at_once());
    let chunks = stream::iter([Ok::<_, ()>("once".into())]);
    assert_eq!(scene.ask(Draft { method: Method::PUT, body: RequestBody::stream(chunks), ..scene.draft() }).await, "503");
    assert_eq!(upstream.requests().len(), 1);
}

#[tokio::test]
async fn a_connection_that_fails_is_tried_again() {
    let answer = || vec![Step::ExpectHead, Step::send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")];
    let peer = Hostile::sequence(vec![vec![Step::ExpectHead], vec![Step::ExpectHead, Step::Reset], answer()]);
    let scene = Scene::new(peer.address(), at_once());
    assert_eq!(scene.get().await, "200");
    assert_eq!((peer.connections(), scene.paid()), (3, 3));
    let dead = Listener::silent().address();
    let scene = Scene::new(dead, at_once());
    assert_eq!(scene.get().await, "egress.connect.failed");
    assert_eq!(scene.house.events().iter().map(|event| event.retries).collect::<Vec<_>>(), [0, 1, 2]);
}

#[tokio::test]
async fn there_is_no_other_try_when_bytes_have_reached_the_caller() {
    let peer = Hostile::script(vec![Step::ExpectHead, Step::send("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf")]);
    let scene = Scene::new(peer.address(), at_once());
    assert_eq!(scene.get().await, "egress.protocol.closed_early");
    assert_eq!(peer.connections(), 1);
}

#[tokio::test]
async fn a_wait_that_does_not_fit_before_the_deadline_gives_the_answer_at_hand() {
    let upstream = with_body(&[503], "3600", "come back later");
    let scene = Scene::new(upstream.address(), at_once());
    let response = scene.fetch(scene.draft()).await.unwrap();
    assert_eq!((response.status.as_u16(), &response.headers["retry-after"]), (503, &HeaderValue::from_static("3600")));
    assert_eq!(response.body.collect(100).await.unwrap(), "come back later");
    assert_eq!(upstream.requests().len(), 1);
}

#[tokio::test]
async fn grants_that_are_taken_away_between_two_tries_end_the_call() {
    let upstream = with_body(&[503], "20", "x");
    let scene = Scene::new(upstream.address(), at_once());
    let grants = Grants::from(policy([super::rule(upstream.address(), at_once())]));
    let caller = Caller { grants: grants.clone(), ..scene.caller.clone() };
    let (egress, draft) = (scene.house.egress.clone(), scene.draft());
    let waiting = tokio::spawn(async move { egress.fetch(&caller, draft).await.map(drop) });
    while scene.house.events().is_empty() {
        tokio::task::yield_now().await;
    }
    grants.swap(Policy::nothing());
    assert_eq!(waiting.await.unwrap().unwrap_err().path(), "policy.rule.no_host");
    let events = scene.house.events();
    assert_eq!((events.len(), events[1].retries, upstream.requests().len()), (2, 1, 1));
}

#[tokio::test]
async fn a_call_narrows_the_tries_of_its_rule_and_never_widens_them() {
    for (asked, tries) in [(Some(1), 1), (Some(2), 2), (Some(200), 3)] {
        let upstream = answering(&[503]);
        let scene = Scene::new(upstream.address(), at_once());
        let options = CallOptions { tries: asked, ..CallOptions::default() };
        assert_eq!(scene.ask(Draft { options, ..scene.draft() }).await, "503");
        assert_eq!(upstream.requests().len(), tries, "{asked:?}");
    }
}

#[tokio::test]
async fn what_nobody_reads_is_read_to_its_end_only_if_it_is_small() {
    let large: &'static str = Box::leak("x".repeat(100 << 10).into_boxed_str());
    let upstream = with_body(&[503, 200], "0", large);
    let scene = Scene::new(upstream.address(), at_once());
    assert_eq!(scene.get().await, "200");
    assert_eq!(upstream.connections(), 2);
    assert_eq!(scene.house.events()[0].outcome, Outcome::Abandoned);
}

#[tokio::test]
async fn a_refusal_is_not_tried_again() {
    let upstream = answering(&[200]);
    let scene = Scene::new(upstream.address(), at_once());
    let elsewhere = scene.url().replace("http://", "https://").replace("a.test", "b.test");
    assert_eq!(scene.ask(crate::house::draft(&elsewhere)).await, "policy.rule.no_host");
    assert_eq!((scene.house.events().len(), scene.paid()), (1, 0));
}
