//! Content codings.

use super::{Scene, response};
use egret_egress::{Decode, Draft};
use egret_testkit::{Step, coded};
use http::{HeaderValue, Method};

const TEXT: &[u8] = b"Twelve drummers drumming, eleven pipers piping, ten lords a-leaping";

#[tokio::test]
async fn every_coding_is_taken_off_with_the_fields_that_speak_of_it() {
    let codings = [
        ("gzip", coded::gzip(TEXT)),
        ("X-GZIP", coded::gzip(TEXT)),
        ("deflate", coded::deflate(TEXT)),
        ("deflate", coded::raw_deflate(TEXT)),
        ("br", coded::brotli(TEXT)),
        ("zstd", coded::zstd(TEXT)),
        ("identity, gzip", coded::gzip(TEXT)),
    ];
    for (name, body) in codings {
        let scene = Scene::sends(response(&format!("content-encoding: {name}\r\netag: \"1\"\r\n"), &body));
        let whole = scene.whole(scene.draft()).await.unwrap();
        assert_eq!(whole.body, TEXT, "{name}");
        assert!(whole.response.decoded, "{name}");
        assert_eq!(whole.response.headers.keys().map(http::HeaderName::as_str).collect::<Vec<_>>(), ["etag"], "{name}");
        assert_eq!(scene.house.events()[0].received, body.len() as u64, "what came is counted, not what it decodes to");
    }
}

#[tokio::test]
async fn what_is_asked_for_is_what_can_be_taken_off() {
    async fn asked(decode: Decode, own: &[(&'static str, &'static str)]) -> Vec<String> {
        let scene = Scene::sends(response("", b""));
        let mut draft = Draft { decode, ..scene.draft() };
        own.iter().for_each(|(name, value)| _ = draft.headers.append(*name, HeaderValue::from_static(value)));
        scene.whole(draft).await.unwrap();
        let seen = String::from_utf8(scene.peer.seen().received[0].clone()).unwrap();
        seen.lines().filter_map(|line| line.strip_prefix("accept-encoding: ")).map(str::to_owned).collect()
    }
    let (own, range) = (("accept-encoding", "br;q=0.5"), ("range", "bytes=0-1"));
    assert_eq!(asked(Decode::Auto, &[]).await, ["gzip, br, zstd"]);
    assert_eq!(asked(Decode::Auto, &[own]).await, ["br;q=0.5"]);
    assert_eq!(asked(Decode::Auto, &[own, own]).await, ["br;q=0.5", "br;q=0.5"]);
    assert_eq!(asked(Decode::Auto, &[range]).await, ["identity"]);
    assert_eq!(asked(Decode::Required, &[own]).await, ["gzip, br, zstd"]);
    assert_eq!(asked(Decode::Required, &[own, range]).await, ["identity"]);
    assert!(asked(Decode::Raw, &[]).await.is_empty());
    assert_eq!(asked(Decode::Raw, &[own]).await, ["br;q=0.5"]);
}

#[tokio::test]
async fn a_caller_who_asked_in_own_words_gets_it_decoded_and_raw_gets_what_came() {
    let (body, scene) = (coded::gzip(TEXT), || Scene::sends(response("content-encoding: gzip\r\n", &coded::gzip(TEXT))));
    let scene_one = scene();
    let mut own = scene_one.draft();
    own.headers.insert("accept-encoding", HeaderValue::from_static("gzip"));
    assert_eq!(scene_one.whole(own).await.unwrap().body, TEXT);
    let scene_two = scene();
    let raw = scene_two.whole(Draft { decode: Decode::Raw, ..scene_two.draft() }).await.unwrap();
    assert_eq!((raw.body, raw.response.decoded), (body.clone(), false));
    assert_eq!(raw.response.headers["content-encoding"], "gzip");
    assert_eq!(raw.response.headers["content-length"], body.len().to_string());
}

#[tokio::test]
async fn one_coding_is_taken_off_and_two_are_refused() {
    let twice = coded::gzip(&coded::gzip(TEXT));
    let hundred = ["gzip"; 100].join(", ");
    for fields in ["gzip, gzip", "gzip\r\ncontent-encoding: gzip", "gzip, snappy", &hundred] {
        let scene = Scene::sends(response(&format!("content-encoding: {fields}\r\n"), &twice));
        assert_eq!(scene.failure().await, "egress.protocol.coding_layers", "{fields}");
    }
    for fields in ["gzip;q=1", "gz ip", "\"gzip\""] {
        let scene = Scene::sends(response(&format!("content-encoding: {fields}\r\n"), &twice));
        assert_eq!(scene.failure().await, "egress.protocol.coding", "{fields}");
    }
}

