//! HTTP/2, honest and hostile, with the client of the `h2` crate as the judge of what is on the wire.

use bytes::Bytes;
use egret_testkit::h2::{self, ACK, Block, Frame, Kind, attack, code};
use egret_testkit::{Authority, Hostile, Upstream, client_config, connect, server_config};
use http::{Request, Response, Version};
use rustls_pki_types::ServerName;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Poll;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

type Client = ::h2::client::SendRequest<Bytes>;

/// What must come of each finite script: what the client got, who ended it at which level, and the code.
#[tokio::test]
async fn each_attack_is_what_it_says_to_a_client_that_knows_the_rules() {
    let cases = [
        (attack::reset(code::REFUSED_STREAM), "they reset REFUSED_STREAM"),
        (attack::reset_after_headers(code::CANCEL), "200, they reset CANCEL"),
        (attack::reset_in_body(code::CANCEL), "200, they reset CANCEL"),
        (attack::window_update_zero(1), "we go away PROTOCOL_ERROR"),
        (attack::window_update_zero(0), "we go away PROTOCOL_ERROR"),
        (attack::window_update_overflow(0), "we go away FLOW_CONTROL_ERROR"),
        (attack::push_promise(), "we go away PROTOCOL_ERROR"),
        (attack::goaway_below(code::NO_ERROR), "they go away NO_ERROR"),
        (attack::goaway_graceful(), "200, last"),
        (attack::goaway_rising(), "we go away PROTOCOL_ERROR"),
        (attack::trailers(Block::new().field("x-sum", "1")), "200, body, 1 trailer"),
        (attack::trailers(Block::status(200)), "200, body, 0 trailer"),
        (attack::upper_case_name(), "we go away PROTOCOL_ERROR"),
        (attack::connection_field("connection", "close"), "we reset PROTOCOL_ERROR"),
        (attack::connection_field("transfer-encoding", "chunked"), "we reset PROTOCOL_ERROR"),
        (attack::line_break_in_value(), "we go away PROTOCOL_ERROR"),
        (attack::no_status(), "we reset PROTOCOL_ERROR"),
        (attack::switching_protocols(), "we reset PROTOCOL_ERROR"),
        (attack::wrong_length(9, "short"), "200, we reset PROTOCOL_ERROR"),
        (attack::wrong_length(1, "long"), "200, we reset PROTOCOL_ERROR"),
        (attack::data_first(), "we go away PROTOCOL_ERROR"),
        (attack::data_after_end(), "200, whole"),
        (attack::past_the_window(1 << 20), "200, we go away FLOW_CONTROL_ERROR"),
        (attack::unasked_stream(), "we go away PROTOCOL_ERROR"),
        (attack::oversized_frame(), "200, we go away FRAME_SIZE_ERROR"),
        (attack::interrupted_block(), "we go away PROTOCOL_ERROR"),
        (attack::dangling_reference(), "we go away PROTOCOL_ERROR"),
        (attack::talkative_ack(), "we go away PROTOCOL_ERROR"),
        (attack::window_setting_overflow(), "we go away PROTOCOL_ERROR"),
        (attack::wrong_protocol(), "we go away FRAME_SIZE_ERROR"),
        (attack::continuation_flood(), "we go away ENHANCE_YOUR_CALM"),
        (attack::empty_continuation_flood(), "we go away ENHANCE_YOUR_CALM"),
        (attack::header_bomb(), "we go away ENHANCE_YOUR_CALM"),
        (attack::many_fields(10), "200, "),
        (attack::answered(Block::new().reference(8)), "200, "),
    ];
    let mut wrong = Vec::new();
    for (number, (steps, expected)) in cases.into_iter().enumerate() {
        let server = Hostile::script(steps);
        let stream = connect(server.address()).await;
        let outcome = ask(stream, "http://a.test/").await;
        if outcome != expected {
            wrong.push(format!("{number}: {outcome}, not {expected}"));
        }
    }
    assert_eq!(wrong, [""; 0]);
}

/// What no client is forced to end: the wire shows frames of one kind, and nothing stops them.
#[tokio::test]
async fn floods_are_whole_frames_of_one_kind_without_an_end() {
    let floods = [
        (attack::ping_flood(), Kind::PING),
        (attack::settings_flood(), Kind::SETTINGS),
        (attack::empty_data_flood(), Kind::DATA),
        (attack::informational_flood(), Kind::HEADERS),
        (attack::window_update_flood(), Kind::WINDOW_UPDATE),
        (attack::unknown_frame_flood(), Kind(0xfa)),
        (attack::continuation_flood(), Kind::CONTINUATION),
    ];
    for (steps, kind) in floods {
        let server = Hostile::script(steps);
        let mut stream = connect(server.address()).await;
        stream.write_all(&by_hand()).await.unwrap();
        let mut much = vec![0; 1 << 20];
        stream.read_exact(&mut much).await.unwrap();
        let frames = h2::frames(&much);
        let (begin, flood) = frames.split_at(3);
        assert!(begin.iter().any(|frame| frame.kind == Kind::SETTINGS && frame.flags == ACK), "{begin:?}");
        assert!(flood.len() > 1_000 && flood.iter().all(|frame| frame.kind == kind), "{kind:?}");
    }
}

