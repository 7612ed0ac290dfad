//! What is refused before anything is sent, and that a guest cannot tell which of its reasons it was.

use super::{HELD, Scene, VALUE, asks, grant, key};
use crate::house::{House, draft, local};
use egret_egress::{AuthFault, Code, Config, Detail, Draft, Error, Reason, Secret, SecretGrant, SecretValue, Secrets};
use egret_policy::{Mode, Place, Policy, RuleSpec, Scheme};
use http::HeaderValue;
use std::sync::Arc;

fn safe(config: &mut Config) {
    config.detail = Detail::Safe;
}

/// All that a guest can see of an error.
fn face(error: &Error) -> [String; 5] {
    let faces = (error.code().as_str(), error.path(), error.retryable(), error.hop());
    [format!("{faces:?}"), error.to_string(), format!("{error:?}"), error.guest_message().to_owned(), format!("{:?}", error.phase())]
}

/// Ways in which a granted secret is not available after all.
fn unavailable(scene: &Scene) -> Vec<(&'static str, Vec<Secret>)> {
    let peer = scene.peer.address();
    let with = |change: &dyn Fn(&mut SecretGrant)| {
        let mut grants = grant("a.test", peer, "bearer");
        grants.iter_mut().for_each(change);
        vec![key(VALUE, grants)]
    };
    let other = Secret { name: "KEY2".parse().unwrap(), ..key(VALUE, grant("a.test", peer, "bearer")) };
    let bound = Policy::builder().rule(RuleSpec::host("other.test")).build().unwrap();
    let elsewhere = egret_policy::Request::parse(http::Method::GET, "https://other.test/", http::HeaderMap::new()).unwrap();
    let version = bound.decide(elsewhere).unwrap().rule_version();
    vec![
        ("there is none", Vec::new()),
        ("another name", vec![other]),
        ("no grant", with(&|_| {}).into_iter().map(|secret| Secret { grants: Vec::new(), ..secret }).collect()),
        ("another host", with(&|grant| grant.host = "b.test".to_owned())),
        ("another port", with(&|grant| grant.port += 1)),
        ("another scheme", with(&|grant| grant.scheme = Scheme::Http)),
        ("another place", with(&|grant| grant.place = Place::Basic)),
        ("another rule", with(&move |grant| grant.rule = Some(version))),
        ("a line break", vec![key("abc\r\nX: y", grant("a.test", peer, "bearer"))]),
        ("a NUL", vec![key("a\0b", grant("a.test", peer, "bearer"))]),
        ("empty", vec![key("", grant("a.test", peer, "bearer"))]),
    ]
}

#[tokio::test]
async fn a_refused_and_an_absent_secret_look_alike() {
    let scene = Scene::speaking(&["http/1.1"], House::with(safe), "bearer", |_| {}, |_| {});
    let mut faces = Vec::new();
    for (why, secrets) in unavailable(&scene) {
        scene.secrets.replace(secrets);
        let error = scene.fetch(scene.draft("/")).await.unwrap_err();
        assert_eq!((error.code(), error.path(), error.retryable()), (Code::Auth, "egress.auth.unavailable", false), "{why}");
        faces.push(face(&error));
    }
    let scene = Scene::speaking(&["http/1.1"], House::with(safe), "none", |_| {}, |_| {});
    for secret in ["KEY", "NONE", "no name", "KEY\u{200b}", "key"] {
        for place in [None, Some("bearer"), Some("query:a")] {
            faces.push(face(&scene.fetch(Draft { auth: asks(secret, place), ..scene.draft("/") }).await.unwrap_err()));
        }
    }
    faces.dedup();
    assert_eq!(faces.len(), 1, "{faces:#?}");
    assert!(scene.peer.requests().is_empty());
}

#[tokio::test]
async fn the_log_tells_why_a_secret_was_not_put_in() {
    let scene = Scene::with("bearer");
    let reason = |error: Error| if let Reason::Auth(fault) = error.reason() { fault.clone() } else { panic!("{error:?}") };
    for (why, secrets) in unavailable(&scene) {
        scene.secrets.replace(secrets);
        let fault = reason(scene.fetch(scene.draft("/")).await.unwrap_err());
        let expected = match why {
            "there is none" | "another name" => matches!(fault, AuthFault::Missing(_)),
            "a line break" | "a NUL" | "empty" => matches!(fault, AuthFault::Unfit(..)),
            _ => matches!(fault, AuthFault::NotGranted(..)),
        };
        assert!(expected, "{why}: {fault:?}");
        assert!(fault.to_string().contains("KEY"));
    }
    assert!(!scene.told().contains("abc"));
    let other = Draft { auth: asks("OTHER", None), ..scene.draft("/") };
    assert!(matches!(reason(scene.fetch(other).await.unwrap_err()), AuthFault::Another(..)));
}

