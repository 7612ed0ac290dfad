//! Whose secret, whose answer: a hook's own and its caller's stay apart, also where both have the same name.

use super::{Scene, at, credential, holding, own, secret};
use crate::hooks::{changes, named, rule, text};
use crate::house::{caller, local, policy};
use egret_egress::{Cached, CallAuth, Caller, Draft, Redirect, Secrets};
use egret_policy::{AuthSpec, CacheSpec, Place, RuleSpec};
use http::Response;
use std::net::SocketAddr;
use std::time::Duration;

const HOOKS: &str = "hunter2-of-the-hook";
const CALLERS: &str = "hunter2-of-the-caller";

/// The same rule in two policies has the same version.
fn keyed(host: &str, peer: SocketAddr) -> RuleSpec {
    let auth = AuthSpec { secret: "KEY".parse().unwrap(), place: Place::Bearer };
    RuleSpec { auth: Some(auth), cache: Some(CacheSpec::up_to(Duration::from_secs(300))), ..local(host, peer) }
}

#[tokio::test]
async fn an_answer_to_a_hooks_secret_is_none_to_its_callers_secret_of_the_same_name() {
    let scene = Scene::new(
        |request| {
            let whose = if credential(request).ends_with(HOOKS) { "to the hook" } else { "to the caller" };
            Response::builder().header("cache-control", "public, max-age=60").body(whose.to_owned()).unwrap()
        },
        |config, peer| {
            let target = at("b.test", peer, "/x");
            let grants = own(keyed("b.test", peer), vec![secret("KEY", HOOKS, "b.test", peer)]);
            config.hooks.register_with("move", changes(move |context| context.set_url(target.clone())), grants);
        },
    );
    let peer = scene.peer.address();
    let policy = policy([rule(peer, named(&["move"])), keyed("b.test", peer)]);
    let caller = holding(&policy, Secrets::new(vec![secret("KEY", CALLERS, "b.test", peer)]));
    for _ in 0..2 {
        assert_eq!(scene.get(&caller, "a.test", "/").await, "to the hook");
        assert_eq!(scene.get(&caller, "b.test", "/x").await, "to the caller");
    }
    assert_eq!((scene.peer.requests().len(), scene.peer.connections()), (2, 2), "each has an answer and a connection of its own");
    let cached: Vec<_> = scene.house.events().iter().map(|event| event.cached).collect();
    assert_eq!(cached, [None, None, Some(Cached::Hit), Some(Cached::Hit)]);
}

#[tokio::test]
async fn what_a_hook_fetched_under_its_own_grants_shows_none_of_its_callers_secrets() {
    for secrets_of_hook in [true, false] {
        let scene = Scene::new(
            |_| Response::builder().header("x-known", CALLERS).body(format!("known: {CALLERS}, {HOOKS}")).unwrap(),
            |config, peer| {
                let target = at("b.test", peer, "/x");
                let secrets = if secrets_of_hook { vec![secret("OWN", HOOKS, "b.test", peer)] } else { Vec::new() };
                let grants = own(local("b.test", peer), secrets);
                config.hooks.register_with("move", changes(move |context| context.set_url(target.clone())), grants);
            },
        );
        let peer = scene.peer.address();
        let caller = holding(&policy([rule(peer, named(&["move"]))]), Secrets::new(vec![secret("KEY", CALLERS, "b.test", peer)]));
        let answer = scene.house.egress.fetch(&caller, scene.draft("a.test", "/")).await.unwrap();
        assert_eq!(answer.headers["x-known"], "*".repeat(CALLERS.len()).as_str());
        let body = text(Ok(answer)).await;
        assert!(body.starts_with("known: ***") && !body.contains(CALLERS), "{body}");
        assert_eq!(body.contains(HOOKS), !secrets_of_hook, "{body}");
        let names: Vec<_> = scene.house.events()[0].echoed.iter().map(ToString::to_string).collect();
        assert!(names.contains(&"KEY".to_owned()), "{names:?}");
    }
}

