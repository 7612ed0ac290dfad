//! Peers that are slow, lie, or die: each ends in its own code and within its limit.

use crate::house::{House, caller, draft, local, policy};
use egret_egress::{Caller, Code, Config};
use egret_testkit::{Hostile, Reply, Step, Validity, server_config};
use std::time::Duration;
use tokio::time::Instant;

const OK: &str = "HTTP/1.1 200 OK\r\n";

/// The dotted code under which a GET of a scripted peer fails, its body read whole.
async fn failure(change: impl FnOnce(&mut Config), steps: Vec<Step>) -> String {
    let house = House::with(change);
    house.zone.addresses("api.test", &["127.0.0.1"]);
    let peer = Hostile::script(steps);
    let url = format!("http://api.test:{}/", peer.address().port());
    let outcome = match house.get(&policy([local("api.test", peer.address())]), &url).await {
        Ok(response) => response.body.collect(1 << 20).await.map(|body| format!("{} bytes", body.len())),
        Err(error) => Err(error),
    };
    outcome.unwrap_or_else(|error| error.path().to_owned())
}

fn quick(config: &mut Config) {
    let short = Duration::from_millis(100);
    config.timeouts.first_byte = short;
    config.timeouts.between_bytes = short;
    config.timeouts.tls = short;
    config.timeouts.dns = short;
}

#[tokio::test]
async fn upstream_killed_mid_body_is_a_protocol_error() {
    let half = || vec![Step::ExpectHead, Step::send(format!("{OK}content-length: 10\r\n\r\n12345"))];
    assert_eq!(failure(|_| {}, half()).await, "egress.protocol.closed_early");
    let mut reset = half();
    reset.push(Step::Reset);
    assert_eq!(failure(|_| {}, reset).await, "egress.protocol.closed_early");
    let chunked = vec![Step::ExpectHead, Step::send(format!("{OK}transfer-encoding: chunked\r\n\r\n5\r\n12345\r\n"))];
    assert_eq!(failure(|_| {}, chunked).await, "egress.protocol.closed_early");
}

#[tokio::test]
async fn upstream_that_closes_at_once_is_a_protocol_error() {
    assert_eq!(failure(|_| {}, vec![Step::ExpectHead]).await, "egress.protocol.closed_early");
}

#[tokio::test]
async fn endless_body_is_cut_at_the_cap() {
    let endless = vec![
        Step::ExpectHead,
        Step::send(format!("{OK}transfer-encoding: chunked\r\n\r\n")),
        Step::Stream("400\r\n".to_owned().into_bytes().into_iter().chain(vec![b'x'; 1024]).chain(*b"\r\n").collect()),
    ];
    assert_eq!(failure(|_| {}, endless.clone()).await, "egress.size.response_body");
    assert_eq!(failure(|config| config.caps.response_body = 100_000, endless).await, "egress.size.response_body");
}

#[tokio::test]
async fn announced_length_over_the_cap_is_refused_before_reading() {
    let announced = vec![Step::ExpectHead, Step::send(format!("{OK}content-length: 99999999999\r\n\r\n")), Step::Hold];
    assert_eq!(failure(|_| {}, announced).await, "egress.size.response_body");
}

#[tokio::test]
async fn head_is_bounded_in_size_and_fields() {
    let large = vec![Step::ExpectHead, Step::send(format!("{OK}x: {}\r\n\r\n", "y".repeat(70_000))), Step::Hold];
    assert_eq!(failure(|_| {}, large).await, "egress.size.response_head");
    let many = vec![Step::ExpectHead, Step::send(format!("{OK}{}\r\n", "a: b\r\n".repeat(101))), Step::Hold];
    assert_eq!(failure(|_| {}, many).await, "egress.size.response_head");
    let endless = vec![Step::ExpectHead, Step::send(OK), Step::Stream("a: b\r\n".into())];
    assert_eq!(failure(|_| {}, endless).await, "egress.size.response_head");
}

#[tokio::test]
async fn what_is_no_http_is_a_protocol_error() {
    for bytes in
        ["SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"]
    {
        assert_eq!(failure(|_| {}, vec![Step::ExpectHead, Step::send(bytes), Step::Hold]).await, "egress.protocol.malformed", "{bytes:?}");
    }
}

#[tokio::test]
async fn each_phase_has_its_timeout() {
    assert_eq!(failure(quick, vec![Step::ExpectHead, Step::Hold]).await, "egress.timeout.first_byte");
    let stalls = vec![Step::ExpectHead, Step::send(format!("{OK}content-length: 10\r\n\r\n12345")), Step::Hold];
    assert_eq!(failure(quick, stalls).await, "egress.timeout.between_bytes");
    let house = House::with(quick);
    house.zone.addresses("api.test", &["127.0.0.1"]);
    let mute = Hostile::script(vec![Step::Hold]);
    let policy = policy([local("api.test", mute.address())]);
    let url = format!("https://api.test:{}/", mute.address().port());
    assert_eq!(house.failure(&policy, &url).await, "egress.timeout.tls");
    house.zone.reply("slow.test", Reply::Silence);
    let slow = crate::house::policy([local("slow.test", mute.address())]);
    assert_eq!(house.failure(&slow, &format!("http://slow.test:{}/", mute.address().port())).await, "egress.timeout.dns");
}

