//! The scripted zone, asked with another implementation's messages.

use egret_testkit::{Kind, Over, Query, Reply, Zone, connect};
use hickory_resolver::proto::op::{Message, MessageType, OpCode, Query as Question, ResponseCode};
use hickory_resolver::proto::rr::{Name, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UdpSocket;

fn message(name: &str, kind: RecordType) -> Message {
    let mut message = Message::new(4711, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    message.add_query(Question::query(Name::from_ascii(name).unwrap(), kind));
    message
}

#[expect(clippy::disallowed_methods, reason = "test: a DNS client on loopback")]
async fn socket() -> UdpSocket {
    UdpSocket::bind("127.0.0.1:0").await.unwrap()
}

async fn ask(zone: &Zone, name: &str, kind: RecordType) -> Message {
    let socket = socket().await;
    socket.send_to(&message(name, kind).to_vec().unwrap(), zone.address()).await.unwrap();
    let mut packet = [0; 2048];
    let length = socket.recv(&mut packet).await.unwrap();
    Message::from_vec(&packet[..length]).unwrap()
}

async fn ask_tcp(zone: &Zone, name: &str, kind: RecordType) -> Message {
    let mut stream = connect(zone.address()).await;
    let bytes = message(name, kind).to_vec().unwrap();
    stream.write_u16(bytes.len().try_into().unwrap()).await.unwrap();
    stream.write_all(&bytes).await.unwrap();
    let mut answer = vec![0; stream.read_u16().await.unwrap().into()];
    stream.read_exact(&mut answer).await.unwrap();
    Message::from_vec(&answer).unwrap()
}

/// The answer section as `owner type data`.
fn lines(message: &Message) -> Vec<String> {
    message.answers.iter().map(|r| format!("{} {} {}", r.name, r.record_type(), r.data)).collect()
}

#[tokio::test]
async fn addresses_are_answered_by_type_and_queries_are_recorded_in_order() {
    let zone = Zone::start();
    zone.addresses("a.test", &["192.0.2.1", "192.0.2.2", "2001:db8::1"]);
    zone.time_to_live(7);
    let four = ask(&zone, "A.Test.", RecordType::A).await;
    let six = ask(&zone, "a.test.", RecordType::AAAA).await;
    assert_eq!(four.metadata.id, 4711);
    assert_eq!(lines(&four), ["a.test. A 192.0.2.1", "a.test. A 192.0.2.2"]);
    assert_eq!((lines(&six), six.answers[0].ttl), (vec!["a.test. AAAA 2001:db8::1".to_owned()], 7));
    let query = |kind, spelling: &str| Query { name: "a.test".into(), kind, over: Over::Udp, spelling: spelling.into() };
    assert_eq!(zone.queries(), [query(Kind::A, "A.Test"), query(Kind::Aaaa, "a.test")]);
}

#[tokio::test]
async fn a_name_that_is_not_in_the_table_does_not_exist() {
    let answer = ask(&Zone::start(), "nobody.test.", RecordType::A).await;
    assert_eq!(answer.metadata.response_code, ResponseCode::NXDomain);
}

#[tokio::test]
async fn a_name_without_records_of_the_type_has_an_empty_answer() {
    let zone = Zone::start();
    zone.addresses("a.test", &["192.0.2.1"]);
    let answer = ask(&zone, "a.test.", RecordType::AAAA).await;
    assert_eq!((answer.metadata.response_code, answer.answers.len()), (ResponseCode::NoError, 0));
}

#[tokio::test]
async fn replies_advance_by_query_and_each_type_by_itself() {
    let zone = Zone::start();
    zone.replies(
        "flip.test",
        vec![Reply::addresses(&["192.0.2.1", "2001:db8::1"]), Reply::ServerFailure, Reply::addresses(&["127.0.0.1"])],
    );
    assert_eq!(lines(&ask(&zone, "flip.test.", RecordType::A).await), ["flip.test. A 192.0.2.1"]);
    assert_eq!(lines(&ask(&zone, "flip.test.", RecordType::AAAA).await), ["flip.test. AAAA 2001:db8::1"]);
    let second = ask(&zone, "flip.test.", RecordType::A).await;
    assert_eq!(second.metadata.response_code, ResponseCode::ServFail);
    for _ in 0..2 {
        assert_eq!(lines(&ask(&zone, "flip.test.", RecordType::A).await), ["flip.test. A 127.0.0.1"]);
    }
}

#[tokio::test]
async fn aliases_are_followed_and_shown() {
    let zone = Zone::start();
    zone.alias("www.test", "cdn.test");
    zone.addresses("cdn.test", &["192.0.2.9"]);
    let answer = ask(&zone, "www.test.", RecordType::A).await;
    assert_eq!(lines(&answer), ["www.test. CNAME cdn.test.", "cdn.test. A 192.0.2.9"]);
}

#[tokio::test]
async fn an_alias_to_nowhere_shows_the_alias_and_says_no_such_name() {
    let zone = Zone::start();
    zone.alias("www.test", "gone.test");
    let answer = ask(&zone, "www.test.", RecordType::A).await;
    assert_eq!(lines(&answer), ["www.test. CNAME gone.test."]);
    assert_eq!(answer.metadata.response_code, ResponseCode::NXDomain);
}

#[tokio::test]
async fn a_wildcard_answers_for_names_below_it_that_have_no_line_of_their_own() {
    let zone = Zone::start();
    zone.addresses("*.x.test", &["192.0.2.1"]);
    zone.addresses("own.x.test", &["192.0.2.2"]);
    assert_eq!(lines(&ask(&zone, "deep.below.x.test.", RecordType::A).await), ["deep.below.x.test. A 192.0.2.1"]);
    assert_eq!(lines(&ask(&zone, "own.x.test.", RecordType::A).await), ["own.x.test. A 192.0.2.2"]);
    let apex = ask(&zone, "x.test.", RecordType::A).await;
    assert_eq!(apex.metadata.response_code, ResponseCode::NXDomain);
}

#[tokio::test]
async fn a_long_answer_is_truncated_over_udp_and_whole_over_tcp() {
    let zone = Zone::start();
    let addresses: Vec<String> = (0..100).map(|last| format!("192.0.2.{last}")).collect();
    zone.addresses("many.test", &addresses.iter().map(String::as_str).collect::<Vec<_>>());
    let short = ask(&zone, "many.test.", RecordType::A).await;
    assert!(short.metadata.truncation && short.answers.is_empty());
    assert_eq!(ask_tcp(&zone, "many.test.", RecordType::A).await.answers.len(), 100);
    assert_eq!(zone.queries()[1].over, Over::Tcp);
}

#[tokio::test]
async fn silence_is_recorded_and_stays_silent() {
    let zone = Zone::start();
    zone.reply("mute.test", Reply::Silence);
    zone.addresses("after.test", &["192.0.2.1"]);
    let socket = socket().await;
    for name in ["mute.test.", "after.test."] {
        socket.send_to(&message(name, RecordType::A).to_vec().unwrap(), zone.address()).await.unwrap();
    }
    // The server takes packets in order: had it answered the first, that answer would be here first.
    let mut packet = [0; 512];
    let length = socket.recv(&mut packet).await.unwrap();
    assert_eq!(lines(&Message::from_vec(&packet[..length]).unwrap()), ["after.test. A 192.0.2.1"]);
    assert_eq!(zone.queries()[0].name, "mute.test");
}
