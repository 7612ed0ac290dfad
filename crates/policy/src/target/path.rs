//! The path in its one canonical form: what is matched is what is sent.
//!
//! Dot segments are resolved, escapes of unreserved characters decoded, hexadecimal upper-cased, everything outside of
//! RFC 3986 `pchar` encoded. Whatever an upstream could decode into another path is refused, with a code each. Only an
//! encoded slash survives, for the one route that may opt in. What deny rules make of a path is in `reading.rs`.

use super::reading::without_invisible;
use crate::{Code, Denial};
use std::fmt::Write;
use unicode_normalization::UnicodeNormalization;

/// Makes the canonical path of a raw one; an empty path is `/`.
pub(super) fn canonical(raw: &str) -> Result<String, Denial> {
    let Some(relative) = raw.strip_prefix('/') else { return Ok("/".to_owned()) };
    let raw_segments: Vec<&str> = relative.split('/').collect();
    let last = raw_segments.len() - 1;
    let mut segments: Vec<String> = Vec::with_capacity(raw_segments.len());
    for (index, raw_segment) in raw_segments.into_iter().enumerate() {
        match raw_segment {
            "" if index < last => return Err(Denial::new(Code::PathEmptySegment, "the path holds two slashes in a row")),
            "." if index < last => {}
            "." => segments.push(String::new()),
            ".." => climb(&mut segments, index == last)?,
            _ => segments.push(segment(raw_segment)?),
        }
    }
    Ok(format!("/{}", segments.join("/")))
}

fn climb(segments: &mut Vec<String>, is_last: bool) -> Result<(), Denial> {
    if segments.pop().is_none() {
        return Err(Denial::new(Code::PathAboveRoot, "the path climbs above its root"));
    }
    if is_last {
        segments.push(String::new());
    }
    Ok(())
}

/// One segment that is not a plain dot segment.
fn segment(raw: &str) -> Result<String, Denial> {
    let Reading { decoded, canonical } = read(raw)?;
    let text = std::str::from_utf8(&decoded).map_err(|_| Denial::new(Code::PathUtf8, "the path's escapes are no valid UTF-8"))?;
    refuse_characters(raw, text)?;
    refuse_shapes(text)?;
    Ok(canonical)
}

/// The bytes that a canonical segment stands for.
pub(super) fn decoded(canonical: &str) -> Vec<u8> {
    read(canonical).map(|reading| reading.decoded).unwrap_or_default()
}

/// A segment in two forms: what it means, and how it is sent.
struct Reading {
    decoded: Vec<u8>,
    canonical: String,
}

/// Unreserved characters stand for themselves however they were written; the escape of a reserved one stays an escape
/// (`+` and `%2B` differ); what is outside of RFC 3986 `pchar` is escaped.
fn read(raw: &str) -> Result<Reading, Denial> {
    let mut reading = Reading { decoded: Vec::with_capacity(raw.len()), canonical: String::with_capacity(raw.len()) };
    let mut rest = raw.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escaped = first == b'%';
        let byte = if escaped { triplet(tail)? } else { first };
        rest = if escaped { tail.get(2..).unwrap_or_default() } else { tail };
        let unreserved = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        if unreserved || !escaped && b"!$&'()*+,;=:@".contains(&byte) {
            reading.canonical.push(char::from(byte));
        } else {
            let _ = write!(reading.canonical, "%{byte:02X}");
        }
        reading.decoded.push(byte);
    }
    Ok(reading)
}

fn triplet(behind_percent: &[u8]) -> Result<u8, Denial> {
    match behind_percent {
        [high, low, ..] => hex(*high).zip(hex(*low)).map(|(high, low)| high << 4 | low),
        _ => None,
    }
    .ok_or_else(|| Denial::new(Code::PathTriplet, "a percent sign in the path must be followed by two hexadecimal digits"))
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

fn refuse_characters(raw: &str, text: &str) -> Result<(), Denial> {
    if text.bytes().any(|byte| byte < 0x20 || byte == 0x7f) {
        return Err(Denial::new(Code::PathControl, "the path encodes a control character"));
    }
    if text.contains('\\') {
        return Err(Denial::new(Code::PathEncodedBackslash, "the path encodes a backslash"));
    }
    // A decoded percent sign with two more digits behind it, or IIS's %u, is a second layer of encoding.
    if text.as_bytes().windows(3).any(|w| w[0] == b'%' && (w[1] == b'u' || hex(w[1]).is_some() && hex(w[2]).is_some())) {
        return Err(Denial::new(Code::PathDoubleEncoding, "the path is percent-encoded twice"));
    }
    let lookalike = |c: char| !c.is_ascii() && std::iter::once(c).nfkc().any(|n| matches!(n, '.' | '/' | '\\' | '%' | ';'));
    if text.chars().any(lookalike) {
        return Err(Denial::new(Code::PathLookalike, "the path holds a character that normalises to a dot or a slash"));
    }
    if (text == "." || text == "..") && raw != text {
        return Err(Denial::new(Code::PathEncodedDot, "a dot segment is written with percent-encoding"));
    }
    Ok(())
}

/// Dot segments that hide behind a parameter, an encoded slash or characters that cannot be seen: some servers cut at the
/// first two, and drop the third.
fn refuse_shapes(text: &str) -> Result<(), Denial> {
    if !text.is_empty() && without_invisible(text).chars().all(|c| c == '.' || c.is_whitespace()) {
        let words = "a segment of dots, spaces and invisible characters alone; some servers read it as a dot segment";
        return Err(Denial::new(Code::PathEncodedDot, words));
    }
    for part in text.split('/') {
        if text.contains('/') && (part.is_empty() || part == "." || part == "..") {
            return Err(Denial::new(Code::PathEncodedSlash, "an encoded slash makes an empty or a dot segment"));
        }
        let before_parameter = part.split(';').next().unwrap_or_default();
        if part.contains(';') && (before_parameter == "." || before_parameter == "..") {
            return Err(Denial::new(Code::PathDotParameter, "a path parameter stands behind a dot segment"));
        }
    }
    Ok(())
}
