//! Bodies: every form of an echo, however it is cut, coded or cut off.

use super::{MASK, Scene, VALUE, key, response};
use crate::house::House;
use bytes::Bytes;
use egret_egress::{Decode, Draft, Outcome, SecretValue, Secrets};
use egret_testkit::{Gate, Hostile, Step, coded};

const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";

fn chunk(bytes: &str) -> String {
    format!("{:x}\r\n{bytes}\r\n", bytes.len())
}

#[tokio::test]
async fn every_form_of_an_echo_is_masked_and_told_of() {
    let forms = [
        ("{\"authorization\":\"Bearer sk_live_REAL\"}", "{\"authorization\":\"Bearer ************\"}"),
        ("c2tfbGl2ZV9SRUFM", "****************"),
        ("dXNlcjpza19saXZlX1JFQUw=", "dXNlcjp***************w="),
        ("eHNrX2xpdmVfUkVBTA", "eH***************A"),
        ("736B5f6C6976655f5245414c", "************************"),
        ("sk%5Flive%5fREAL", "****************"),
        ("\\u0073k_live\\u005fREAL", "**********************"),
        ("&#115;k_live&lowbar;REA&#x4C;", "*****************************"),
    ];
    for (sent, seen) in forms {
        let scene = Scene::sends(response("", sent.as_bytes()));
        let (_, body, error) = scene.get("a.test").await;
        assert_eq!((String::from_utf8(body).unwrap().as_str(), error.is_none()), (seen, true));
        assert_eq!(scene.echoed(), ["KEY"], "{sent}");
        let sent = String::from_utf8(scene.peer.seen().received[0].clone()).unwrap();
        assert!(sent.contains("authorization: Bearer sk_live_REAL\r\n"), "it was put in: {sent}");
    }
}

#[tokio::test]
async fn what_is_no_echo_and_what_another_origin_says_passes_untouched() {
    let text = "sk_live_REA LAER_evil_ks {{secret:stripe_key}} egret-secret-KEY-00112233445566778899aabbccddeeff 100% &amp; \\n";
    for (host, text) in [("a.test", text), ("b.test", VALUE), ("b.test", "c2tfbGl2ZV9SRUFM")] {
        let scene = Scene::sends(response("etag: \"1\"\r\n", text.as_bytes()));
        let (response, body, _) = scene.get(host).await;
        assert_eq!(String::from_utf8(body).unwrap(), text, "{host}");
        assert!(scene.echoed().is_empty());
        assert_eq!(response.headers.contains_key("content-length"), host == "b.test");
    }
}

#[tokio::test]
async fn an_echo_cut_into_chunks_is_masked_wherever_it_is_cut() {
    for cut in 1..VALUE.len() {
        let (one, two) = VALUE.split_at(cut);
        let scene = Scene::sends(format!("{CHUNKED}{}{}0\r\n\r\n", chunk(&format!("...{one}")), chunk(&format!("{two}..."))));
        let (_, body, _) = scene.get("a.test").await;
        assert_eq!(String::from_utf8(body).unwrap(), format!("...{MASK}..."), "cut at {cut}");
    }
}

#[tokio::test]
async fn an_echo_under_a_coding_is_masked_even_for_who_wants_it_raw() {
    for (coding, body) in
        [("gzip", coded::gzip(VALUE.as_bytes())), ("br", coded::brotli(VALUE.as_bytes())), ("zstd", coded::zstd(VALUE.as_bytes()))]
    {
        for decode in [Decode::Auto, Decode::Raw] {
            let scene = Scene::sends(response(&format!("content-encoding: {coding}\r\n"), &body));
            let mut draft = Draft { decode, ..scene.draft("a.test") };
            draft.headers.insert("accept-encoding", "x-own".parse().unwrap());
            let response = scene.fetch(draft).await.unwrap();
            assert!(response.decoded);
            assert_eq!(response.body.collect(100).await.unwrap(), MASK);
            let sent = String::from_utf8(scene.peer.seen().received[0].clone()).unwrap();
            assert!(sent.contains("accept-encoding: gzip, br, zstd\r\n") && !sent.contains("x-own"), "{sent}");
        }
    }
}

#[tokio::test]
async fn a_coding_that_cannot_be_taken_off_is_refused_and_opaque_content_passes() {
    let scene = Scene::sends(response("content-encoding: snappy\r\n", b"??"));
    assert_eq!(scene.fetch(scene.draft("a.test")).await.unwrap_err().path(), "egress.protocol.coding_unknown");
    let opaque = coded::gzip(VALUE.as_bytes());
    let scene = Scene::sends(response("content-type: application/gzip\r\n", &opaque));
    assert_eq!(scene.get("a.test").await.1, opaque, "what is compressed inside cannot be seen through");
}

