//! Heads that are too large, too many, or no heads.

use super::{Misdeed, OK, Scenario, sends};

const SIZE: &[&str] = &["egress.size.response_head"];
const MALFORMED: &[&str] = &["egress.protocol.malformed"];

/// Fields that ask a client to keep something beyond the answer. They are no fault; that they are obeyed would be one.
const REMEMBERED: &[&str] =
    &["strict-transport-security", "clear-site-data", "set-cookie", "alt-svc", "public-key-pins", "nel", "accept-ch"];

/// So many fields.
pub fn fields(count: usize) -> Option<Scenario> {
    let fields: String = (0..count).map(|index| format!("x-{index}: v\r\n")).collect();
    Misdeed::new(sends(format!("{OK}{fields}content-length: 0\r\n\r\n")), SIZE).alone()
}

/// One field of so many bytes.
pub fn field(bytes: usize) -> Option<Scenario> {
    Misdeed::new(sends(format!("{OK}x-large: {}\r\ncontent-length: 0\r\n\r\n", "v".repeat(bytes))), SIZE).alone()
}

/// A reason of so many bytes.
pub fn status_line(bytes: usize) -> Option<Scenario> {
    Misdeed::new(sends(format!("HTTP/1.1 200 {}\r\ncontent-length: 0\r\n\r\n", "x".repeat(bytes))), SIZE).alone()
}

/// So many informational responses, and then a good one.
pub fn informational(line: &str, count: usize) -> Option<Scenario> {
    let answer = format!("{}{OK}content-length: 0\r\n\r\n", format!("HTTP/1.1 {line}\r\n\r\n").repeat(count));
    Misdeed::new(sends(answer), &["egress.protocol.informational"]).alone()
}

/// A status that is none, or that nobody asked for.
pub fn status(status: u32) -> Option<Scenario> {
    let is_final = (200..=999).contains(&status);
    (!is_final).then(|| Misdeed::new(sends(format!("HTTP/1.1 {status} X\r\n\r\n")), MALFORMED).alone())?
}

/// These fields and no body, or one in chunks.
pub fn listed(headers: &[(String, String)]) -> Option<Scenario> {
    let fields: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let is_remembered = |name: &str| REMEMBERED.iter().any(|remembered| name.eq_ignore_ascii_case(remembered));
    if headers.iter().all(|(name, _)| is_remembered(name)) {
        return Some(Scenario::Memory(format!("{OK}{fields}content-length: 0\r\nconnection: close\r\n\r\n").into()));
    }
    Misdeed::new(sends(format!("{OK}{fields}\r\n0\r\n\r\n")), MALFORMED).alone()
}
