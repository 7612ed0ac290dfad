//! Heads and what is like them: fields, trailers, the reason phrase, redirects, words of errors.

use super::{MASK, Scene, VALUE, key, response};
use crate::house::{House, caller, draft, local, policy};
use egret_egress::{Caller, Draft, Error, Redirect, Response, Secrets};
use egret_policy::Scheme;
use egret_testkit::h2::{self, Block, Frame, Kind};
use egret_testkit::{Authority, Hostile, Step, Zone, server_config};
use http::{HeaderValue, Method};

#[tokio::test]
async fn fields_are_masked_and_none_tells_of_what_was() {
    let fields = "x-echo: Bearer sk_live_REAL\r\nset-cookie: k=c2tfbGl2ZV9SRUFM\r\nset-cookie: a=b\r\nlocation: /v1/?k=sk%5Flive%5FREAL\r\n\
                  x-736b5f6c6976655f5245414c: 1\r\netag: \"1\"\r\ndigest: a=b\r\ncontent-digest: a=:b:\r\nrepr-digest: a=:b:\r\n\
                  content-md5: b\r\naccept-ranges: bytes\r\nlast-modified: Thu, 01 Jan 1970 00:00:00 GMT\r\n";
    let scene = Scene::sends(response(fields, b"ok"));
    let (response, body, _) = scene.get("a.test").await;
    let seen: Vec<(&str, &str)> = response.headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
    let expected = [
        ("x-echo", "Bearer ************"),
        ("set-cookie", "k=****************"),
        ("set-cookie", "a=b"),
        ("location", "/v1/?k=****************"),
        ("last-modified", "Thu, 01 Jan 1970 00:00:00 GMT"),
    ];
    let mut seen_sorted = seen.clone();
    seen_sorted.sort_unstable();
    let mut expected = expected.to_vec();
    expected.sort_unstable();
    assert_eq!(seen_sorted, expected);
    assert_eq!((body.as_slice(), scene.echoed()), (&b"ok"[..], vec!["KEY".to_owned()]));
}

