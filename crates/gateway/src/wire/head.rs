//! Where heads begin and end, and whether their framing can be read in one way only (RFC 9112, 6.1 to 6.3). Pure.
//!
//! This is no HTTP parser: it looks for the end of a head and at the two fields that frame a body. Whatever it lets
//! through the library still judges; whatever the library would repair or choose between is a fault here.

use std::fmt;

/// What was found out about one head.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// How its body is framed, or why nobody can say.
    pub framing: Result<Framing, HeadFault>,
    /// Bytes of the head, request line and blank line included.
    pub length: usize,
    /// Whether the request target has a fragment.
    pub fragment: bool,
}

/// How a body is framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// This many bytes; none where the head says nothing.
    Length(u64),
    /// Chunks. Where they end is not watched, so such a request is the last of its connection.
    Chunked,
}

/// Why a head is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeadFault {
    /// A line ends with a line feed alone.
    BareLineFeed,
    /// A field goes on in a second line.
    FoldedField,
    /// Both a length and a transfer coding.
    LengthAndCoding,
    /// More than one `Content-Length`.
    RepeatedLength,
    /// A `Content-Length` that is not digits alone.
    BadLength,
    /// A transfer coding other than exactly `chunked`.
    BadCoding,
    /// A request that this watch saw no head for.
    OutOfStep,
}

impl fmt::Display for HeadFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BareLineFeed => "a line of the head ends with a line feed alone",
            Self::FoldedField => "a header field goes on in a second line",
            Self::LengthAndCoding => "the head has both Content-Length and Transfer-Encoding",
            Self::RepeatedLength => "the head has Content-Length more than once",
            Self::BadLength => "Content-Length is not a number",
            Self::BadCoding => "Transfer-Encoding is not chunked",
            Self::OutOfStep => "the head could not be followed",
        })
    }
}

/// Follows the bytes of one connection.
#[derive(Debug)]
pub(super) struct Watch {
    longest_head: usize,
    place: Place,
    /// The head so far, from its first byte that ends no line: blank lines before a request are allowed.
    head: Vec<u8>,
}

#[derive(Clone, Copy, Debug)]
enum Place {
    Head,
    /// This many bytes of a body are still to come; never zero.
    Body(u64),
    /// Not watched any more.
    Beyond,
}

impl Watch {
    pub(super) fn new(longest_head: usize) -> Self {
        Self { longest_head, place: Place::Head, head: Vec::new() }
    }

    /// Looks for nothing.
    pub(super) fn beyond() -> Self {
        Self { longest_head: 0, place: Place::Beyond, head: Vec::new() }
    }

    pub(super) fn is_inside_head(&self) -> bool {
        !self.head.is_empty()
    }

    /// How many bytes are worth reading into `room` bytes: never beyond the end of a body.
    pub(super) fn wanted(&self, room: usize) -> usize {
        match self.place {
            Place::Head | Place::Beyond => room,
            Place::Body(left) => usize::try_from(left).map_or(room, |left| left.min(room)),
        }
    }

    /// How many of `bytes` may be handed on now, at least one of them; with the verdict, if a head ends there.
    pub(super) fn pass(&mut self, bytes: &[u8]) -> (usize, Option<Verdict>) {
        match self.place {
            Place::Head => self.pass_head(bytes),
            Place::Body(_) => (self.pass_body(bytes.len()), None),
            Place::Beyond => (bytes.len(), None),
        }
    }

    fn pass_body(&mut self, offered: usize) -> usize {
        let passed = self.wanted(offered);
        if let Place::Body(left) = self.place {
            let left = left.saturating_sub(u64::try_from(passed).unwrap_or(u64::MAX));
            self.place = if left == 0 { Place::Head } else { Place::Body(left) };
        }
        passed
    }

    fn pass_head(&mut self, bytes: &[u8]) -> (usize, Option<Verdict>) {
        for (at, &byte) in bytes.iter().enumerate() {
            if self.head.is_empty() && matches!(byte, b'\r' | b'\n') {
                continue;
            }
            self.head.push(byte);
            if byte == b'\n' && (self.head.ends_with(b"\n\r\n") || self.head.ends_with(b"\n\n")) {
                return (at + 1, Some(self.end_head()));
            }
            if self.head.len() > self.longest_head {
                self.head = Vec::new();
                self.place = Place::Beyond;
                return (bytes.len(), None);
            }
        }
        (bytes.len(), None)
    }

    fn end_head(&mut self) -> Verdict {
        let head = std::mem::take(&mut self.head);
        let framing = framing(&head);
        self.place = match framing {
            Ok(Framing::Length(0)) => Place::Head,
            Ok(Framing::Length(length)) => Place::Body(length),
            Ok(Framing::Chunked) | Err(_) => Place::Beyond,
        };
        Verdict { framing, length: head.len(), fragment: has_fragment(&head) }
    }
}

fn framing(head: &[u8]) -> Result<Framing, HeadFault> {
    let mut lengths = Vec::new();
    let mut codings = Vec::new();
    // The line feed of the last line leaves one empty piece behind it.
    for line in head.split_inclusive(|byte| *byte == b'\n').skip(1) {
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            return Err(HeadFault::FoldedField);
        }
        let Some((name, value)) = field(line) else { continue };
        if name.eq_ignore_ascii_case(b"content-length") {
            lengths.push(value);
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            codings.push(value);
        }
    }
    if head.split_inclusive(|byte| *byte == b'\n').any(|line| !line.ends_with(b"\r\n")) {
        return Err(HeadFault::BareLineFeed);
    }
    choose(&lengths, &codings)
}

