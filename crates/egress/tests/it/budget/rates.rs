//! Rates: what takes from them and what does not, and what is told of them.

use super::Scene;
use crate::house::draft;
use egret_egress::{AppLimits, Budget, Caller, Code, Limits, Rate, Rates};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// So many calls, and hardly one more in the time of a test.
fn only(burst: u32) -> Option<Rate> {
    Some(Rate { calls: 1, period: Duration::from_secs(3_600), burst })
}

fn limits(rates: Rates) -> Limits {
    Limits { rates, ..Limits::default() }
}

#[tokio::test]
async fn a_rate_that_is_used_up_refuses_before_anything_is_asked_and_says_until_when() {
    let scene = Scene::answering(limits(Rates { app: only(1), ..Rates::default() }));
    let caller = scene.caller("a");
    assert_eq!(scene.get(&caller, "a.test").await, Ok(()));
    let error = scene.house.egress.fetch(&caller, draft(&scene.url("x.b.test", "/"))).await.unwrap_err();
    assert_eq!((error.code(), error.path(), error.retryable()), (Code::Rate, "egress.rate.app", true));
    let after = error.retry_after().unwrap();
    assert!(after > Duration::from_secs(3_500) && after <= Duration::from_secs(3_600), "{after:?}");
    assert_eq!(scene.get(&scene.caller("b"), "a.test").await, Ok(()), "another app has its own");
    assert!(scene.house.zone.queries().iter().all(|query| !format!("{query:?}").contains("x.b.test")));
}

#[tokio::test]
async fn names_of_one_owner_share_a_rate_however_they_are_written() {
    let scene = Scene::answering(limits(Rates { domain: only(2), ..Rates::default() }));
    let caller = scene.caller("a");
    assert_eq!(scene.get(&caller, "x.b.test").await, Ok(()));
    assert_eq!(scene.get(&caller, "Y.B.TEST").await, Ok(()));
    for spelling in ["x.b.test", "X.b.test", "y.B.test"] {
        assert_eq!(scene.get(&caller, spelling).await, Err("egress.rate.domain"), "{spelling}");
    }
    assert_eq!(scene.get(&caller, "a.test").await, Ok(()), "another owner's name");
}

#[tokio::test]
async fn a_refusal_of_the_policy_takes_no_rate_no_slot_and_no_call() {
    let rates = Rates { all: only(1), app: only(1), domain: only(1), refusals: None };
    let scene = Scene::answering(limits(rates));
    let caller = Caller { budget: super::budget(1, 1, 100), ..scene.caller("a") };
    for _ in 0..500 {
        assert_eq!(scene.get(&caller, "elsewhere.test").await, Err("policy.rule.no_host"));
    }
    assert_eq!(caller.budget.spent().calls, 0);
    assert_eq!(scene.get(&caller, "a.test").await, Ok(()));
}

#[tokio::test]
async fn refusals_have_a_rate_of_their_own() {
    let scene = Scene::answering(limits(Rates { refusals: only(3), ..Rates::default() }));
    let caller = scene.caller("a");
    let mut seen = Vec::new();
    for _ in 0..5 {
        seen.push(scene.get(&caller, "elsewhere.test").await.unwrap_err());
    }
    assert_eq!(seen, ["policy.rule.no_host", "policy.rule.no_host", "policy.rule.no_host", "egress.rate.refusals", "egress.rate.refusals"]);
    assert_eq!(scene.get(&caller, "a.test").await, Ok(()), "what is allowed goes on");
    assert_eq!(scene.get(&scene.caller("b"), "elsewhere.test").await, Err("policy.rule.no_host"));
    assert_eq!(scene.house.events().len(), 7, "each leaves its event");
}

#[tokio::test]
async fn an_apps_own_rate_and_cap_narrow_the_kernels() {
    let scene = Scene::answering(limits(Rates { app: only(5), ..Rates::default() }));
    let own = |rate, in_flight| {
        let app = AppLimits { rate, in_flight, domain_rate: None };
        Caller { budget: Budget::new(egret_egress::Allowance::default(), app), ..scene.caller("a") }
    };
    assert_eq!(scene.get(&own(only(1), None), "a.test").await, Ok(()));
    assert_eq!(scene.get(&own(only(1), None), "a.test").await, Err("egress.rate.app"));
    scene.house.egress.set_limits(&Limits {
        in_flight: egret_egress::InFlight { wait: Duration::ZERO, ..Default::default() },
        ..limits(Rates::default())
    });
    assert_eq!(scene.get(&own(None, Some(0)), "a.test").await, Err("egress.limit.in_flight_app"));
    assert_eq!(scene.get(&own(None, Some(1)), "a.test").await, Ok(()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn exactly_what_a_rate_allows_gets_through_under_64_tasks() {
    let scene = Arc::new(Scene::answering(limits(Rates { all: only(300), app: only(200), domain: only(170), refusals: None })));
    let mut tasks = JoinSet::new();
    for task in 0..64 {
        let (scene, caller) = (Arc::clone(&scene), scene.caller(if task % 2 == 0 { "a" } else { "b" }));
        tasks.spawn(async move {
            let mut through = 0;
            for number in 0..20 {
                let host = if number % 2 == 0 { "a.test" } else { "x.b.test" };
                through += usize::from(scene.get(&caller, host).await.is_ok());
            }
            through
        });
    }
    let mut through = 0;
    while let Some(ended) = tasks.join_next().await {
        through += ended.unwrap();
    }
    assert_eq!((through, scene.upstream.requests().len()), (300, 300));
}