#[tokio::test]
async fn a_secret_goes_over_plain_http_only_where_the_grant_says_so() {
    let scene = Scene::with("bearer");
    let plain = egret_testkit::Upstream::http(|_| async { http::Response::new("ok") });
    let rule = RuleSpec { auth: super::auth("bearer"), ..local("a.test", plain.address()) };
    let url = format!("http://a.test:{}/", plain.address().port());
    let of = |scheme| {
        let grants = grant("a.test", plain.address(), "bearer").into_iter().map(|grant| SecretGrant { scheme, ..grant }).collect();
        egret_egress::Caller {
            secrets: Secrets::new(vec![key(VALUE, grants)]),
            ..crate::house::caller(&crate::house::policy([rule.clone()]))
        }
    };
    let error = scene.house.egress.fetch(&of(Scheme::Https), draft(&url)).await.unwrap_err();
    assert_eq!(error.path(), "egress.auth.unavailable");
    assert!(plain.requests().is_empty());
    let allowed = of(Scheme::Http);
    scene.house.egress.fetch(&allowed, draft(&url)).await.unwrap();
    assert_eq!(plain.requests()[0].headers["authorization"], format!("Bearer {VALUE}"));
    // Tightened to https, the next call finds the rule shut.
    allowed.grants.swap(Policy::builder().rule(RuleSpec { https_only: true, ..rule }).build().unwrap());
    assert_eq!(scene.house.egress.fetch(&allowed, draft(&url)).await.unwrap_err().path(), "policy.rule.scheme");
    assert_eq!(plain.requests().len(), 1);
}

#[tokio::test]
async fn what_a_guest_writes_in_the_place_of_a_secret_is_refused() {
    let scene = Scene::with("bearer");
    for fields in [&["Bearer own"][..], &["Bearer x", "Bearer y"], &[HELD, HELD]] {
        let mut draft = scene.draft("/");
        fields.iter().for_each(|field| _ = draft.headers.append("authorization", HeaderValue::from_static(field)));
        assert_eq!(scene.refusal(draft).await, "policy.auth.conflict", "{fields:?}");
    }
    let required = Scene::of("bearer", |rule| rule.require = true, |_| {});
    let mut draft = required.draft("/");
    draft.headers.insert("x-api-key", HeaderValue::from_static("attacker-owned"));
    assert_eq!(required.refusal(draft).await, "policy.auth.required");
    assert_eq!(scene.refusal(scene.draft(&format!("/{HELD}"))).await, "policy.auth.misplaced");
    assert_eq!(scene.refusal(scene.draft(&format!("/?a={HELD}"))).await, "policy.auth.misplaced");
}

#[tokio::test]
async fn where_no_rule_names_the_host_there_is_no_secret() {
    let scene = Scene::with("bearer");
    let port = format!("{}", scene.peer.address().port()).parse().unwrap();
    let reach = egret_policy::Reach { ports: vec![port], ..egret_policy::Reach::default() };
    for mode in [Mode::Report, Mode::Open(reach)] {
        let caller = scene.caller();
        caller.grants.swap(Arc::new(Policy::builder().mode(mode).build().unwrap()));
        let asking = Draft { auth: asks("KEY", Some("bearer")), ..scene.draft("/") };
        assert_eq!(scene.house.egress.fetch(&caller, asking).await.unwrap_err().path(), "egress.auth.unavailable");
    }
    assert!(scene.peer.requests().is_empty());
}

#[tokio::test]
async fn no_error_and_no_event_holds_a_value() {
    let long = format!("{VALUE}{}", "x".repeat(70_000));
    for place in ["bearer", "query:key", "path"] {
        let scene = Scene::of(place, |_| {}, |secret| secret.value = SecretValue::new(long.clone().into_bytes()));
        let path = if place == "path" { format!("/{HELD}") } else { "/".to_owned() };
        // Too long for a path, too long for what the peer reads of a head: whichever way it fails.
        let told = match scene.fetch(scene.draft(&path)).await {
            Ok(response) => format!("{response:?}"),
            Err(error) => format!("{error} {error:?} {:?}", error.reason()),
        };
        assert!(!format!("{told}{}{:?}", scene.told(), scene.secrets).contains(VALUE), "{place}: {told}");
    }
}
