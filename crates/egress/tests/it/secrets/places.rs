//! Every place: what the peer gets, and that nobody else does.

use super::{HELD, Scene, VALUE, auth, grant, key};
use crate::house::{House, caller, local, policy};
use egret_egress::{Caller, Draft, Secrets, WsDraft};
use egret_policy::RuleSpec;
use egret_testkit::{Hostile, Step, server_config};
use http::{HeaderMap, HeaderValue, Method, Version};

#[tokio::test]
async fn a_secret_goes_in_where_its_rule_says() {
    for (place, name, expected) in [
        ("bearer", "authorization", format!("Bearer {VALUE}")),
        ("header:x-api-key", "x-api-key", VALUE.to_owned()),
        ("header:cookie", "cookie", VALUE.to_owned()),
    ] {
        let scene = Scene::with(place);
        scene.whole(scene.draft("/v1")).await.unwrap();
        let seen = scene.peer.requests().remove(0);
        let fields: Vec<_> = seen.headers.get_all(name).iter().collect();
        assert_eq!(fields, [&expected], "{place}");
        assert_eq!(scene.house.events()[0].secrets.iter().map(ToString::to_string).collect::<Vec<_>>(), ["KEY"]);
        assert!(!scene.told().contains(VALUE));
    }
    let scene = Scene::of("basic", |_| {}, |secret| secret.value = egret_egress::SecretValue::new(b"user:hunter2".to_vec()));
    scene.whole(scene.draft("/")).await.unwrap();
    assert_eq!(scene.peer.requests()[0].headers["authorization"], "Basic dXNlcjpodW50ZXIy");
    for (place, asked, expected) in [
        ("query:key", "/v1?a=1".to_owned(), format!("/v1?a=1&key={VALUE}")),
        ("query:key", format!("/v1?key={HELD}&a=1"), format!("/v1?key={VALUE}&a=1")),
        ("path", format!("/bot/{HELD}/send?a"), format!("/bot/{VALUE}/send?a")),
        ("path", "/bot".to_owned(), "/bot".to_owned()),
    ] {
        let scene = Scene::with(place);
        let response = scene.fetch(scene.draft(&asked)).await.unwrap();
        assert_eq!(scene.peer.requests()[0].target, expected);
        assert!(!response.url.contains(VALUE) && !format!("{response:?}").contains(VALUE), "{}", response.url);
        drop(response);
        assert!(!scene.told().contains(VALUE));
        assert_eq!(scene.house.events()[0].secrets.len(), usize::from(expected.contains(VALUE)), "{asked}");
    }
}

#[tokio::test]
async fn the_kernels_value_replaces_the_placeholder_and_nothing_stands_beside_it() {
    for written in [HELD.to_owned(), format!("Bearer {HELD}"), format!("bearer {HELD}")] {
        let scene = Scene::with("bearer");
        let mut draft = scene.draft("/");
        draft.headers.insert("authorization", HeaderValue::from_str(&written).unwrap());
        scene.whole(draft).await.unwrap();
        let seen = scene.peer.requests().remove(0).headers;
        assert_eq!(seen.get_all("authorization").iter().collect::<Vec<_>>(), [&format!("Bearer {VALUE}")], "{written}");
    }
}

#[tokio::test]
async fn a_secret_goes_over_http2_as_over_http1() {
    for (place, path) in [("bearer", "/v1"), ("query:key", "/v1?a=1")] {
        let scene = Scene::speaking(&["h2"], House::new(), place, |_| {}, |_| {});
        scene.whole(scene.draft(path)).await.unwrap();
        let seen = scene.peer.requests().remove(0);
        assert_eq!(seen.version, Version::HTTP_2);
        let bearer = seen.headers.get("authorization").is_some_and(|field| field == &format!("Bearer {VALUE}"));
        assert!(bearer || seen.target.ends_with(&format!("/v1?a=1&key={VALUE}")), "{place} {}", seen.target);
    }
}

#[tokio::test]
async fn a_secret_goes_into_the_handshake_of_a_websocket() {
    let house = House::new();
    house.zone.addresses("a.test", &["127.0.0.1"]);
    let tls = server_config(house.authority.leaf(&["a.test"]));
    let peer = Hostile::script_tls(tls, vec![Step::Upgrade(bytes::Bytes::new()), Step::Hold]);
    let rule = RuleSpec { auth: auth("bearer"), ..local("a.test", peer.address()) };
    let secrets = Secrets::new(vec![key(VALUE, grant("a.test", peer.address(), "bearer"))]);
    let caller = Caller { secrets: secrets.clone(), ..caller(&policy([rule])) };
    let url = format!("wss://a.test:{}/chat", peer.address().port());
    let wish = || WsDraft { url: url.clone(), headers: HeaderMap::new(), protocols: Vec::new() };
    let socket = house.egress.websocket(&caller, wish()).await.unwrap();
    drop(socket);
    let seen = peer.until(|seen| seen.ended == 1).await;
    let head = String::from_utf8_lossy(&seen.received[0]).to_ascii_lowercase();
    assert_eq!(head.matches(&format!("authorization: bearer {VALUE}\r\n")).count(), 1, "{head}");
    secrets.replace(Vec::new());
    assert_eq!(house.egress.websocket(&caller, wish()).await.unwrap_err().path(), "egress.auth.unavailable");
    assert!(!format!("{:?}", house.events()).contains(VALUE));
}

#[tokio::test]
async fn a_secret_goes_along_whatever_the_method() {
    let scene = Scene::with("bearer");
    for method in [Method::POST, Method::HEAD, Method::DELETE] {
        scene.whole(Draft { method, ..scene.draft("/") }).await.unwrap();
    }
    assert!(scene.peer.requests().iter().all(|seen| seen.headers["authorization"] == format!("Bearer {VALUE}")));
}