#[tokio::test]
async fn a_guest_does_not_choose_among_a_hooks_secrets() {
    let scene = Scene::new(
        |request| Response::new(if credential(request) == "nobody" { "without".to_owned() } else { "with".to_owned() }),
        |config, peer| {
            let target = at("b.test", peer, "/x");
            let grants = || own(local("b.test", peer), vec![secret("ADMIN", HOOKS, "b.test", peer)]);
            let to = target.clone();
            config.hooks.register_with("moves", changes(move |context| context.set_url(to.clone())), grants());
            let signs = changes(move |context| {
                context.set_url(target.clone());
                context.auth("ADMIN", Some(Place::Bearer));
            });
            config.hooks.register_with("signs", signs, grants());
        },
    );
    let peer = scene.peer.address();
    for (name, asks, expected) in [("moves", true, "without"), ("signs", true, "with"), ("signs", false, "with")] {
        let wish = CallAuth { secret: "ADMIN".to_owned(), place: Some(Place::Bearer) };
        let draft = Draft { auth: asks.then_some(wish), ..scene.draft("a.test", "/") };
        let answer = scene.house.egress.fetch(&caller(&policy([rule(peer, named(&[name]))])), draft).await;
        assert_eq!(text(answer).await, expected, "{name}, asked: {asks}");
    }
}

#[tokio::test]
async fn a_hook_that_names_a_secret_means_its_own_whatever_the_guest_asked_for() {
    let scene = Scene::new(
        |request| Response::new(if credential(request).ends_with(HOOKS) { "the hook's".to_owned() } else { "another".to_owned() }),
        |config, peer| {
            let grants = own(local("a.test", peer), vec![secret("KEY", HOOKS, "a.test", peer)]);
            config.hooks.register_with("sign", changes(|context| context.auth("KEY", Some(Place::Bearer))), grants);
        },
    );
    let peer = scene.peer.address();
    let wish = CallAuth { secret: "KEY".to_owned(), place: Some(Place::Bearer) };
    let draft = Draft { auth: Some(wish), ..scene.draft("a.test", "/") };
    let caller = holding(&policy([rule(peer, named(&["sign"]))]), Secrets::new(vec![secret("KEY", CALLERS, "a.test", peer)]));
    assert_eq!(text(scene.house.egress.fetch(&caller, draft).await).await, "the hook's");
}

#[tokio::test]
async fn a_stored_redirect_takes_no_secret_to_another_origin() {
    let port = std::sync::Arc::new(std::sync::OnceLock::<SocketAddr>::new());
    let known = std::sync::Arc::clone(&port);
    let scene = Scene::new(
        move |request| match (request.uri().path(), known.get()) {
            ("/go", Some(peer)) => Response::builder()
                .status(302)
                .header("cache-control", "public, max-age=60")
                .header("location", at("b.test", *peer, "/there"))
                .body(String::new())
                .unwrap(),
            _ => Response::new(credential(request)),
        },
        |_, _| {},
    );
    let peer = scene.peer.address();
    port.set(peer).unwrap();
    let caller: Caller =
        holding(&policy([keyed("a.test", peer), local("b.test", peer)]), Secrets::new(vec![secret("KEY", CALLERS, "a.test", peer)]));
    for _ in 0..2 {
        let draft = Draft { redirect: Redirect::Follow, ..scene.draft("a.test", "/go") };
        assert_eq!(text(scene.house.egress.fetch(&caller, draft).await).await, "nobody");
    }
    let seen: Vec<_> = scene.house.events().iter().map(|event| (event.hop, event.cached, event.secrets.len())).collect();
    assert_eq!(seen, [(0, None, 1), (1, None, 0), (0, Some(Cached::Hit), 1), (1, None, 0)]);
    // A stored answer is a call's like any other: one that may have the secret no more has not that either.
    let without = Caller { secrets: Secrets::none(), ..caller };
    assert_eq!(scene.get(&without, "a.test", "/go").await, "egress.auth.unavailable");
}
