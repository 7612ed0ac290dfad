//! Whose stored answers are whose, what a hit costs, and what a call may wish.

use super::{Now, Scene, lasting, settled};
use crate::house::{caller, caller_of, policy};
use bytes::Bytes;
use egret_egress::{
    Budget, CacheMode, CacheWish, Cached, Caller, Decode, Draft, Grants, Limits, Outcome, Rate, Rates, Redirect, Secret, SecretGrant,
    SecretValue, Secrets,
};
use egret_policy::{AuthSpec, CacheSpec, Place, Policy, RuleSpec, Scheme};
use http::header::AUTHORIZATION;
use http::{HeaderValue, Method, Response};
use std::time::Duration;

/// The body that comes, and how it was answered.
async fn got(scene: &Scene, caller: &Caller, draft: Draft) -> (String, Option<Cached>) {
    let told = scene.house.events().len();
    let body = match scene.house.egress.fetch(caller, draft).await {
        Ok(response) => String::from_utf8(response.body.collect(1 << 20).await.unwrap().to_vec()).unwrap(),
        Err(error) => error.path().to_owned(),
    };
    settled(scene, told + 1).await;
    (body, scene.house.events()[told].cached)
}

fn wishing(scene: &Scene, mode: CacheMode, refresh: bool) -> Draft {
    Draft { cache: CacheWish { mode, key: None, refresh }, ..scene.draft("/") }
}

#[tokio::test]
async fn without_cache_in_the_rule_nothing_is_kept() {
    let scene = Scene::counting(|_| {});
    let rule = RuleSpec { cache: None, ..scene.minutes() };
    let caller = caller(&policy([rule]));
    assert_eq!(got(&scene, &caller, scene.draft("/")).await, ("1".to_owned(), None));
    assert_eq!(got(&scene, &caller, scene.draft("/")).await, ("2".to_owned(), None));
    assert_eq!(scene.house.egress.cache_stats().stored, 0);
}

#[tokio::test]
async fn an_answer_is_one_apps_alone() {
    let scene = Scene::counting(|_| {});
    let policy = policy([scene.minutes()]);
    for (app, expected) in [("a", "1"), ("b", "2"), ("a", "1"), ("b", "2")] {
        assert_eq!(got(&scene, &caller_of(app, &policy), scene.draft("/")).await.0, expected, "{app}");
    }
}

#[tokio::test]
async fn an_answer_is_one_credentials_alone() {
    let scene = Scene::counting(|_| {});
    let key = |version, value: &str| {
        let grant = SecretGrant {
            scheme: Scheme::Http,
            host: "a.test".to_owned(),
            port: scene.peer.address().port(),
            place: Place::Bearer,
            rule: None,
        };
        let (name, value) = ("KEY".parse().unwrap(), SecretValue::new(value.into()));
        Secret { name, version, value, former: Vec::new(), grants: vec![grant], hmac: false, trip: false }
    };
    let auth = AuthSpec { secret: "KEY".parse().unwrap(), place: Place::Bearer };
    let caller = caller(&policy([RuleSpec { auth: Some(auth), ..scene.minutes() }]));
    let with = |secret| Caller { secrets: Secrets::new(vec![secret]), ..caller.clone() };
    let (first, second) = (with(key(1, "sk_live_one")), with(key(2, "sk_live_two")));
    for (caller, expected) in [(&first, "1"), (&second, "2"), (&first, "1"), (&second, "2")] {
        assert_eq!(got(&scene, caller, scene.draft("/")).await.0, expected);
    }
    let printed = format!("{:?} {:?}", scene.house.events(), scene.house.egress.cache_stats());
    assert!(!printed.contains("sk_live"), "{printed}");
}

#[tokio::test]
async fn an_answer_is_one_rules_alone_and_a_hit_is_decided_as_any_call() {
    let scene = Scene::counting(|_| {});
    let grants = Grants::from(policy([scene.minutes()]));
    let caller = Caller { grants: grants.clone(), ..caller(&policy([])) };
    assert_eq!(got(&scene, &caller, scene.draft("/")).await.0, "1");
    grants.swap(policy([RuleSpec { require: true, ..scene.minutes() }]));
    assert_eq!(got(&scene, &caller, scene.draft("/")).await.0, "2", "the rule is another one");
    grants.swap(Policy::nothing());
    assert_eq!(got(&scene, &caller, scene.draft("/")).await, ("policy.rule.no_host".to_owned(), None));
    grants.swap(policy([scene.minutes()]));
    assert_eq!(got(&scene, &caller, scene.draft("/")).await, ("1".to_owned(), Some(Cached::Hit)));
}

