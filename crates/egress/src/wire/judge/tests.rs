//! Heads with one reading and heads with two, in pieces of every size.

use super::{Bounds, Fault, Judge};

const BOUNDS: Bounds = Bounds { head: 300, fields: 5, informational: 2 };

fn judge(bytes: &[u8], piece: usize) -> Result<(), Fault> {
    let mut judge = Judge::new(BOUNDS);
    bytes.chunks(piece).try_for_each(|piece| judge.pass(piece))
}

#[track_caller]
fn verdict(text: &str) -> Result<(), Fault> {
    let verdict = judge(text.as_bytes(), usize::MAX);
    for piece in [1, 2, 3, 7] {
        assert_eq!(judge(text.as_bytes(), piece), verdict, "{text:?} in pieces of {piece}");
    }
    verdict
}

#[track_caller]
fn passes(text: &str) {
    assert_eq!(verdict(text), Ok(()), "{text:?}");
}

#[track_caller]
fn is_malformed(text: &str) {
    assert!(matches!(verdict(text), Err(Fault::Malformed(_))), "{text:?}");
}

fn fields(fields: &str) -> String {
    format!("HTTP/1.1 200 OK\r\n{fields}\r\n\r\n")
}

#[test]
fn heads_with_one_reading_pass() {
    for line in ["HTTP/1.1 200 OK", "HTTP/1.0 404 Not\tFound", "HTTP/1.1 200 ", "HTTP/1.1 200", "HTTP/1.1 999 caf\u{e9}", "HTTP/1.1 101 Go"]
    {
        passes(&format!("{line}\r\n\r\n"));
        passes(&format!("{line}\r\nA: b\r\n\r\n"));
    }
    for field in
        ["a:", "a: ", "a:b", "a: \u{e9}\tb", "content-length: 5", "Content-Length:5 ", "Transfer-Encoding: Chunked", "x-content-length: x"]
    {
        passes(&fields(field));
    }
    passes("HTTP/1.1 204 No\r\ncontent-length: 0\r\n\r\n");
    passes("HTTP/1.1 304 No\r\ncontent-length: 500\r\n\r\n");
}

#[test]
fn status_lines_of_another_shape_are_faults() {
    let lines = [
        "HTTP/1.1  200 OK",
        "HTTP/2 200 OK",
        "HTTP/1.2 200 OK",
        "http/1.1 200 OK",
        "HTTP/1.1 99 X",
        "HTTP/1.1 099 X",
        "HTTP/1.1 1000 X",
        "HTTP/1.1 2x0 OK",
        "HTTP/1.1 +20 OK",
        "HTTP/1.1\t200 OK",
        "ICY 200 OK",
        "HTTP/1.1 200\tOK",
        "HTTP/1.1 200 O\0K",
        "HTTP/1.1 200 \u{7f}",
        "HTTP/1.1",
        "",
        " HTTP/1.1 200 OK",
        "SSH-2.0-OpenSSH",
    ];
    lines.iter().for_each(|line| is_malformed(&format!("{line}\r\n\r\n")));
}

#[test]
fn fields_of_another_shape_are_faults() {
    let lines = [
        "A b: c",
        "A : b",
        ": b",
        "b",
        " a: b",
        "a: b\r\n c: d",
        "a: b\r\n\tc",
        "a: \0",
        "a: b\rc: d",
        "a: \u{7f}",
        "a\u{e9}: b",
        "a\0: b",
        "(a): b",
    ];
    lines.iter().for_each(|line| is_malformed(&fields(line)));
}

#[test]
fn lines_that_end_with_a_line_feed_alone_are_faults() {
    for text in [
        "HTTP/1.1 200 OK\n\n",
        "HTTP/1.1 200 OK\nA: b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\r\n\n",
        "\n",
        "\r\n",
    ] {
        is_malformed(text);
    }
}

#[test]
fn framing_with_two_readings_is_a_fault() {
    is_malformed(&fields("Content-Length: 5\r\nTransfer-Encoding: chunked"));
    is_malformed(&fields("transfer-encoding: chunked\r\nA: b\r\ncontent-length: 0"));
    is_malformed(&fields("Content-Length: 5\r\nContent-Length: 5"));
    is_malformed(&fields("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"));
    for length in ["", "+5", "-5", "0x5", "5, 5", "5 5", "5a", "18446744073709551616"] {
        is_malformed(&fields(&format!("Content-Length: {length}")));
    }
    for coding in ["", "gzip, chunked", "chunked, chunked", "identity", "xchunked", "chunked;x=1", "chunked,"] {
        is_malformed(&fields(&format!("Transfer-Encoding: {coding}")));
    }
    is_malformed("HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
    for status in [100, 103, 204] {
        is_malformed(&format!("HTTP/1.1 {status} X\r\ntransfer-encoding: chunked\r\n\r\n"));
        is_malformed(&format!("HTTP/1.1 {status} X\r\ncontent-length: 1\r\n\r\n"));
    }
}

#[test]
fn size_and_fields_of_a_head_are_bounded_before_it_has_ended() {
    let large = Err(Fault::HeadSize(300, 5));
    assert_eq!(verdict(&"HTTP/1.1 200 ".repeat(30)), large);
    assert_eq!(verdict(&fields(&format!("a: {}", "b".repeat(300)))), large);
    assert_eq!(verdict(&format!("HTTP/1.1 200 OK\r\n{}", "a: b\r\n".repeat(6))), large);
    passes(&fields("a: b\r\nc: d\r\ne: f\r\ng: h\r\ni: j"));
}

#[test]
fn informational_responses_are_judged_and_counted() {
    let early = "HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n";
    passes(&format!("{early}{early}{}", fields("a: b")));
    assert_eq!(verdict(&early.repeat(3)), Err(Fault::Informational(2)));
    is_malformed(&format!("{early}HTTP/1.1 200 OK\n\n"));
    is_malformed("HTTP/1.1 100 Continue\r\na b: c\r\n\r\nHTTP/1.1 200 OK\r\n\r\n");
}

#[test]
fn bodies_pass_until_the_next_head_is_expected() {
    let mut judge = Judge::new(BOUNDS);
    judge.pass(b"HTTP/1.1 200 OK\r\n\r\n\0\n anything \r at all\n\n").unwrap();
    judge.pass(b"HTTP/1.1 bad\n").unwrap();
    judge.expect_head();
    judge.pass(b"HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\n\r\n\0").unwrap();
    judge.expect_head();
    assert!(judge.pass(b"HTTP/1.1 bad\r\n").is_err());
    judge.expect_head();
    assert!(judge.pass(b"HTTP/1.1 200 OK\r\n\r\n").is_err(), "a connection that was refused stays so");
}
