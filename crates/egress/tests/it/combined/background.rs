//! Hooks and what goes on beside a call: asking anew, stored answers, and calls that are dropped.

use crate::cache::{Scene, lasting, settled};
use crate::hooks::{changes, hook, named};
use crate::house::{caller, policy};
use egret_egress::{Cached, Outcome};
use egret_policy::{Given, Handling, Policy, Respond, RuleSpec, Wanted};
use http::{HeaderValue, Response};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Notify;

#[tokio::test]
async fn what_is_asked_anew_in_the_background_does_not_come_by_its_hooks_again() {
    let ran = Arc::new(AtomicUsize::new(0));
    let counts = Arc::clone(&ran);
    let scene = Scene::with(
        |config| {
            let tag = changes(move |context| {
                counts.fetch_add(1, Ordering::Relaxed);
                context.headers_mut().append("x-tag", HeaderValue::from_static("1"));
            });
            config.hooks.register("tag", tag);
        },
        |request, now| {
            let control = "max-age=10, stale-while-revalidate=100";
            let tags = request.headers().get_all("x-tag").iter().count().to_string();
            Response::builder().header("cache-control", control).header("date", now.filled("{0}")).body(tags).unwrap()
        },
    );
    let caller = caller(&policy([RuleSpec { handling: named(&["tag"]), ..scene.minutes() }]));
    let ask = async || crate::hooks::text(scene.house.egress.fetch(&caller, scene.draft("/")).await).await;
    assert_eq!(ask().await, "1");
    scene.now.advance(Duration::from_secs(20));
    assert_eq!(ask().await, "1");
    settled(&scene, 3).await;
    assert_eq!(ask().await, "1", "the one that was asked for in the background");
    assert_eq!((ran.load(Ordering::Relaxed), scene.peer.requests().len()), (3, 2));
    let cached: Vec<_> = scene.house.events().iter().map(|event| event.cached).collect();
    assert_eq!(cached, [None, Some(Cached::Stale), None, Some(Cached::Hit)]);
}

#[tokio::test]
async fn a_call_that_is_dropped_in_a_hook_leaves_its_one_event() {
    let (before, after) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (in_before, in_after) = (Arc::clone(&before), Arc::clone(&after));
    let scene = Scene::with(
        |config| {
            let waits = hook(move |_, _| {
                in_before.notify_one();
                Box::pin(std::future::pending())
            });
            config.hooks.register("before", waits);
            let asks = hook(move |context, next| {
                let entered = Arc::clone(&in_after);
                Box::pin(async move {
                    next.run(context).await?;
                    entered.notify_one();
                    std::future::pending().await
                })
            });
            config.hooks.register("after", asks);
        },
        |_, now| lasting("x".to_owned(), now),
    );
    for (name, entered, status) in [("before", before, None), ("after", after, Some(200))] {
        let caller = caller(&policy([RuleSpec { handling: named(&[name]), ..scene.minutes() }]));
        let told = scene.house.events().len();
        tokio::select! {
            _ = scene.house.egress.fetch(&caller, scene.draft("/")) => panic!("the hook does not end"),
            () = entered.notified() => {}
        }
        let events = scene.house.events().split_off(told);
        let [event] = &events[..] else { panic!("{name}: {events:#?}") };
        assert_eq!((&event.outcome, event.status), (&Outcome::Abandoned, status), "{name}");
        assert!(event.rule.is_some() && event.target.is_some(), "{name}");
    }
    assert_eq!(scene.house.egress.load().in_flight, 0);
}

#[tokio::test]
async fn a_stored_answer_is_refused_to_a_call_that_would_be() {
    let scene = Scene::counting(|_| {});
    let handling = Handling { require_header: BTreeMap::from([("x-team".to_owned(), Wanted::Anything)]), ..Handling::default() };
    let caller = caller(&policy([RuleSpec { handling, ..scene.minutes() }]));
    let mut draft = scene.draft("/");
    draft.headers.insert("x-team", HeaderValue::from_static("a"));
    let ask = async |draft| crate::hooks::text(scene.house.egress.fetch(&caller, draft).await).await;
    assert_eq!((ask(draft.clone()).await, ask(draft.clone()).await), ("1".to_owned(), "1".to_owned()));
    let bare = ask(scene.draft("/")).await;
    assert!(bare.starts_with("policy."), "{bare}");
    caller.grants.swap(Policy::nothing());
    assert_eq!(ask(draft).await, "policy.rule.no_host");
    assert_eq!((scene.peer.requests().len(), scene.house.events().len()), (1, 4));
}

#[tokio::test]
async fn what_a_rule_answers_by_itself_is_not_stored_and_not_sent() {
    let scene = Scene::counting(|_| {});
    let headers = BTreeMap::from([("cache-control".to_owned(), "max-age=60".to_owned())]);
    let respond = Respond { status: 200, headers, body: Given::Text("here".to_owned()) };
    let handling = Handling { respond: Some(respond), ..Handling::default() };
    let caller = caller(&policy([RuleSpec { handling, ..scene.minutes() }]));
    for _ in 0..2 {
        assert_eq!(crate::hooks::text(scene.house.egress.fetch(&caller, scene.draft("/")).await).await, "here");
    }
    assert_eq!((scene.house.egress.cache_stats().stored, scene.peer.requests().len(), scene.house.events().len()), (0, 0, 2));
    assert!(scene.house.events().iter().all(|event| event.cached.is_none() && event.hook.as_deref() == Some("respond")));
}