#[tokio::test]
async fn trailers_are_masked() {
    let trailers = "x-k: sk_live_REAL\r\ndigest: a=b\r\nx-ok: 1\r\n";
    let scene = Scene::sends(format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n{trailers}\r\n"));
    let (response, body, _) = scene.get("a.test").await;
    assert_eq!((body.as_slice(), &response.body.trailers()["x-k"]), (&b"ok"[..], &HeaderValue::from_static(MASK)));
    assert_eq!(response.body.trailers().len(), 2);
    assert_eq!(scene.echoed(), ["KEY"]);
}

#[tokio::test]
async fn a_reason_phrase_is_shown_to_nobody() {
    let scene = Scene::sends("HTTP/1.1 200 sk_live_REAL\r\ncontent-length: 0\r\n\r\n");
    let (response, _, _) = scene.get("a.test").await;
    assert_eq!(response.status, 200);
    assert!(!format!("{response:?} {:?}", scene.house.events()).contains(VALUE));
}

#[tokio::test]
async fn a_head_without_a_body_tells_no_length() {
    let scene = Scene::sends("HTTP/1.1 200 OK\r\ncontent-length: 1234\r\n\r\n");
    let response = scene.fetch(Draft { method: Method::HEAD, ..scene.draft("a.test") }).await.unwrap();
    assert!(!response.headers.contains_key("content-length"), "{:?}", response.headers);
    assert_eq!(response.body.collect(0).await.unwrap(), "");
}

#[tokio::test]
async fn parts_are_not_asked_for_where_each_could_hold_half_of_a_secret() {
    for name in ["range", "if-range"] {
        let scene = Scene::sends(response("", b"ok"));
        let ranged = |host| {
            let mut draft = scene.draft(host);
            draft.headers.insert(name, HeaderValue::from_static("bytes=0-40"));
            draft
        };
        assert_eq!(scene.fetch(ranged("a.test")).await.unwrap_err().path(), "policy.auth.range", "{name}");
        assert_eq!(scene.peer.connections(), 0);
        assert!(scene.fetch(ranged("b.test")).await.is_ok(), "another origin is asked");
    }
    let unasked = format!("HTTP/1.1 206 Part\r\ncontent-range: bytes 0-11/99\r\ncontent-length: 12\r\n\r\n{VALUE}");
    let (response, body, _) = Scene::sends(unasked).get("a.test").await;
    assert_eq!((body.as_slice(), response.headers.len()), (MASK.as_bytes(), 0));
}

fn redirect(location: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\nx-echo: {VALUE}\r\n\r\n")
}

#[tokio::test]
async fn a_location_that_holds_a_secret_is_masked_when_returned_and_never_followed() {
    for location in
        ["/v1/?k=sk_live_REAL", "http://b.test/sk_live_REAL", "/c2tfbGl2ZV9SRUFM", "/?k=s%6B_live_REAL", "https://sk_live_REAL.b.test/"]
    {
        let scene = Scene::sends(redirect(location));
        let returned = scene.fetch(scene.draft("a.test")).await.unwrap();
        assert!(returned.headers["location"].to_str().unwrap().contains("****"), "{location}");
        let scene = Scene::sends(redirect(location));
        let error = scene.fetch(Draft { redirect: Redirect::Follow, ..scene.draft("a.test") }).await.unwrap_err();
        assert_eq!(error.path(), "policy.redirect.secret", "{location}");
        let told = format!("{error} {error:?} {} {:?}", error.reason(), scene.house.events());
        assert!(!told.contains(VALUE) && !told.contains("c2tfbGl2ZV9SRUFM"), "{told}");
        assert_eq!((scene.peer.connections(), scene.echoed()), (1, vec!["KEY".to_owned()]));
    }
}

#[tokio::test]
async fn the_hops_of_a_followed_redirect_are_masked() {
    let scene = Scene::of(
        House::new(),
        Hostile::sequence(vec![
            vec![Step::ExpectHead, Step::send(redirect("/next")), Step::Hold],
            vec![Step::ExpectHead, Step::send(response("", b"there")), Step::Hold],
        ]),
    );
    let answer = scene.fetch(Draft { redirect: Redirect::Follow, ..scene.draft("a.test") }).await.unwrap();
    assert_eq!(answer.hops.len(), 1);
    assert_eq!(answer.hops[0].headers["x-echo"], MASK);
    assert!(!format!("{:?}", answer.hops).contains(VALUE));
    assert_eq!(answer.body.collect(100).await.unwrap(), "there");
}

#[tokio::test]
async fn words_of_errors_quote_no_echo() {
    let broken = [
        format!("HTTP/1.1 200 OK\r\ncontent-encoding: {VALUE}, gzip\r\ncontent-length: 0\r\n\r\n"),
        format!("HTTP/1.1 {VALUE} OK\r\n\r\n"),
        format!("{VALUE}\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\n{VALUE}\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\ncontent-length: {VALUE}\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\ntransfer-encoding: {VALUE}\r\n\r\n"),
        format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{VALUE}\r\n"),
        format!("HTTP/1.1 302 Found\r\nlocation: http://{VALUE}:99999/\r\n\r\n"),
    ];
    for sent in broken {
        let scene = Scene::sends(sent.clone());
        let error = match scene.fetch(Draft { redirect: Redirect::Follow, ..scene.draft("a.test") }).await {
            Ok(response) => response.body.collect(100).await.unwrap_err(),
            Err(error) => error,
        };
        let told = format!("{error} {error:?} {} {:?}", error.reason(), scene.house.events());
        assert!(!told.contains(VALUE), "{sent:?}: {told}");
    }
}

/// What a call to an upstream of HTTP/2 comes to, in all the words that anybody is told.
async fn over_http2(script: Vec<Step>) -> (Result<Response, Error>, House) {
    let authority = Authority::new();
    let peer = Hostile::script_tls(h2::alpn(server_config(authority.leaf(&["a.test"])), &["h2"]), script);
    let house = House::of(Zone::start(), authority, |_| {});
    house.zone.addresses("a.test", &["127.0.0.1"]);
    let mut secret = key(peer.address(), false);
    secret.grants[0].scheme = Scheme::Https;
    let caller = Caller { secrets: Secrets::new(vec![secret]), ..caller(&policy([local("a.test", peer.address())])) };
    let answer = house.egress.fetch(&caller, draft(&format!("https://a.test:{}/", peer.address().port()))).await;
    (answer, house)
}

#[tokio::test]
async fn a_goodbye_that_quotes_a_secret_is_told_of_without_it() {
    let goodbye = [&0_u32.to_be_bytes(), &h2::code::ENHANCE_YOUR_CALM.to_be_bytes(), VALUE.as_bytes()].concat();
    let script = [h2::asked(&[]), vec![Step::Send(h2::wire([Frame::new(Kind::GOAWAY, 0, 0, goodbye)])), Step::Hold]].concat();
    let (answer, house) = over_http2(script).await;
    let error = answer.unwrap_err();
    let told = format!("{error} {error:?} {} {:?}", error.reason(), house.events());
    assert!(error.reason().to_string().contains(MASK) && !told.contains(VALUE), "{told}");
    assert_eq!(house.events()[0].echoed.len(), 1);
}

#[tokio::test]
async fn an_echo_over_http2_is_masked_everywhere() {
    let frames = [
        Frame::headers(1, h2::END_HEADERS, Block::status(200).field("x-echo", VALUE)),
        Frame::data(1, 0, "..sk_live"),
        Frame::data(1, 0, "_REAL.."),
        Frame::headers(1, h2::END_HEADERS | h2::END_STREAM, Block::new().field("x-k", VALUE)),
    ];
    let (answer, _house) = over_http2([h2::asked(&[]), vec![Step::Send(h2::wire(frames)), Step::Hold]].concat()).await;
    let mut answer = answer.unwrap();
    assert_eq!(answer.headers["x-echo"], MASK);
    let mut body = Vec::new();
    while let Some(piece) = answer.body.chunk().await.unwrap() {
        body.extend(piece);
    }
    assert_eq!(
        (String::from_utf8(body).unwrap(), &answer.body.trailers()["x-k"]),
        (format!("..{MASK}.."), &HeaderValue::from_static(MASK))
    );
}