/// A listener whose queue is full: the system drops what comes, and whoever connects waits.
#[expect(clippy::disallowed_methods, reason = "test: fills a queue")]
fn full() -> (tokio::net::TcpListener, Vec<std::net::TcpStream>) {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let waiting = std::iter::from_fn(|| std::net::TcpStream::connect_timeout(&address, Duration::from_millis(200)).ok());
    let waiting: Vec<_> = waiting.take(100).collect();
    assert!(waiting.len() < 100, "the queue is never full");
    (listener, waiting)
}

#[tokio::test]
async fn a_peer_that_never_accepts_is_a_timeout_of_connecting() {
    let house = House::with(|config| config.timeouts.connect = Duration::from_millis(100));
    house.zone.addresses("api.test", &["127.0.0.1"]);
    let (listener, _waiting) = full();
    let address = listener.local_addr().unwrap();
    let url = format!("http://api.test:{}/", address.port());
    assert_eq!(house.failure(&policy([local("api.test", address)]), &url).await, "egress.timeout.connect");
}

#[tokio::test]
async fn the_callers_deadline_ends_every_phase() {
    let house = House::new();
    house.zone.addresses("api.test", &["127.0.0.1"]);
    let peer = Hostile::script(vec![Step::ExpectHead, Step::send(format!("{OK}content-length: 10\r\n\r\n12345")), Step::Hold]);
    let caller = Caller { deadline: Instant::now() + Duration::from_millis(200), ..caller(&policy([local("api.test", peer.address())])) };
    let response = house.egress.fetch(&caller, draft(&format!("http://api.test:{}/", peer.address().port()))).await.unwrap();
    let error = response.body.collect(100).await.unwrap_err();
    assert_eq!((error.code(), error.phase()), (Code::Timeout, Some("total")));
}

#[tokio::test]
async fn certificate_must_be_for_the_name_trusted_and_current() {
    let house = House::new();
    house.zone.addresses("api.test", &["127.0.0.1"]);
    let stranger = egret_testkit::Authority::new();
    let bad = [
        (house.authority.leaf(&["other.test"]), "egress.tls.wrong_name"),
        (house.authority.leaf_with(&["api.test"], Validity::Expired), "egress.tls.expired"),
        (stranger.leaf(&["api.test"]), "egress.tls.unknown_issuer"),
    ];
    for (leaf, path) in bad {
        let peer = Hostile::script_tls(server_config(leaf), vec![Step::ExpectHead, Step::send(OK), Step::Hold]);
        let url = format!("https://api.test:{}/", peer.address().port());
        let error = house.get(&policy([local("api.test", peer.address())]), &url).await.unwrap_err();
        assert_eq!((error.code(), error.path()), (Code::Tls, path), "{error:?}");
        let seen = peer.until(|seen| seen.ended == 1).await;
        assert!(seen.received.iter().all(Vec::is_empty), "no byte of the request reached a peer that is not authentic");
    }
    let plain = Hostile::script(vec![Step::send("HTTP/1.1 400 plain\r\n\r\n"), Step::Hold]);
    let url = format!("https://api.test:{}/", plain.address().port());
    assert_eq!(house.failure(&policy([local("api.test", plain.address())]), &url).await, "egress.tls.not_tls");
}

#[tokio::test]
async fn names_that_do_not_resolve_are_told_apart_for_the_log() {
    let house = House::new();
    let listener = egret_testkit::Listener::silent();
    house.zone.reply("broken.test", Reply::ServerFailure);
    for (name, code) in [("nowhere.test", "egress.dns.no_such_name"), ("broken.test", "egress.dns.failed")] {
        assert_eq!(
            house.failure(&policy([local(name, listener.address())]), &format!("http://{name}:{}/", listener.address().port())).await,
            code
        );
    }
    house.zone.addresses(
        "many.test",
        &vec!["127.0.0.1"; 65]
            .iter()
            .enumerate()
            .map(|(i, _)| format!("93.184.{i}.1"))
            .collect::<Vec<_>>()
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>(),
    );
    assert_eq!(
        house.failure(&policy([local("many.test", listener.address())]), &format!("http://many.test:{}/", listener.address().port())).await,
        "egress.dns.failed"
    );
}

#[tokio::test]
async fn closed_port_is_a_connect_error() {
    let house = House::new();
    house.zone.addresses("api.test", &["127.0.0.1"]);
    let peer = Hostile::script(vec![]);
    let address = peer.address();
    drop(peer);
    let failure = house.failure(&policy([local("api.test", address)]), &format!("http://api.test:{}/", address.port())).await;
    assert!(["egress.connect.failed", "egress.protocol.closed_early"].contains(&failure.as_str()), "{failure}");
}