#[tokio::test]
async fn a_call_may_wish_for_less() {
    let scene = Scene::counting(|_| {});
    let caller = caller(&policy([scene.minutes()]));
    let wish = |mode, refresh| wishing(&scene, mode, refresh);
    assert_eq!(got(&scene, &caller, wish(CacheMode::OnlyIfCached, false)).await, (String::new(), Some(Cached::Absent)));
    assert_eq!(got(&scene, &caller, wish(CacheMode::NoStore, false)).await, ("1".to_owned(), None));
    assert_eq!(got(&scene, &caller, wish(CacheMode::Default, false)).await, ("2".to_owned(), None), "nothing was stored");
    assert_eq!(got(&scene, &caller, wish(CacheMode::OnlyIfCached, false)).await, ("2".to_owned(), Some(Cached::Hit)));
    assert_eq!(got(&scene, &caller, wish(CacheMode::Reload, false)).await, ("3".to_owned(), None));
    assert_eq!(got(&scene, &caller, wish(CacheMode::Default, true)).await, ("4".to_owned(), None), "it is asked for in any case");
    assert_eq!(got(&scene, &caller, wish(CacheMode::Default, false)).await, ("4".to_owned(), Some(Cached::Hit)));
    assert_eq!(got(&scene, &caller, wish(CacheMode::NoStore, false)).await, ("5".to_owned(), None));
    assert_eq!(got(&scene, &caller, wish(CacheMode::Default, false)).await, ("4".to_owned(), Some(Cached::Hit)));
}

#[tokio::test]
async fn a_call_that_wants_only_what_is_stored_sends_nothing_where_nothing_is_ever_stored() {
    let scene = Scene::counting(|_| {});
    let caller = caller(&policy([RuleSpec { cache: None, ..scene.minutes() }]));
    let only = wishing(&scene, CacheMode::OnlyIfCached, false);
    for draft in [only.clone(), Draft { method: Method::POST, ..only }] {
        let response = scene.house.egress.fetch(&caller, draft).await.unwrap();
        assert_eq!(response.status, 504);
    }
    assert_eq!(scene.peer.requests().len(), 0);
}

#[tokio::test]
async fn calls_with_another_key_do_not_share() {
    let scene = Scene::counting(|_| {});
    let caller = caller(&policy([scene.minutes()]));
    let keyed = |key: &str| Draft { cache: CacheWish { key: Some(key.into()), ..CacheWish::default() }, ..scene.draft("/") };
    for (key, expected) in [("u1", "1"), ("u2", "2"), ("u1", "1")] {
        assert_eq!(got(&scene, &caller, keyed(key)).await.0, expected, "{key}");
    }
    assert_eq!(got(&scene, &caller, scene.draft("/")).await.0, "3");
}

#[tokio::test]
async fn a_hit_costs_no_rate_no_slot_and_no_call() {
    let hourly = Some(Rate { calls: 1, period: Duration::from_secs(3_600), burst: 1 });
    let scene = Scene::counting(|config| config.limits = Limits { rates: Rates { app: hourly, ..Rates::default() }, ..Limits::default() });
    let caller = Caller { budget: Budget::none(), ..caller(&policy([scene.minutes()])) };
    assert_eq!(got(&scene, &caller, scene.draft("/")).await.0, "1");
    for _ in 0..20 {
        assert_eq!(got(&scene, &caller, scene.draft("/")).await, ("1".to_owned(), Some(Cached::Hit)));
    }
    assert_eq!(got(&scene, &caller, scene.draft("/other")).await.0, "egress.rate.app");
}

#[tokio::test]
async fn a_hit_leaves_one_event_which_says_so_and_no_address() {
    let scene = Scene::counting(|_| {});
    let caller = caller(&policy([scene.minutes()]));
    got(&scene, &caller, scene.draft("/")).await;
    got(&scene, &caller, scene.draft("/")).await;
    let events = scene.house.events();
    assert_eq!(events.len(), 2);
    let (first, hit) = (&events[0], &events[1]);
    assert!(first.address.is_some() && first.cached.is_none());
    assert!(hit.address.is_none() && hit.received == 0 && hit.outcome == Outcome::Answered && hit.call != first.call);
    assert_eq!(hit.route.as_deref(), Some("/**"));
}