#[tokio::test]
async fn an_echo_across_the_cap_shows_no_part_of_itself() {
    for room in 0..VALUE.len() {
        let house = House::with(|config| config.caps.response_body = 5 + room as u64);
        let body = chunk("12345") + &VALUE.chars().map(|letter| chunk(&letter.to_string())).collect::<String>();
        let peer = Hostile::script(vec![Step::ExpectHead, Step::send(format!("{CHUNKED}{body}0\r\n\r\n")), Step::Hold]);
        let scene = Scene::of(house, peer);
        let (_, body, error) = scene.get("a.test").await;
        assert_eq!((body.as_slice(), error.unwrap().path()), (&b"12345"[..], "egress.size.response_body"), "{room}");
    }
}

#[tokio::test]
async fn a_paused_stream_of_events_holds_back_no_whole_event() {
    let gate = Gate::new();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
    let steps = vec![
        Step::ExpectHead,
        Step::send(format!("{head}data: one\n\n")),
        Step::Pause(gate.clone()),
        Step::send("data: sk_live_"),
        Step::send("REAL\n\n"),
    ];
    let scene = Scene::new(steps);
    let mut response = scene.fetch(scene.draft("a.test")).await.unwrap();
    assert_eq!(response.body.chunk().await.unwrap().unwrap(), "data: one\n\n", "nothing waits for what follows");
    gate.release();
    let mut rest = Vec::new();
    while let Some(piece) = response.body.chunk().await.unwrap() {
        rest.extend(piece);
    }
    assert_eq!(String::from_utf8(rest).unwrap(), format!("data: {MASK}\n\n"));
}

#[tokio::test]
async fn all_values_of_all_secrets_of_the_origin_are_masked_put_in_or_not() {
    let scene = Scene::sends(response("", b"sk_live_REAL former-value-1 another-secret elsewhere-secret"));
    let mut rotated = key(scene.peer.address(), false);
    rotated.former = vec![SecretValue::new(b"former-value-1".to_vec())];
    let mut other = key(scene.peer.address(), false);
    (other.name, other.value) = ("OTHER".parse().unwrap(), SecretValue::new(b"another-secret".to_vec()));
    let mut elsewhere = key(scene.peer.address(), false);
    (elsewhere.name, elsewhere.value) = ("ELSEWHERE".parse().unwrap(), SecretValue::new(b"elsewhere-secret".to_vec()));
    elsewhere.grants[0].host = "b.test".to_owned();
    scene.secrets.replace(vec![rotated, other, elsewhere]);
    let (_, body, _) = scene.get("a.test").await;
    assert_eq!(String::from_utf8(body).unwrap(), "************ ************** ************** elsewhere-secret");
    assert_eq!(scene.echoed(), ["KEY", "OTHER"]);
}

#[tokio::test]
async fn a_secret_that_is_rotated_while_its_response_comes_is_still_masked() {
    let gate = Gate::new();
    let steps = vec![Step::ExpectHead, Step::send(CHUNKED), Step::Pause(gate.clone()), Step::send(chunk(VALUE) + "0\r\n\r\n"), Step::Hold];
    let scene = Scene::new(steps);
    let response = scene.fetch(scene.draft("a.test")).await.unwrap();
    scene.secrets.replace(Vec::new());
    gate.release();
    assert_eq!(response.body.collect(100).await.unwrap(), MASK);
}

#[tokio::test]
async fn a_tripped_secret_is_put_in_no_more_until_the_secrets_are_replaced() {
    let scene = Scene::sends(response("connection: close\r\n", VALUE.as_bytes()));
    scene.get("a.test").await;
    assert!(scene.fetch(scene.draft("a.test")).await.is_ok(), "without trip an echo is told of and no more");
    scene.secrets.replace(vec![key(scene.peer.address(), true)]);
    scene.get("a.test").await;
    let asked = scene.peer.connections();
    let error = scene.fetch(scene.draft("a.test")).await.unwrap_err();
    assert_eq!((error.code().as_str(), error.path()), ("NET_AUTH", "egress.auth.unavailable"));
    assert_eq!(scene.peer.connections(), asked, "nothing is sent");
    let other = Secrets::new(vec![key(scene.peer.address(), true)]);
    scene.secrets.replace(other.current().to_vec());
    assert_eq!(scene.get("a.test").await.1, MASK.as_bytes());
}

#[tokio::test]
async fn an_app_without_secrets_gets_what_was_sent_as_it_was_sent() {
    let body = coded::gzip(VALUE.as_bytes());
    let mut scene = Scene::sends(response("content-encoding: gzip\r\netag: \"1\"\r\n", &body));
    let auth_free = crate::house::caller(&crate::house::policy([crate::house::local("a.test", scene.peer.address())]));
    scene.secrets = Secrets::none();
    let mut draft = Draft { decode: Decode::Raw, ..scene.draft("a.test") };
    draft.headers.insert("range", "bytes=0-".parse().unwrap());
    let response = scene.house.egress.fetch(&auth_free, draft).await.unwrap();
    assert_eq!((response.decoded, response.headers["etag"].as_bytes()), (false, &b"\"1\""[..]));
    assert_eq!(response.body.collect(1000).await.unwrap(), Bytes::from(body));
    assert_eq!(scene.house.events()[0].outcome, Outcome::Answered);
}
