//! The scripted server, step by step, and the listener that nobody should reach.

use egret_testkit::{Authority, Gate, Hostile, Listener, Step, client_config, connect, exchange, server_config};
use rustls_pki_types::ServerName;
use std::io::ErrorKind;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsConnector;

#[tokio::test]
async fn a_head_is_expected_before_the_answer_is_sent() {
    let server = Hostile::script(vec![Step::ExpectHead, Step::send("first"), Step::ExpectHead, Step::send("second")]);
    let mut stream = connect(server.address()).await;
    stream.write_all(b"a\r\n\r\n").await.unwrap();
    let mut five = [0; 5];
    stream.read_exact(&mut five).await.unwrap();
    assert_eq!(&five, b"first");
    stream.write_all(b"b\r\n\r\n").await.unwrap();
    let mut rest = String::new();
    stream.read_to_string(&mut rest).await.unwrap();
    assert_eq!(rest, "second");
    assert_eq!(server.seen().received, [b"a\r\n\r\nb\r\n\r\n"]);
}

#[tokio::test]
async fn a_paused_connection_goes_on_when_the_test_opens_the_gate() {
    let gate = Gate::new();
    let server = Hostile::script(vec![Step::send("be"), Step::Pause(gate.clone()), Step::send("fore")]);
    let mut stream = connect(server.address()).await;
    let mut two = [0; 2];
    stream.read_exact(&mut two).await.unwrap();
    gate.release();
    let mut rest = String::new();
    stream.read_to_string(&mut rest).await.unwrap();
    assert_eq!(rest, "fore");
}

#[tokio::test]
async fn a_stream_does_not_end_until_the_client_closes() {
    let server = Hostile::script(vec![Step::Stream("0123456789".into())]);
    let mut stream = connect(server.address()).await;
    let mut much = vec![0; 1 << 20];
    stream.read_exact(&mut much).await.unwrap();
    assert_eq!(server.seen().ended, 0);
    drop(stream);
    assert_eq!(server.until(|seen| seen.ended == 1).await.connections, 1);
}

#[tokio::test]
async fn a_reset_is_a_reset_and_no_clean_end() {
    let server = Hostile::script(vec![Step::ExpectBytes(1), Step::Reset]);
    let mut stream = connect(server.address()).await;
    stream.write_all(b"x").await.unwrap();
    let error = stream.read(&mut [0; 8]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn after_close_write_the_server_still_reads() {
    let server = Hostile::script(vec![Step::send("bye"), Step::CloseWrite, Step::Hold]);
    let mut stream = connect(server.address()).await;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    stream.write_all(b"still here").await.unwrap();
    drop(stream);
    let seen = server.until(|seen| seen.ended == 1).await;
    assert_eq!((answer.as_str(), &seen.received[0][..]), ("bye", &b"still here"[..]));
}

#[tokio::test]
async fn a_sequence_plays_one_script_a_connection_and_repeats_the_last() {
    let server = Hostile::sequence(vec![vec![Step::send("one")], vec![Step::send("two")]]);
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(String::from_utf8(exchange(server.address(), b"").await).unwrap());
    }
    assert_eq!((answers, server.connections()), (vec!["one".into(), "two".into(), "two".into()], 3));
}

#[tokio::test]
async fn inside_tls_the_plain_bytes_are_recorded() {
    let authority = Authority::new();
    let config = server_config(authority.leaf(&["upstream.test"]));
    let server = Hostile::script_tls(config, vec![Step::ExpectHead, Step::send("half an ans")]);
    let name = ServerName::try_from("upstream.test").unwrap();
    let plain = connect(server.address()).await;
    let mut stream = TlsConnector::from(client_config(&authority)).connect(name, plain).await.unwrap();
    stream.write_all(b"GET\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert_eq!((answer.as_str(), server.seen().received), ("half an ans", vec![b"GET\r\n\r\n".to_vec()]));
}

#[tokio::test]
async fn a_silent_listener_counts_who_knocked() {
    let listener = Listener::silent();
    listener.assert_untouched();
    let _one = connect(listener.address()).await;
    assert_eq!(listener.connections(), 1);
    let _two = connect(listener.address()).await;
    assert_eq!(listener.connections(), 2);
}

#[test]
#[should_panic(expected = "was dialled")]
fn a_silent_listener_that_was_reached_fails_the_test() {
    let listener = Listener::silent();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let _stream = runtime.block_on(connect(listener.address()));
    listener.assert_untouched();
}
