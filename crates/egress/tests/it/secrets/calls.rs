//! A call that names a secret: it gets what is granted for the origin, and never more than its rule gives.

use super::{HELD, Scene, VALUE, asks, grant, key};
use egret_egress::Draft;
use http::HeaderValue;

#[tokio::test]
async fn a_call_gets_a_secret_that_is_granted_for_its_origin() {
    let scene = Scene::of("none", |_| {}, |_| {});
    let peer = scene.peer.address();
    scene.secrets.replace(vec![key(VALUE, grant("a.test", peer, "header:x-key"))]);
    for place in [None, Some("header:x-key")] {
        let mut draft = Draft { auth: asks("KEY", place), ..scene.draft("/") };
        draft.headers.insert("x-key", HeaderValue::from_static(HELD));
        scene.whole(draft).await.unwrap();
        assert_eq!(scene.peer.requests().pop().unwrap().headers["x-key"], VALUE);
    }
    scene.whole(scene.draft("/")).await.unwrap();
    assert!(!scene.peer.requests()[2].headers.contains_key("x-key"), "a call that asks for nothing gets nothing");
    let several = grant("a.test", peer, "header:x-key").into_iter().chain(grant("a.test", peer, "bearer")).collect();
    scene.secrets.replace(vec![key(VALUE, several)]);
    assert_eq!(scene.refusal(Draft { auth: asks("KEY", None), ..scene.draft("/") }).await, "egress.auth.unavailable");
    scene.whole(Draft { auth: asks("KEY", Some("bearer")), ..scene.draft("/") }).await.unwrap();
    let mut own = Draft { auth: asks("KEY", Some("bearer")), ..scene.draft("/") };
    own.headers.insert("authorization", HeaderValue::from_static("Bearer own"));
    assert_eq!(scene.refusal(own).await, "policy.auth.conflict");
}

#[tokio::test]
async fn a_call_only_narrows_what_its_rule_says() {
    let scene = Scene::with("bearer");
    for place in [None, Some("bearer")] {
        scene.whole(Draft { auth: asks("KEY", place), ..scene.draft("/") }).await.unwrap();
    }
    for (secret, place) in [("OTHER", None), ("KEY", Some("basic")), ("KEY", Some("header:x-key"))] {
        let refused = scene.refusal(Draft { auth: asks(secret, place), ..scene.draft("/") }).await;
        assert_eq!(refused, "egress.auth.unavailable", "{secret} {place:?}");
    }
}