#[tokio::test]
async fn an_unknown_coding_stays_on_unless_decoding_is_required() {
    let unknown = || Scene::sends(response("content-encoding: snappy\r\n", b"??"));
    let scene = unknown();
    let whole = scene.whole(scene.draft()).await.unwrap();
    assert_eq!((whole.body.as_slice(), whole.response.decoded), (&b"??"[..], false));
    assert_eq!(whole.response.headers["content-encoding"], "snappy");
    let part = || Scene::sends(b"HTTP/1.1 206 Part\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\n??".to_vec());
    let scene = part();
    assert_eq!(scene.whole(scene.draft()).await.unwrap().body, b"??", "a part cannot be decoded");
    for scene in [unknown(), part()] {
        let error = scene.whole(Draft { decode: Decode::Required, ..scene.draft() }).await.err().unwrap();
        assert_eq!(error.path(), "egress.protocol.coding_unknown");
    }
}

#[tokio::test]
async fn a_response_that_has_no_body_has_nothing_to_decode() {
    for (method, head) in [
        (Method::HEAD, "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 40\r\n\r\n"),
        (Method::GET, "HTTP/1.1 204 No\r\ncontent-encoding: gzip\r\n\r\n"),
        (Method::GET, "HTTP/1.1 304 Not\r\ncontent-encoding: gzip, gzip\r\n\r\n"),
        (Method::GET, "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 0\r\n\r\n"),
    ] {
        let scene = Scene::sends(head);
        let whole = scene.whole(Draft { method, ..scene.draft() }).await.unwrap();
        assert!(whole.body.is_empty(), "{head:?}");
    }
}

#[tokio::test]
async fn a_coded_body_that_is_short_or_goes_on_is_an_error() {
    for (name, body) in
        [("gzip", coded::gzip(TEXT)), ("deflate", coded::deflate(TEXT)), ("br", coded::brotli(TEXT)), ("zstd", coded::zstd(TEXT))]
    {
        let fields = format!("content-encoding: {name}\r\n");
        let behind = [&body[..], b"HTTP/1.1 200 OK\r\n\r\n"].concat();
        for bad in [&body[..body.len() - 1], &body[..body.len() / 2], &body[..1], &behind, b"plain text"] {
            assert_eq!(Scene::sends(response(&fields, bad)).failure().await, "egress.protocol.coding", "{name} of {} bytes", bad.len());
        }
        // Ended by the connection, nothing but the coding can tell that it is short.
        let cut = [format!("HTTP/1.1 200 OK\r\n{fields}\r\n").as_bytes(), &body[..body.len() - 1]].concat();
        let scene = Scene::new(vec![Step::ExpectHead, Step::send(cut)]);
        assert_eq!(scene.failure().await, "egress.protocol.coding", "{name}");
    }
}

#[tokio::test]
async fn a_bomb_of_any_coding_is_refused_at_its_ratio() {
    for (name, bomb) in [("gzip", coded::gzip_bomb()), ("br", coded::brotli_bomb()), ("zstd", coded::zstd_bomb())] {
        let scene = Scene::streams(
            [format!("HTTP/1.1 200 OK\r\ncontent-encoding: {name}\r\n\r\n").as_bytes(), &bomb.start].concat(),
            bomb.more.repeat(20),
        );
        let mut response = scene.fetch(scene.draft()).await.unwrap();
        let mut decoded = 0;
        let error = loop {
            match response.body.chunk().await {
                Ok(piece) => decoded += piece.unwrap().len(),
                Err(error) => break error,
            }
        };
        assert_eq!(error.path(), "egress.size.ratio", "{name}");
        assert!(decoded <= 1 << 20, "{name}: {decoded} bytes were handed out");
        scene.peer.until(|seen| seen.ended == 1).await;
    }
    let members = coded::gzip(b"").repeat(5000);
    assert_eq!(Scene::sends(response("content-encoding: gzip\r\n", &members)).failure().await, "egress.protocol.coding");
    let window = coded::zstd_with_a_huge_window();
    assert_eq!(Scene::sends(response("content-encoding: zstd\r\n", &window)).failure().await, "egress.protocol.coding");
}

#[tokio::test]
async fn the_cap_counts_what_comes_and_what_it_is_decoded_to() {
    let plain: Vec<u8> = (0u32..100_000).flat_map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    for (cap, code) in [(500_000, "200 OK and 400000 bytes"), (399_999, "egress.size.decoded")] {
        let script =
            vec![Step::ExpectHead, Step::send(response("content-encoding: gzip\r\n", &coded::gzip(&vec![7; 400_000]))), Step::Hold];
        assert_eq!(Scene::with(|config| config.caps.response_body = cap, script).failure().await, code);
    }
    let script = vec![Step::ExpectHead, Step::send(response("content-encoding: br\r\n", &coded::brotli(&plain))), Step::Hold];
    assert_eq!(Scene::with(|config| config.caps.response_body = 400_000, script).failure().await, "egress.size.response_body");
}

#[tokio::test]
async fn five_mebibytes_of_gzip_come_whole() {
    let words = (0u64..).flat_map(|number| format!("{:x} ", number.wrapping_mul(0x9e37_79b9_7f4a_7c15)).into_bytes());
    let plain: Vec<u8> = words.take(8 << 20).collect();
    let scene = Scene::sends(response("content-encoding: gzip\r\n", &coded::gzip(&plain)));
    assert!(scene.whole(scene.draft()).await.unwrap().body == plain);
}
