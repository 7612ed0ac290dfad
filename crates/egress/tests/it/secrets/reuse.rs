//! What a change of secrets comes to, and which connections carry which credential.

use super::{Scene, VALUE, asks, grant, key};
use egret_egress::{Draft, Secret, SecretValue};

#[tokio::test]
async fn a_rotated_secret_is_used_by_the_next_call() {
    let scene = Scene::with("bearer");
    scene.whole(scene.draft("/")).await.unwrap();
    let mut rotated = scene.secrets.current()[0].clone();
    rotated.former = vec![rotated.value.clone()];
    (rotated.version, rotated.value) = (2, SecretValue::new(b"sk_live_second".to_vec()));
    scene.secrets.replace(vec![rotated]);
    scene.whole(scene.draft("/")).await.unwrap();
    let sent: Vec<_> = scene.peer.requests().iter().map(|seen| seen.headers["authorization"].clone()).collect();
    assert_eq!(sent, [&*format!("Bearer {VALUE}"), "Bearer sk_live_second"]);
}

#[tokio::test]
async fn a_revoked_grant_stops_the_next_call() {
    let scene = Scene::with("bearer");
    scene.whole(scene.draft("/")).await.unwrap();
    let revoked = Secret { grants: Vec::new(), ..scene.secrets.current()[0].clone() };
    scene.secrets.replace(vec![revoked]);
    assert_eq!(scene.refusal(scene.draft("/")).await, "egress.auth.unavailable");
    scene.secrets.replace(vec![key(VALUE, grant("a.test", scene.peer.address(), "bearer"))]);
    scene.whole(scene.draft("/")).await.unwrap();
    assert_eq!(scene.peer.requests().len(), 2);
}

#[tokio::test]
async fn another_credential_shares_no_connection() {
    for protocol in ["http/1.1", "h2"] {
        let scene = Scene::speaking(&[protocol], crate::house::House::new(), "none", |_| {}, |_| {});
        let (peer, bare) = (scene.peer.address(), || scene.draft("/"));
        let grants = || grant("a.test", peer, "header:x-key").into_iter().chain(grant("a.test", peer, "bearer")).collect();
        let second = Secret { name: "SECOND".parse().unwrap(), ..key(VALUE, grants()) };
        scene.secrets.replace(vec![key(VALUE, grants()), second.clone()]);
        let asking = |name, place| Draft { auth: asks(name, Some(place)), ..bare() };
        let drafts = [bare(), asking("KEY", "bearer"), asking("KEY", "header:x-key"), asking("SECOND", "bearer")];
        for round in 0..2 {
            for draft in &drafts {
                scene.whole(draft.clone()).await.unwrap();
            }
            assert_eq!(scene.peer.connections(), drafts.len(), "{protocol} round {round}: each has its own, and keeps it");
        }
        scene.secrets.replace(vec![Secret { version: 2, ..key(VALUE, grants()) }, second]);
        scene.whole(asking("KEY", "bearer")).await.unwrap();
        assert_eq!(scene.peer.connections(), drafts.len() + 1, "{protocol}: another version is another credential");
    }
}
