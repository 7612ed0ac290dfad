//! Placeholders in bodies: replaced where the secret goes into the body, let through nowhere.

use super::{HELD, Scene, VALUE};
use bytes::Bytes;
use egret_egress::{Draft, RequestBody};
use futures_util::stream;
use http::Method;

fn post(scene: &Scene, body: RequestBody) -> Draft {
    Draft { method: Method::POST, body, ..scene.draft("/") }
}

fn chunks(pieces: &[&str]) -> RequestBody {
    let pieces: Vec<_> = pieces.iter().map(|piece| Ok::<_, ()>(Bytes::copy_from_slice(piece.as_bytes()))).collect();
    RequestBody::stream(stream::iter(pieces))
}

#[tokio::test]
async fn a_secret_goes_into_a_body_in_place_of_its_placeholder() {
    let scene = Scene::with("body");
    let draft = post(&scene, format!("{{\"key\":\"{HELD}\",\"again\":\"{HELD}\"}}").into());
    scene.whole(draft.clone()).await.unwrap();
    assert_eq!(scene.peer.requests()[0].body, format!("{{\"key\":\"{VALUE}\",\"again\":\"{VALUE}\"}}"));
    assert!(matches!(draft.body, RequestBody::Bytes(bytes) if !bytes.windows(VALUE.len()).any(|part| part == VALUE.as_bytes())));
    scene.whole(post(&scene, "nothing of it".into())).await.unwrap();
    let events = scene.house.events();
    assert_eq!((events[0].secrets.len(), events[1].secrets.len()), (1, 0));
    let other = HELD.replace("KEY", "OTHER");
    assert_eq!(scene.refusal(post(&scene, format!("{HELD}{other}").into())).await, "policy.auth.misplaced");
    assert_eq!(scene.refusal(post(&scene, chunks(&[HELD]))).await, "egress.auth.streamed");
    assert!(!scene.told().contains(VALUE));
}

#[tokio::test]
async fn a_body_with_a_secret_in_it_is_bounded_as_any() {
    let long = "v".repeat(11 << 20);
    let scene = Scene::of("body", |_| {}, |secret| secret.value = egret_egress::SecretValue::new(long.into_bytes()));
    assert_eq!(scene.refusal(post(&scene, HELD.into())).await, "egress.size.request_body");
}

#[tokio::test]
async fn a_placeholder_in_a_body_where_no_secret_goes_is_refused() {
    for place in ["bearer", "none"] {
        let scene = Scene::with(place);
        assert_eq!(scene.refusal(post(&scene, format!("key={HELD}").into())).await, "policy.auth.misplaced", "{place}");
        let (first, second) = HELD.split_at(20);
        for pieces in [&["key=", HELD, "&a=b"][..], &["key=", first, second, "&a=b"]] {
            assert_eq!(scene.refusal(post(&scene, chunks(pieces))).await, "policy.auth.misplaced", "{place} {pieces:?}");
        }
        scene.whole(post(&scene, chunks(&["key=", first, " ", second]))).await.unwrap();
        assert_eq!(scene.peer.requests()[0].body, format!("key={first} {second}"));
    }
}