/// Whether there is a `#` in the second word of the request line. It has no other meaning in a target.
fn has_fragment(head: &[u8]) -> bool {
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    line.split(|byte| *byte == b' ').nth(1).is_some_and(|target| target.contains(&b'#'))
}

fn choose(lengths: &[&[u8]], codings: &[&[u8]]) -> Result<Framing, HeadFault> {
    match (lengths, codings) {
        ([], []) => Ok(Framing::Length(0)),
        ([length], []) => number(length).map(Framing::Length).ok_or(HeadFault::BadLength),
        ([], [coding]) if coding.eq_ignore_ascii_case(b"chunked") => Ok(Framing::Chunked),
        ([], _) => Err(HeadFault::BadCoding),
        (_, []) => Err(HeadFault::RepeatedLength),
        _ => Err(HeadFault::LengthAndCoding),
    }
}

/// Name and value, white space around either taken off: a name with a space behind it is refused by the library, and
/// must count here all the same.
fn field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    Some((line[..colon].trim_ascii(), line[colon + 1..].trim_ascii()))
}

/// Digits alone: `+5`, `0x5`, `5, 5` and nothing at all are no lengths.
fn number(value: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(value).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{Framing, HeadFault, Watch};

    /// The verdicts on everything in `bytes`, handed over in pieces of `piece` bytes.
    fn verdicts(bytes: &[u8], piece: usize) -> Vec<Result<Framing, HeadFault>> {
        let mut watch = Watch::new(1000);
        let mut verdicts = Vec::new();
        for mut rest in bytes.chunks(piece) {
            while !rest.is_empty() {
                let (passed, verdict) = watch.pass(rest);
                assert!(passed > 0, "a reader would wait forever");
                verdicts.extend(verdict.map(|verdict| verdict.framing));
                rest = &rest[passed..];
            }
        }
        verdicts
    }

    #[track_caller]
    fn check(text: &str, expected: &[Result<Framing, HeadFault>]) {
        for piece in [1, 2, 3, 7, 10_000] {
            assert_eq!(verdicts(text.as_bytes(), piece), expected, "{text:?} in pieces of {piece}");
        }
    }

    #[track_caller]
    fn check_fields(fields: &str, expected: Result<Framing, HeadFault>) {
        check(&format!("POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\n"), &[expected]);
    }

    #[test]
    fn framing_that_has_one_reading_is_followed() {
        check_fields("", Ok(Framing::Length(0)));
        check_fields("Content-Length: 5\r\n", Ok(Framing::Length(5)));
        check_fields("content-length:0\r\n", Ok(Framing::Length(0)));
        check_fields("Transfer-Encoding: Chunked\r\n", Ok(Framing::Chunked));
        check_fields("X-Content-Length: x\r\n", Ok(Framing::Length(0)));
    }

    #[test]
    fn framing_that_has_two_readings_is_a_fault() {
        check_fields("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", Err(HeadFault::LengthAndCoding));
        check_fields("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", Err(HeadFault::LengthAndCoding));
        check_fields("Content-Length : 5\r\nTransfer-Encoding: chunked\r\n", Err(HeadFault::LengthAndCoding));
        check_fields("Content-Length: 5\r\nContent-Length: 5\r\n", Err(HeadFault::RepeatedLength));
        for length in ["", "+5", "-5", "0x5", "5, 5", "5 5", "5a", "18446744073709551616"] {
            check_fields(&format!("Content-Length: {length}\r\n"), Err(HeadFault::BadLength));
        }
        for coding in ["", "gzip, chunked", "chunked, chunked", "identity", "xchunked", "\u{b}chunked", "chunked;x=1"] {
            check_fields(&format!("Transfer-Encoding: {coding}\r\n"), Err(HeadFault::BadCoding));
        }
        check_fields("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", Err(HeadFault::BadCoding));
        check_fields("X: a\r\n b\r\n", Err(HeadFault::FoldedField));
        check_fields("X: a\r\n\tContent-Length: 5\r\n", Err(HeadFault::FoldedField));
        check_fields("X: a\nY: b\r\n", Err(HeadFault::BareLineFeed));
        check("GET / HTTP/1.1\nHost: a\n\n", &[Err(HeadFault::BareLineFeed)]);
    }

    #[test]
    fn heads_are_found_behind_bodies_and_blank_lines() {
        let one = "POST / HTTP/1.1\r\nContent-Length: 6\r\n\r\nA\r\n\r\nB";
        let two = "\r\n\r\nGET / HTTP/1.1\r\n\r\n";
        check(&format!("{one}{two}{two}"), &[Ok(Framing::Length(6)), Ok(Framing::Length(0)), Ok(Framing::Length(0))]);
    }

    #[test]
    fn a_fragment_is_seen_in_the_target_alone() {
        let has_fragment = |text: &str| Watch::new(1000).pass(text.as_bytes()).1.unwrap().fragment;
        for target in ["/a#b", "/#", "#", "/a?b#c", "http://a/b#c", "*#"] {
            assert!(has_fragment(&format!("\r\nGET {target} HTTP/1.1\r\n\r\n")), "{target}");
        }
        assert!(!has_fragment("G#T /a%23?b HTTP/1.1\r\nX: #\r\n\r\n"));
    }

    #[test]
    fn nothing_is_watched_behind_chunks_or_a_fault() {
        let next = "GET / HTTP/1.1\r\n\r\n";
        check(&format!("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{next}"), &[Ok(Framing::Chunked)]);
        check(&format!("POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n{next}"), &[Err(HeadFault::BadLength)]);
    }

    #[test]
    fn an_endless_head_is_not_kept() {
        check(&"x".repeat(5000), &[]);
    }
}
