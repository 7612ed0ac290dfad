//! The path of a request, decoded once and refused when two readers could understand it differently.
//!
//! What is refused here is what proxies, routers and file systems are known to disagree about. Decoding comes before
//! matching, so that `/%61dmin` and `/admin` are one path for every rule that anybody writes.

use std::fmt;

/// Why a path is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathFault {
    /// It does not begin with a slash.
    NotAbsolute,
    /// It has two slashes in a row.
    EmptySegment,
    /// It has a segment `.` or `..`, encoded or not.
    DotSegment,
    /// It has an encoded slash.
    EncodedSlash,
    /// It has a backslash, encoded or not.
    Backslash,
    /// It has a control character, encoded or not; NUL is one.
    Control,
    /// A percent sign is not followed by two hexadecimal digits.
    BadEncoding,
    /// What it encodes is not UTF-8.
    NotUtf8,
    /// It has a fragment, which no client sends (RFC 9112, 3.2): some readers drop it, to others it is the path.
    Fragment,
}

impl fmt::Display for PathFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAbsolute => "the path does not begin with a slash",
            Self::EmptySegment => "the path has two slashes in a row",
            Self::DotSegment => "the path has a dot segment",
            Self::EncodedSlash => "the path has an encoded slash",
            Self::Backslash => "the path has a backslash",
            Self::Control => "the path has a control character",
            Self::BadEncoding => "the path has a percent sign without two hexadecimal digits",
            Self::NotUtf8 => "the path is not UTF-8",
            Self::Fragment => "the path has a fragment",
        })
    }
}

/// Decodes a raw path and takes one slash off its end, if it has more than that.
pub(super) fn decode(raw: &str) -> Result<String, PathFault> {
    let inner = raw.strip_prefix('/').ok_or(PathFault::NotAbsolute)?;
    let inner = inner.strip_suffix('/').unwrap_or(inner);
    if inner.is_empty() {
        return if raw.len() > 1 { Err(PathFault::EmptySegment) } else { Ok("/".to_owned()) };
    }
    let mut path = String::with_capacity(raw.len());
    for raw in inner.split('/') {
        path.push('/');
        path.push_str(&segment(raw)?);
    }
    Ok(path)
}

fn segment(raw: &str) -> Result<String, PathFault> {
    let text = String::from_utf8(bytes(raw)?).map_err(|_| PathFault::NotUtf8)?;
    match &*text {
        "" => Err(PathFault::EmptySegment),
        "." | ".." => Err(PathFault::DotSegment),
        text if text.contains('/') => Err(PathFault::EncodedSlash),
        text if text.contains('\\') => Err(PathFault::Backslash),
        text if text.contains(|c: char| c.is_ascii_control()) => Err(PathFault::Control),
        _ => Ok(text),
    }
}

fn bytes(raw: &str) -> Result<Vec<u8>, PathFault> {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' { triplet(&mut rest)? } else { byte });
    }
    Ok(bytes)
}

fn triplet(rest: &mut impl Iterator<Item = u8>) -> Result<u8, PathFault> {
    let mut digit = || {
        let digit = rest.next().and_then(|byte| char::from(byte).to_digit(16)).and_then(|digit| u8::try_from(digit).ok());
        digit.ok_or(PathFault::BadEncoding)
    };
    Ok((digit()? << 4) | digit()?)
}
