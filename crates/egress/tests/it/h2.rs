//! HTTP/2 over TLS: what is shared, what is tried again, and how each attack ends.

mod attacks;
mod nginx;
mod uploads;

use crate::house::{House, caller, caller_of, draft, local, policy};
use egret_egress::{Body, Config, Draft, Error, Response as Answer};
use egret_policy::Policy;
use egret_testkit::h2::{self, Block, Frame, Kind, attack, code};
use egret_testkit::{Authority, Hostile, Seen, Step, Upstream, Zone, server_config};
use futures_util::future::join_all;
use http::{Method, Response, Version};
use std::net::SocketAddr;
use std::sync::Arc;

/// A house that may reach one peer, which speaks HTTP/2.
struct Scene {
    house: House,
    peer: SocketAddr,
    policy: Arc<Policy>,
}

impl Scene {
    fn hostile(scripts: Vec<Vec<Step>>) -> (Self, Hostile) {
        Self::hostile_with(|_| {}, scripts)
    }

    fn hostile_with(change: impl FnOnce(&mut Config), scripts: Vec<Vec<Step>>) -> (Self, Hostile) {
        let authority = Authority::new();
        let peer = Hostile::sequence_tls(h2::alpn(server_config(authority.leaf(&["a.test"])), &["h2"]), scripts);
        (Self::of(authority, peer.address(), change), peer)
    }

    fn honest(change: impl FnOnce(&mut Config)) -> (Self, Upstream) {
        let authority = Authority::new();
        let tls = h2::alpn(server_config(authority.leaf(&["a.test"])), &["h2", "http/1.1"]);
        let upstream = Upstream::tls(tls, |request| async move { Response::new(request.into_body()) });
        (Self::of(authority, upstream.address(), change), upstream)
    }

    fn of(authority: Authority, peer: SocketAddr, change: impl FnOnce(&mut Config)) -> Self {
        let house = House::of(Zone::start(), authority, change);
        house.zone.addresses("a.test", &["127.0.0.1"]);
        Self { house, peer, policy: policy([local("a.test", peer)]) }
    }

    fn draft(&self) -> Draft {
        draft(&format!("https://a.test:{}/", self.peer.port()))
    }

    async fn fetch(&self, draft: Draft) -> Result<Answer, Error> {
        self.house.egress.fetch(&caller(&self.policy), draft).await
    }

    /// What comes of a call, in words: status and body, or the code under which it fails.
    async fn outcome(&self, draft: Draft) -> String {
        let Answer { status, mut body, .. } = match self.fetch(draft).await {
            Ok(response) => response,
            Err(error) => return error.path().to_owned(),
        };
        match read(&mut body).await {
            Ok(whole) => format!("{} {}", status.as_u16(), String::from_utf8_lossy(&whole)),
            Err(error) => format!("{}, {}", status.as_u16(), error.path()),
        }
    }
}

async fn read(body: &mut Body) -> Result<Vec<u8>, Error> {
    let mut whole = Vec::new();
    while let Some(piece) = body.chunk().await? {
        whole.extend(piece);
    }
    Ok(whole)
}

/// A script that answers every stream that is listed, in this order, after as many requests.
fn answers(streams: &[u32]) -> Vec<Step> {
    let mut steps = h2::greeted(&[]);
    for stream in streams {
        steps.push(Step::ExpectFrame(Kind::HEADERS));
        steps.push(Step::Send(whole(*stream, "ok")));
    }
    steps.push(Step::Hold);
    steps
}

/// A whole response.
fn whole(stream: u32, body: &'static str) -> bytes::Bytes {
    h2::wire([Frame::headers(stream, h2::END_HEADERS, Block::status(200)), Frame::data(stream, h2::END_STREAM, body)])
}

/// Whether a connection received a frame that satisfies this.
fn got(seen: &Seen, connection: usize, is_it: impl Fn(&Frame) -> bool) -> bool {
    seen.received.get(connection).is_some_and(|received| h2::frames(received).iter().any(is_it))
}

#[tokio::test]
async fn http2_is_agreed_on_by_alpn_and_many_calls_share_one_connection() {
    let (scene, upstream) = Scene::honest(|_| {});
    assert_eq!(scene.outcome(scene.draft()).await, "200 ");
    let echoes = (0..50).map(|number| {
        let draft = Draft { method: Method::POST, body: format!("call {number}").into(), ..scene.draft() };
        scene.outcome(draft)
    });
    let echoes = join_all(echoes).await;
    assert!(echoes.iter().enumerate().all(|(number, echo)| *echo == format!("200 call {number}")), "{echoes:?}");
    assert_eq!(upstream.connections(), 1);
    assert!(upstream.requests().iter().all(|request| request.version == Version::HTTP_2 && !request.headers.contains_key("host")));
}