#[tokio::test]
async fn a_hit_is_held_to_the_size_that_its_caller_takes() {
    let scene = Scene::answering(|_, now| lasting("0123456789".to_owned(), now));
    let caller = caller(&policy([scene.minutes()]));
    got(&scene, &caller, scene.draft("/")).await;
    let response = scene.house.egress.fetch(&caller, scene.draft("/")).await.unwrap();
    assert_eq!(response.body.collect(9).await.unwrap_err().path(), "egress.size.response_body");
    let response = scene.house.egress.fetch(&caller, scene.draft("/")).await.unwrap();
    assert_eq!(response.body.collect(10).await.unwrap(), "0123456789");
}

#[tokio::test]
async fn what_was_decoded_is_stored_decoded_and_what_was_not_is_not() {
    let scene = Scene::answering(|request, now| lasting(format!("{:?}", request.headers().get("accept-encoding")), now));
    let caller = caller(&policy([scene.minutes()]));
    let raw = || Draft { decode: Decode::Raw, ..scene.draft("/") };
    let asked = got(&scene, &caller, scene.draft("/")).await.0;
    assert_eq!(got(&scene, &caller, raw()).await, ("None".to_owned(), None));
    assert_eq!(got(&scene, &caller, scene.draft("/")).await, (asked, Some(Cached::Hit)));
    assert_eq!(got(&scene, &caller, raw()).await, ("None".to_owned(), Some(Cached::Hit)));
}

#[tokio::test]
async fn a_redirect_is_stored_and_followed_from_there() {
    let scene = Scene::answering(|request, now| {
        let mut response = lasting("there".to_owned(), now);
        if request.uri().path() == "/go" {
            *response.status_mut() = http::StatusCode::MOVED_PERMANENTLY;
            response.headers_mut().insert("location", HeaderValue::from_static("/there"));
            *response.body_mut() = String::new();
        }
        response
    });
    let caller = caller(&policy([scene.minutes()]));
    for expected in [None, Some(Cached::Hit)] {
        let draft = Draft { redirect: Redirect::Follow, ..scene.draft("/go") };
        let before = scene.house.events().len();
        let response = scene.house.egress.fetch(&caller, draft).await.unwrap();
        assert_eq!((response.hops.len(), response.body.collect(100).await.unwrap()), (1, Bytes::from_static(b"there")));
        settled(&scene, before + 2).await;
        assert!(scene.house.events()[before..].iter().all(|event| event.cached == expected));
    }
    assert_eq!(scene.peer.requests().len(), 2);
}

#[tokio::test]
async fn an_echo_of_a_secret_is_stored_masked() {
    const VALUE: &str = "sk_live_hunter2";
    let scene = Scene::answering(|request, now| {
        let echo = request.headers()[AUTHORIZATION].to_str().unwrap().to_owned();
        let mut response = lasting(echo.clone(), now);
        response.headers_mut().insert("x-echo", echo.parse().unwrap());
        response
    });
    let grant = SecretGrant {
        scheme: Scheme::Http,
        host: "a.test".to_owned(),
        port: scene.peer.address().port(),
        place: Place::Bearer,
        rule: None,
    };
    let (name, value) = ("KEY".parse().unwrap(), SecretValue::new(VALUE.into()));
    let secret = Secret { name, version: 1, value, former: Vec::new(), grants: vec![grant], hmac: false, trip: false };
    let auth = AuthSpec { secret: "KEY".parse().unwrap(), place: Place::Bearer };
    let policy = policy([RuleSpec { auth: Some(auth), ..scene.minutes() }]);
    let caller = Caller { secrets: Secrets::new(vec![secret]), ..caller(&policy) };
    for expected in [None, Some(Cached::Hit)] {
        let before = scene.house.events().len();
        let response = scene.house.egress.fetch(&caller, scene.draft("/")).await.unwrap();
        assert!(!response.headers["x-echo"].to_str().unwrap().contains(VALUE));
        let body = response.body.collect(100).await.unwrap();
        assert_eq!(body, format!("Bearer {}", "*".repeat(VALUE.len())).as_bytes());
        settled(&scene, before + 1).await;
        assert_eq!(scene.house.events()[before].cached, expected);
    }
}

