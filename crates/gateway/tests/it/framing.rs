//! Messages that two servers would cut differently: each is refused, and what follows on the connection is not read.

use crate::harness::{Site, echo};
use egret_gateway::Config;
use egret_testkit::exchange;

/// What an attacker hides behind the message. If a function ever sees it, the attack worked.
const HIDDEN: &str = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";

/// Sends `message` with a hidden request behind it and gives all statuses that came back.
async fn statuses(message: &str) -> Vec<String> {
    let site = Site::start(Config::default(), "[...all].js", echo).await;
    let answer = exchange(site.address, format!("{message}{HIDDEN}").as_bytes()).await;
    let log = site.log.0.lock().unwrap().join("\n");
    assert!(!log.contains("/hidden"), "{message:?} let a request through:\n{log}");
    let answer = String::from_utf8(answer).unwrap();
    answer.lines().filter_map(|line| line.strip_prefix("HTTP/1.1 ")).map(|line| line[..3].to_owned()).collect()
}

async fn check(fields: &str, body: &str) {
    let message = format!("POST /x HTTP/1.1\r\nHost: a\r\n{fields}\r\n{body}");
    assert_eq!(statuses(&message).await, ["400"], "{message:?}");
}

#[tokio::test]
async fn a_length_beside_a_chunked_body_is_refused_in_either_order() {
    check("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n").await;
    check("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n").await;
    check("Transfer-Encoding:\tchunked\r\nContent-Length: 0\r\n", "0\r\n\r\n").await;
}

#[tokio::test]
async fn lengths_that_are_not_one_number_are_refused() {
    check("Content-Length: 0\r\nContent-Length: 5\r\n", "").await;
    check("Content-Length: 0\r\nContent-Length: 0\r\n", "").await;
    for length in ["+0", "-0", "0x0", "0, 0", "0,5", "0 0", "", "99999999999999999999"] {
        check(&format!("Content-Length: {length}\r\n"), "").await;
    }
}

#[tokio::test]
async fn codings_that_are_not_exactly_chunked_are_refused() {
    for coding in
        ["identity", "gzip", "gzip, chunked", "chunked, chunked", "chunked, identity", "xchunked", "chunked\u{b}", "\"chunked\"", ""]
    {
        check(&format!("Transfer-Encoding: {coding}\r\n"), "0\r\n\r\n").await;
    }
    check("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n").await;
    check("Transfer-Encoding : chunked\r\n", "0\r\n\r\n").await;
}

#[tokio::test]
async fn a_chunked_body_of_http_1_0_is_refused() {
    let message = "POST /x HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    assert_eq!(statuses(message).await, ["400"]);
}

#[tokio::test]
async fn broken_chunks_are_refused() {
    for chunks in [
        "xyz\r\n\r\n",
        "-1\r\n\r\n",
        "+1\r\na\r\n0\r\n\r\n",
        "0x1\r\na\r\n0\r\n\r\n",
        "1 1\r\na\r\n0\r\n\r\n",
        "ffffffffffffffff1\r\na\r\n0\r\n\r\n",
        "1\r\nabc\r\n0\r\n\r\n",
        "\r\n0\r\n\r\n",
    ] {
        check("Transfer-Encoding: chunked\r\n", chunks).await;
    }
}

#[tokio::test]
async fn heads_that_are_not_made_of_clean_lines_are_refused() {
    check("X: a\r\n folded\r\n", "").await;
    check("X: a\r\n\tTransfer-Encoding: chunked\r\n", "").await;
    check("X : a\r\n", "").await;
    check("X: a\nContent-Length: 5\r\n", "").await;
    check("X: a\rContent-Length: 5\r\n", "").await;
    check("X: a\0b\r\n", "").await;
    check("X\0Y: a\r\n", "").await;
    check(": a\r\n", "").await;
    check("no colon\r\n", "").await;
    check(" X: a\r\n", "").await;
}

#[tokio::test]
async fn request_lines_that_are_not_http_1_are_refused() {
    for line in [
        "GET /x\r\n",
        "GET  /x HTTP/1.1\r\n",
        "GET /x y HTTP/1.1\r\n",
        "G(T /x HTTP/1.1\r\n",
        "GET /x HTTP/1.9\r\n",
        "GET /x HTTP/3.0\r\n",
        " GET /x HTTP/1.1\r\n",
        "PRI * HTTP/2.0\r\n",
    ] {
        assert_eq!(statuses(&format!("{line}Host: a\r\n\r\n")).await, ["400"], "{line:?}");
    }
}

#[tokio::test]
async fn nothing_is_read_behind_a_chunked_body() {
    let message = "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    assert_eq!(statuses(message).await, ["200"]);
}

#[tokio::test]
async fn an_unread_body_is_not_taken_for_a_request() {
    let site = Site::start(Config::default(), "x.js", echo).await;
    let message = format!("POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{HIDDEN}", HIDDEN.len());
    let last = "GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    exchange(site.address, format!("{message}{last}").as_bytes()).await;
    let log = site.log.0.lock().unwrap().join("\n");
    assert!(log.starts_with("POST /nowhere - 404 gateway.not_found") && !log.contains("/hidden"), "{log}");
}

#[tokio::test]
async fn requests_in_a_row_on_one_connection_are_answered_in_order() {
    let site = Site::start(Config::default(), "[name].js", echo).await;
    let one = "POST /one HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
    let two = "\r\nGET /two HTTP/1.1\r\nHost: a\r\n\r\n";
    let three = "GET /three HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let answer = exchange(site.address, format!("{one}{two}{three}").as_bytes()).await;
    let answer = String::from_utf8(answer).unwrap();
    let [one, two, three] = ["/one [(\"name\", \"one\")] abc", "/two", "/three"].map(|text| answer.find(text));
    assert!(one.is_some() && one < two && two < three, "{answer}");
}
