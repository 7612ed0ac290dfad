//! The honest server: records and answers, plain and over TLS, and is gone when dropped.

use egret_testkit::{Authority, Upstream, client_config, connect, exchange, server_config};
use http::Response;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsConnector;

const POST: &[u8] = b"POST /a?b=1 HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 3\r\n\r\nabc";

#[tokio::test]
async fn a_request_is_recorded_and_answered_by_the_handler() {
    let upstream =
        Upstream::http(|request| async move { Response::builder().status(201).body(format!("got {}", request.body().len())).unwrap() });
    let answer = String::from_utf8(exchange(upstream.address(), POST).await).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201 Created\r\n") && answer.ends_with("\r\n\r\ngot 3"), "{answer}");

    let requests = upstream.requests();
    assert_eq!((requests.len(), upstream.connections()), (1, 1));
    assert_eq!((requests[0].method.as_str(), requests[0].target.as_str()), ("POST", "/a?b=1"));
    assert_eq!((&requests[0].headers["host"], &requests[0].body[..]), (&"x".parse().unwrap(), &b"abc"[..]));
}

#[tokio::test]
async fn over_tls_the_name_that_was_asked_for_is_recorded() {
    let authority = Authority::new();
    let config = server_config(authority.leaf(&["upstream.test"]));
    let upstream = Upstream::tls(config, |_| async { Response::new("hello") });
    let name = ServerName::try_from("upstream.test").unwrap();
    let plain = connect(upstream.address()).await;
    let mut stream = TlsConnector::from(client_config(&authority)).connect(name, plain).await.unwrap();
    stream.write_all(POST).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("hello"), "{answer}");
    assert_eq!(upstream.requests()[0].server_name.as_deref(), Some("upstream.test"));
}

#[tokio::test]
async fn a_dropped_upstream_ends_its_connections() {
    let upstream = Upstream::http(|_| async { Response::new("hello") });
    let mut stream = connect(upstream.address()).await;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut byte = [0];
    stream.read_exact(&mut byte).await.unwrap();
    drop(upstream);
    // The connection is kept alive by HTTP, so only the end of the server can end it.
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
}