#[tokio::test]
async fn what_is_stored_can_be_counted_and_cleared_by_app_and_host() {
    let scene = Scene::counting(|_| {});
    let policy = policy([scene.minutes()]);
    let (a, b) = (caller_of("a", &policy), caller_of("b", &policy));
    for (caller, path) in [(&a, "/1"), (&a, "/2"), (&b, "/1"), (&a, "/1")] {
        got(&scene, caller, scene.draft(path)).await;
    }
    let egress = &scene.house.egress;
    let stats = egress.cache_stats();
    let mut apps: Vec<_> = stats.apps.iter().map(|(app, answers, _)| (app.to_string(), *answers)).collect();
    apps.sort();
    assert_eq!(apps, [("a".to_owned(), 2), ("b".to_owned(), 1)]);
    assert_eq!((stats.stored, stats.hits, stats.misses), (3, 1, 3));
    assert!(stats.bytes > 0 && stats.bytes <= stats.most);
    assert_eq!(egress.cache_clear(Some("a"), Some("b.test")), 0);
    assert_eq!(egress.cache_clear(Some("a"), Some("a.test")), 2);
    assert_eq!(got(&scene, &b, scene.draft("/1")).await, ("3".to_owned(), Some(Cached::Hit)));
    assert_eq!(egress.cache_clear(None, None), 1);
    assert_eq!(egress.cache_stats().bytes, 0);
    assert_eq!(got(&scene, &b, scene.draft("/1")).await, ("4".to_owned(), None));
}

#[tokio::test]
async fn a_stale_answer_stands_in_for_an_upstream_that_is_gone() {
    let scene = Scene::answering(|_, now| {
        Response::builder()
            .header("cache-control", "max-age=10, stale-if-error=60")
            .header("date", now.filled("{0}"))
            .header("connection", "close")
            .body("kept".to_owned())
            .unwrap()
    });
    let caller = caller(&policy([scene.rule(CacheSpec::up_to(Duration::from_secs(300)))]));
    let draft = scene.draft("/");
    assert_eq!(got(&scene, &caller, draft.clone()).await, ("kept".to_owned(), None));
    let Scene { house, peer, now } = scene;
    drop(peer);
    now.advance(Duration::from_secs(20));
    let response = house.egress.fetch(&caller, draft.clone()).await.unwrap();
    assert_eq!((response.status.as_u16(), response.body.collect(100).await.unwrap()), (200, Bytes::from_static(b"kept")));
    assert_eq!(house.events().last().unwrap().cached, Some(Cached::Stale));
    now.advance(Duration::from_secs(60));
    assert!(house.egress.fetch(&caller, draft).await.is_err());
}

#[tokio::test]
async fn asking_anew_in_the_background_pays_as_a_call_of_the_app() {
    let hourly = Some(Rate { calls: 1, period: Duration::from_secs(3_600), burst: 2 });
    let scene = Scene::with(
        |config| config.limits = Limits { rates: Rates { app: hourly, ..Rates::default() }, ..Limits::default() },
        |_, now: &Now| {
            let control = "max-age=10, stale-while-revalidate=100";
            Response::builder().header("cache-control", control).header("date", now.filled("{0}")).body("kept".to_owned()).unwrap()
        },
    );
    let caller = caller(&policy([scene.minutes()]));
    got(&scene, &caller, scene.draft("/")).await;
    scene.now.advance(Duration::from_secs(20));
    assert_eq!(got(&scene, &caller, scene.draft("/")).await.1, Some(Cached::Stale));
    settled(&scene, 3).await;
    scene.now.advance(Duration::from_secs(20));
    assert_eq!(got(&scene, &caller, scene.draft("/")).await.1, Some(Cached::Stale));
    settled(&scene, 5).await;
    let refused = |event: &egret_egress::Event| matches!(&event.outcome, Outcome::Failed(reason) if reason.path() == "egress.rate.app");
    assert_eq!(scene.house.events().iter().filter(|event| refused(event)).count(), 1);
    assert_eq!(scene.peer.requests().len(), 2);
}