#[tokio::test]
async fn a_flood_goes_on_while_its_answers_are_read() {
    let server = Hostile::script(attack::ping_flood());
    let (mut client, _) = start(connect(server.address()).await).await;
    let (response, _) = client.send_request(get("http://a.test/"), true).unwrap();
    let answers = |frames: Vec<Frame>| frames.iter().filter(|frame| frame.kind == Kind::PING && frame.flags == ACK).count();
    server.until(|seen| seen.received.first().is_some_and(|received| answers(h2::frames(received)) > 100)).await;
    drop((client, response));
}

#[tokio::test]
async fn without_a_window_no_byte_of_a_body_is_sent() {
    let server = Hostile::script(attack::zero_window());
    let (mut client, _) = start(connect(server.address()).await).await;
    server.until(acknowledged).await;
    let request = Request::post("http://a.test/").body(()).unwrap();
    let (_response, mut body) = client.send_request(request, false).unwrap();
    body.reserve_capacity(5);
    assert!(poll_fn(|cx| Poll::Ready(body.poll_capacity(cx).is_pending())).await);
    let seen = server.until(|seen| kinds(&seen.received[0]).contains(&Kind::HEADERS)).await;
    assert!(!kinds(&seen.received[0]).contains(&Kind::DATA));
}

#[tokio::test]
async fn without_leave_for_a_stream_no_request_is_sent() {
    let server = Hostile::script(attack::no_streams());
    let (mut client, _) = start(connect(server.address()).await).await;
    server.until(acknowledged).await;
    let (_response, _) = client.send_request(get("http://a.test/"), true).unwrap();
    assert!(poll_fn(|cx| Poll::Ready(client.poll_ready(cx).is_pending())).await);
    assert!(!kinds(&server.seen().received[0]).contains(&Kind::HEADERS));
}

/// Only a client that still has a body to send looks at the window of a stream.
#[tokio::test]
async fn a_window_that_overflows_ends_a_stream_that_still_sends() {
    let server = Hostile::script(attack::window_update_overflow(1));
    let (mut client, _) = start(connect(server.address()).await).await;
    let (response, _body) = client.send_request(Request::post("http://a.test/").body(()).unwrap(), false).unwrap();
    let error = response.await.unwrap_err();
    assert_eq!((error.reason(), error.is_reset()), (Some(::h2::Reason::FLOW_CONTROL_ERROR), true));
    let is_reset = |frame: &Frame| frame.kind == Kind::RST_STREAM && frame.error_code() == Some(code::FLOW_CONTROL_ERROR);
    server.until(|seen| h2::frames(&seen.received[0]).iter().any(is_reset)).await;
}

#[tokio::test]
async fn a_goaway_at_once_leaves_the_request_unanswered() {
    let server = Hostile::script(attack::goaway_at_once(code::ENHANCE_YOUR_CALM));
    let outcome = ask(connect(server.address()).await, "http://a.test/").await;
    assert_eq!(outcome, "they go away ENHANCE_YOUR_CALM");
}

#[tokio::test]
async fn a_client_learns_the_code_and_the_server_what_it_answered() {
    let server = Hostile::script(attack::push_promise());
    assert_eq!(ask(connect(server.address()).await, "http://a.test/").await, "we go away PROTOCOL_ERROR");
    let seen = server.until(|seen| seen.ended == 1).await;
    let frames = h2::frames(&seen.received[0]);
    let goaway = frames.iter().find(|frame| frame.kind == Kind::GOAWAY).unwrap();
    assert_eq!(goaway.error_code(), Some(code::PROTOCOL_ERROR));
}

#[tokio::test]
async fn inside_tls_a_script_is_played_after_alpn() {
    let authority = Authority::new();
    let config = h2::alpn(server_config(authority.leaf(&["a.test"])), &["h2"]);
    let server = Hostile::script_tls(config, attack::reset(code::REFUSED_STREAM));
    let stream = secure(&authority, server.address(), &["h2", "http/1.1"]).await;
    assert_eq!(ask(stream, "https://a.test/").await, "they reset REFUSED_STREAM");
}