#[tokio::test]
async fn calls_over_the_cap_of_streams_open_another_connection() {
    let (scene, upstream) = Scene::honest(|config| config.caps.streams = 2);
    let mut open = Vec::new();
    for _ in 0..3 {
        open.push(scene.fetch(scene.draft()).await.unwrap());
    }
    assert_eq!(upstream.connections(), 2);
    for response in open {
        response.body.collect(1).await.unwrap();
    }
}

#[tokio::test]
async fn another_app_or_rule_does_not_share_an_http2_connection() {
    let (scene, upstream) = Scene::honest(|_| {});
    let first = scene.fetch(scene.draft()).await.unwrap();
    scene.outcome(scene.draft()).await;
    assert_eq!(upstream.connections(), 1);
    let other = scene.house.egress.fetch(&caller_of("other", &scene.policy), scene.draft()).await.unwrap();
    assert_eq!(upstream.connections(), 2, "another app has its own");
    let mut wider = local("a.test", scene.peer);
    wider.private = vec!["127.0.0.0/8".to_owned()];
    scene.house.egress.fetch(&caller(&policy([wider])), scene.draft()).await.unwrap();
    assert_eq!(upstream.connections(), 3, "another version of the rule has its own");
    drop((first, other));
}

#[tokio::test]
async fn a_goodbye_that_answers_is_heard_to_its_end_and_the_next_call_goes_elsewhere() {
    let (scene, peer) = Scene::hostile(vec![attack::goaway_graceful(), answers(&[1])]);
    assert_eq!(scene.outcome(scene.draft()).await, "200 last");
    assert_eq!(scene.outcome(scene.draft()).await, "200 ok");
    assert_eq!(peer.connections(), 2);
}

#[tokio::test]
async fn a_call_that_was_not_looked_at_is_tried_once_more() {
    for script in [attack::goaway_below(code::NO_ERROR), attack::reset(code::REFUSED_STREAM)] {
        let (scene, peer) = Scene::hostile(vec![script.clone(), answers(&[1])]);
        assert_eq!(scene.outcome(scene.draft()).await, "200 ok");
        assert_eq!(peer.connections(), 2);
        let (scene, peer) = Scene::hostile(vec![script]);
        assert_eq!(scene.outcome(scene.draft()).await, "egress.protocol.closed_early");
        assert_eq!(peer.connections(), 2);
        assert_eq!(scene.house.events().len(), 1);
    }
}

#[tokio::test]
async fn a_call_that_may_have_been_worked_on_is_not_tried_again() {
    for script in [attack::reset(code::CANCEL), attack::goaway_below(code::ENHANCE_YOUR_CALM), attack::reset_in_body(code::REFUSED_STREAM)]
    {
        let (scene, peer) = Scene::hostile(vec![script]);
        let outcome = scene.outcome(scene.draft()).await;
        assert!(outcome.contains("egress.protocol."), "{outcome}");
        assert_eq!(peer.connections(), 1);
    }
}

#[tokio::test]
async fn a_response_dropped_in_the_middle_resets_its_own_stream_alone() {
    let mut steps = h2::greeted(&[]);
    let half = [Frame::headers(1, h2::END_HEADERS, Block::status(200)), Frame::data(1, 0, "half")];
    steps.extend([Step::ExpectFrame(Kind::HEADERS), Step::Send(h2::wire(half))]);
    steps.extend([Step::ExpectFrame(Kind::HEADERS), Step::ExpectFrame(Kind::RST_STREAM), Step::Send(whole(3, "other")), Step::Hold]);
    let (scene, peer) = Scene::hostile(vec![steps]);
    let mut first = scene.fetch(scene.draft()).await.unwrap();
    assert_eq!(first.body.chunk().await.unwrap().unwrap(), "half");
    let drop_first = async {
        peer.until(|seen| got(seen, 0, |frame| frame.kind == Kind::HEADERS && frame.stream == 3)).await;
        drop(first);
    };
    let (second, ()) = tokio::join!(scene.outcome(scene.draft()), drop_first);
    assert_eq!(second, "200 other");
    assert!(got(&peer.seen(), 0, |frame| frame.kind == Kind::RST_STREAM && frame.stream == 1));
    assert_eq!((peer.connections(), peer.seen().ended), (1, 0));
}

#[tokio::test]
async fn trailers_and_head_are_read_as_in_http1() {
    let (scene, _peer) = Scene::hostile(vec![attack::trailers(Block::new().field("x-sum", "1").field("content-length", "9"))]);
    let mut response = scene.fetch(scene.draft()).await.unwrap();
    assert_eq!(read(&mut response.body).await.unwrap(), b"body");
    let trailers: Vec<&str> = response.body.trailers().keys().map(http::HeaderName::as_str).collect();
    assert_eq!(trailers, ["x-sum"]);
    let (scene, _peer) = Scene::hostile(vec![attack::answered(Block::status(200).field("content-length", "9"))]);
    assert_eq!(scene.outcome(Draft { method: Method::HEAD, ..scene.draft() }).await, "200 ");
}
