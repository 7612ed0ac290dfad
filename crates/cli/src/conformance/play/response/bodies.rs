//! Bodies that lie about their length, or have no end.

use super::{Misdeed, OK, Scenario, reuse, sends, streams};
use crate::conformance::policies::Limits;
use egret_testkit::Step;
use http::Method;

const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
const MALFORMED: &[&str] = &["egress.protocol.malformed"];
const SIZE: &[&str] = &["egress.size.response_body"];
const SHORT: &[&str] = &["egress.protocol.closed_early"];

/// A length over the cap, a body that is longer than its length, or one that ends before it.
pub fn length(announced: u64, body: Option<&str>, close: bool, limits: &Limits) -> Option<Scenario> {
    let body = body.unwrap_or_default();
    let answer = format!("{OK}content-length: {announced}\r\n\r\n{body}");
    let sent = body.len() as u64;
    if announced > limits.caps.response_body {
        Misdeed::new(sends(answer), SIZE).alone()
    } else if sent > announced {
        reuse::tail(Method::GET, answer)
    } else if sent < announced && close {
        Misdeed::new(vec![Step::ExpectHead, Step::send(answer)], SHORT).alone()
    } else {
        None
    }
}

/// Chunks without an end, as small as they are said to be, or without the last one.
pub fn chunked(kind: &str, close: bool) -> Option<Scenario> {
    match (kind, close) {
        ("infinite", false) => Misdeed::new(streams(CHUNKED, chunk(4096).repeat(16)), SIZE).alone(),
        ("no terminator", true) => Misdeed::new(vec![Step::ExpectHead, Step::send(format!("{CHUNKED}{}", chunk(5)))], SHORT).alone(),
        (kind, false) => {
            // How many there are does not matter: the peer goes on until it is left.
            let (size, _) = kind.split_once(" byte x ")?;
            Misdeed::new(streams(CHUNKED, chunk(size.parse().ok()?).repeat(1000)), &["egress.size.pieces"]).alone()
        }
        (_, true) => None,
    }
}

/// One chunk whose extension has so many bytes.
pub fn extension(bytes: usize) -> Option<Scenario> {
    Misdeed::new(sends(format!("{CHUNKED}5;{}\r\nhello\r\n0\r\n\r\n", "a".repeat(bytes))), MALFORMED).alone()
}

/// So many fields behind the last chunk.
pub fn trailers(count: usize) -> Option<Scenario> {
    let fields: String = (0..count).map(|index| format!("x-{index}: v\r\n")).collect();
    let codes = &["egress.protocol.malformed", "egress.size.response_head"];
    Misdeed::new(sends(format!("{CHUNKED}{}0\r\n{fields}\r\n", chunk(5))), codes).alone()
}

/// One line of an event stream that never ends.
pub fn line(kind: &str, words: &str) -> Option<Scenario> {
    let head = format!("{OK}content-type: {kind}\r\n\r\n");
    Misdeed::new(streams(head, words.repeat(1000)), SIZE).alone()
}

fn chunk(size: usize) -> String {
    format!("{size:x}\r\n{}\r\n", "x".repeat(size))
}
