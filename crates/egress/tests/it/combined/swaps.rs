//! What changes in the middle of a call: secrets between two tries, grants between a decision and the next one.

use super::{Scene, credential, holding, secret};
use crate::cache;
use crate::house::{caller, local, policy};
use egret_egress::{Grants, SecretValue, Secrets};
use egret_policy::{Actions, AuthSpec, Place, Policy, RetrySpec, RuleSpec};
use http::Response;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

const FIRST: &str = "hunter2-the-first";
const SECOND: &str = "hunter2-the-second";

/// A rule that puts `KEY` in, and tries again at once.
fn trying(peer: SocketAddr) -> RuleSpec {
    let retry = RetrySpec { backoff: (Duration::ZERO, Duration::ZERO), ..RetrySpec::default() };
    let auth = AuthSpec { secret: "KEY".parse().unwrap(), place: Place::Bearer };
    RuleSpec { auth: Some(auth), actions: Actions { retry: Some(retry), ..Actions::default() }, ..local("a.test", peer) }
}

/// An upstream that fails once, while `change` is made to the secrets, and then tells all that it was shown.
fn changing(change: impl Fn(&Secrets) + Send + Sync + 'static) -> (Scene, Secrets) {
    let secrets = Secrets::none();
    let (held, shown) = (secrets.clone(), std::sync::Mutex::new(String::new()));
    let scene = Scene::new(
        move |request| {
            let mut shown = shown.lock().unwrap();
            let is_first = shown.is_empty();
            shown.push_str(&credential(request));
            if is_first {
                change(&held);
            }
            Response::builder().status(if is_first { 503 } else { 200 }).body(shown.clone()).unwrap()
        },
        |_, _| {},
    );
    secrets.replace(vec![secret("KEY", FIRST, "a.test", scene.peer.address())]);
    (scene, secrets)
}

#[tokio::test]
async fn a_secret_that_is_taken_away_between_two_tries_does_not_go_into_the_second() {
    let (scene, secrets) = changing(|secrets| secrets.replace(Vec::new()));
    let caller = holding(&policy([trying(scene.peer.address())]), secrets);
    assert_eq!(scene.get(&caller, "a.test", "/").await, "egress.auth.unavailable");
    assert_eq!((scene.peer.requests().len(), scene.house.events().len()), (1, 2));
}

#[tokio::test]
async fn a_second_try_takes_the_new_secret_and_shows_neither() {
    let (scene, secrets) = changing(|secrets| {
        let mut rotated = secrets.current()[0].clone();
        (rotated.version, rotated.value) = (2, SecretValue::new(SECOND.into()));
        secrets.replace(vec![rotated]);
    });
    let caller = holding(&policy([trying(scene.peer.address())]), secrets);
    let body = scene.get(&caller, "a.test", "/").await;
    assert_eq!(scene.peer.requests()[1].headers["authorization"], format!("Bearer {SECOND}").as_str());
    assert!(body.starts_with("Bearer ***") && !body.contains("hunter2"), "{body}");
}

#[tokio::test]
async fn an_answer_that_was_decided_anew_under_other_grants_is_not_kept_under_the_rule_before() {
    let (count, held) = (AtomicUsize::new(0), Arc::new(OnceLock::<(Grants, Arc<Policy>)>::new()));
    let other = Arc::clone(&held);
    let scene = cache::Scene::answering(move |request, now| {
        let number = count.fetch_add(1, Ordering::Relaxed) + 1;
        if request.headers().contains_key("if-none-match") {
            let (grants, policy) = other.get().unwrap();
            grants.swap(Arc::clone(policy));
            return Response::builder().status(304).header("etag", "\"another\"").body(String::new()).unwrap();
        }
        let mut answer = cache::lasting(number.to_string(), now);
        answer.headers_mut().insert("etag", format!("\"{number}\"").parse().unwrap());
        answer
    });
    let before = policy([scene.minutes()]);
    let after = policy([RuleSpec { redirect_body: true, ..scene.minutes() }]);
    let caller = caller(&before);
    held.set((caller.grants.clone(), after)).unwrap();
    let ask = async || crate::hooks::text(scene.house.egress.fetch(&caller, scene.draft("/")).await).await;
    assert_eq!(ask().await, "1");
    scene.now.advance(Duration::from_secs(100));
    assert_eq!(ask().await, "3", "the stored one was another, so it was asked for anew, under the rule after");
    caller.grants.swap(before);
    assert_eq!(ask().await, "4", "what came by the rule after is no answer to the rule before");
    assert_eq!((scene.peer.requests().len(), scene.house.events().len()), (4, 3));
}