#[tokio::test]
async fn an_honest_server_speaks_it_to_those_who_know() {
    let upstream = Upstream::h2(|request| async move { Response::new(format!("got {}", request.uri().path())) });
    assert_eq!(ask(connect(upstream.address()).await, "http://a.test/x?y=1").await, "200, got /x");
    let requests = upstream.requests();
    assert_eq!((requests[0].version, requests[0].target.as_str()), (Version::HTTP_2, "http://a.test/x?y=1"));
}

#[tokio::test]
async fn an_honest_server_speaks_over_tls_what_was_agreed_on() {
    let authority = Authority::new();
    let config = h2::alpn(server_config(authority.leaf(&["a.test"])), &["h2", "http/1.1"]);
    let upstream = Upstream::tls(config, |_| async { Response::new("hello") });
    assert_eq!(ask(secure(&authority, upstream.address(), &["h2"]).await, "https://a.test/").await, "200, hello");
    let mut stream = secure(&authority, upstream.address(), &["http/1.1"]).await;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: a.test\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("hello"), "{answer}");
    let versions: Vec<Version> = upstream.requests().iter().map(|request| request.version).collect();
    assert_eq!((versions, upstream.connections()), (vec![Version::HTTP_2, Version::HTTP_11], 2));
}

#[test]
fn frames_are_read_as_they_were_written() {
    let written = [Frame::settings(&[(h2::MAX_FRAME_SIZE, 1 << 14)]), Frame::new(Kind(0xee), 0xff, 5, "odd"), Frame::goaway(3, 7)];
    let mut bytes = [h2::PREFACE, &h2::wire(written.clone())].concat();
    bytes.extend([0, 0, 9]);
    assert_eq!(h2::frames(&bytes), written);
    assert_eq!(written[2].error_code(), Some(code::REFUSED_STREAM));
}

fn get(url: &str) -> Request<()> {
    Request::get(url).body(()).unwrap()
}

/// What a client sends first, made of our own frames.
fn by_hand() -> Vec<u8> {
    let block = Block::new().field(":method", "GET").field(":scheme", "http").field(":authority", "a.test").field(":path", "/");
    let frames = [Frame::settings(&[]), Frame::headers(1, h2::END_HEADERS | h2::END_STREAM, block)];
    [h2::PREFACE, &h2::wire(frames)].concat()
}

fn kinds(received: &[u8]) -> Vec<Kind> {
    h2::frames(received).iter().map(|frame| frame.kind).collect()
}

fn acknowledged(seen: &egret_testkit::Seen) -> bool {
    let is_ack = |frame: &Frame| frame.kind == Kind::SETTINGS && frame.flags == ACK;
    seen.received.first().is_some_and(|received| h2::frames(received).iter().any(is_ack))
}

async fn secure(authority: &Authority, address: SocketAddr, protocols: &[&str]) -> TlsStream<TcpStream> {
    let mut config = Arc::unwrap_or_clone(client_config(authority));
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
    let name = ServerName::try_from("a.test").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, connect(address).await).await.unwrap()
}

/// A client whose connection is driven until the client is dropped.
async fn start<S>(stream: S) -> (Client, tokio::task::JoinHandle<()>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut builder = ::h2::client::Builder::new();
    let (client, connection) = builder.enable_push(false).max_header_list_size(64 << 10).handshake(stream).await.unwrap();
    let driver = tokio::spawn(async move {
        // What goes wrong is told to whoever waits for a response.
        let _ = connection.await;
    });
    (client, driver)
}

/// One GET, told in words: status and body with trailers, or who ended it and how.
async fn ask<S>(stream: S, url: &str) -> String
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (client, _) = start(stream).await;
    let mut told = String::new();
    if let Err(error) = fetch(client, url, &mut told).await {
        let who = if error.is_remote() { "they" } else { "we" };
        let how = if error.is_go_away() {
            "go away"
        } else if error.is_reset() {
            "reset"
        } else {
            "fail"
        };
        let reason = error.reason().map_or_else(|| error.to_string(), |reason| format!("{reason:?}"));
        told.push_str(&format!("{who} {how} {reason}"));
    }
    told
}

async fn fetch(client: Client, url: &str, told: &mut String) -> Result<(), ::h2::Error> {
    let mut client = client.ready().await?;
    let (response, _) = client.send_request(get(url), true)?;
    let (head, mut body) = response.await?.into_parts();
    told.push_str(&format!("{}, ", head.status.as_u16()));
    let mut whole = Vec::new();
    while let Some(piece) = body.data().await {
        let piece = piece?;
        let _ = body.flow_control().release_capacity(piece.len());
        whole.extend_from_slice(&piece);
    }
    let trailers = body.trailers().await?;
    told.push_str(&String::from_utf8_lossy(&whole));
    if let Some(trailers) = trailers {
        told.push_str(&format!(", {} trailer", trailers.len()));
    }
    Ok(())
}
