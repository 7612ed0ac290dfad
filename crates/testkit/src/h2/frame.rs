//! Frames: nine bytes of head, then a payload (RFC 9113, sections 4 and 6). Written as told, read without judgement.

use bytes::{BufMut, Bytes, BytesMut};
use std::fmt;

/// What a client's side begins with, before its first frame.
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The flag of DATA and HEADERS that ends the sender's side of a stream.
pub const END_STREAM: u8 = 0x1;
/// The flag of SETTINGS and PING that makes it an answer.
pub const ACK: u8 = 0x1;
/// The flag of HEADERS, PUSH_PROMISE and CONTINUATION that ends a header block.
pub const END_HEADERS: u8 = 0x4;

/// The setting that limits how many streams the receiver may have open.
pub const MAX_CONCURRENT_STREAMS: u16 = 0x3;
/// The setting that says how many bytes of DATA a new stream may carry at first.
pub const INITIAL_WINDOW_SIZE: u16 = 0x4;
/// The setting that says how long a frame's payload may be.
pub const MAX_FRAME_SIZE: u16 = 0x5;

/// Error codes of RST_STREAM and GOAWAY (RFC 9113, section 7).
pub mod code {
    /// No fault: what was not begun may be tried elsewhere.
    pub const NO_ERROR: u32 = 0x0;
    /// A rule was broken for which there is no code of its own.
    pub const PROTOCOL_ERROR: u32 = 0x1;
    /// More was sent than a window allowed, or a window grew too large.
    pub const FLOW_CONTROL_ERROR: u32 = 0x3;
    /// The stream was refused before anything was done.
    pub const REFUSED_STREAM: u32 = 0x7;
    /// The stream is not wanted any more.
    pub const CANCEL: u32 = 0x8;
    /// The peer behaves as if it wished to exhaust us.
    pub const ENHANCE_YOUR_CALM: u32 = 0xb;
    /// The request is wanted over HTTP/1.1.
    pub const HTTP_1_1_REQUIRED: u32 = 0xd;
}

/// A frame's type. Any number may be sent; those of RFC 9113 have names.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Kind(pub u8);

impl Kind {
    /// A piece of a body.
    pub const DATA: Self = Self(0x0);
    /// The beginning of a header block, and of a stream.
    pub const HEADERS: Self = Self(0x1);
    /// Obsolete.
    pub const PRIORITY: Self = Self(0x2);
    /// The end of a stream by error.
    pub const RST_STREAM: Self = Self(0x3);
    /// What the sender can take.
    pub const SETTINGS: Self = Self(0x4);
    /// The announcement of a response that nobody asked for.
    pub const PUSH_PROMISE: Self = Self(0x5);
    /// A question whether the peer is there.
    pub const PING: Self = Self(0x6);
    /// The end of a connection.
    pub const GOAWAY: Self = Self(0x7);
    /// Leave to send more DATA.
    pub const WINDOW_UPDATE: Self = Self(0x8);
    /// More of a header block.
    pub const CONTINUATION: Self = Self(0x9);
}

/// In the order of their numbers.
const NAMES: [&str; 10] =
    ["DATA", "HEADERS", "PRIORITY", "RST_STREAM", "SETTINGS", "PUSH_PROMISE", "PING", "GOAWAY", "WINDOW_UPDATE", "CONTINUATION"];

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match NAMES.get(usize::from(self.0)) {
            Some(name) => f.write_str(name),
            None => write!(f, "Kind({:#x})", self.0),
        }
    }
}

/// One frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Its type.
    pub kind: Kind,
    /// Its flags.
    pub flags: u8,
    /// Its stream, 31 bits; 0 is the connection.
    pub stream: u32,
    /// What follows the head, under 2^24 bytes.
    pub payload: Bytes,
}

impl Frame {
    /// Any frame at all.
    #[must_use]
    pub fn new(kind: Kind, flags: u8, stream: u32, payload: impl Into<Bytes>) -> Self {
        Self { kind, flags, stream, payload: payload.into() }
    }

    /// DATA.
    #[must_use]
    pub fn data(stream: u32, flags: u8, body: impl Into<Bytes>) -> Self {
        Self::new(Kind::DATA, flags, stream, body)
    }

    /// HEADERS; `block` may be a [`Block`](super::Block) or bytes.
    #[must_use]
    pub fn headers(stream: u32, flags: u8, block: impl Into<Bytes>) -> Self {
        Self::new(Kind::HEADERS, flags, stream, block)
    }

    /// CONTINUATION.
    #[must_use]
    pub fn continuation(stream: u32, flags: u8, block: impl Into<Bytes>) -> Self {
        Self::new(Kind::CONTINUATION, flags, stream, block)
    }

    /// SETTINGS, identifiers with values.
    #[must_use]
    pub fn settings(settings: &[(u16, u32)]) -> Self {
        let mut payload = BytesMut::new();
        for (identifier, value) in settings {
            payload.put_u16(*identifier);
            payload.put_u32(*value);
        }
        Self::new(Kind::SETTINGS, 0, 0, payload)
    }

    /// The answer to the client's SETTINGS.
    #[must_use]
    pub fn settings_ack() -> Self {
        Self::new(Kind::SETTINGS, ACK, 0, Bytes::new())
    }

    /// PING with eight bytes that the answer repeats.
    #[must_use]
    pub fn ping(opaque: [u8; 8]) -> Self {
        Self::new(Kind::PING, 0, 0, opaque.to_vec())
    }

    /// RST_STREAM with a [`code`].
    #[must_use]
    pub fn rst_stream(stream: u32, code: u32) -> Self {
        Self::new(Kind::RST_STREAM, 0, stream, code.to_be_bytes().to_vec())
    }

    /// WINDOW_UPDATE by so many bytes; 0 is against the rules.
    #[must_use]
    pub fn window_update(stream: u32, increment: u32) -> Self {
        Self::new(Kind::WINDOW_UPDATE, 0, stream, increment.to_be_bytes().to_vec())
    }

    /// GOAWAY: streams above `last` were not looked at.
    #[must_use]
    pub fn goaway(last: u32, code: u32) -> Self {
        Self::new(Kind::GOAWAY, 0, 0, [last.to_be_bytes(), code.to_be_bytes()].concat())
    }

    /// PUSH_PROMISE on a stream, of another stream.
    #[must_use]
    pub fn push_promise(stream: u32, promised: u32, block: impl Into<Bytes>) -> Self {
        Self::new(Kind::PUSH_PROMISE, END_HEADERS, stream, [&promised.to_be_bytes(), &block.into()[..]].concat())
    }

    /// The error code of a RST_STREAM or GOAWAY.
    #[must_use]
    pub fn error_code(&self) -> Option<u32> {
        let at = match self.kind {
            Kind::RST_STREAM => 0,
            Kind::GOAWAY => 4,
            _ => return None,
        };
        self.payload.get(at..at + 4).map(|four| u32::from_be_bytes([four[0], four[1], four[2], four[3]]))
    }
}

/// As on the wire.
impl From<Frame> for Bytes {
    fn from(frame: Frame) -> Self {
        let mut bytes = BytesMut::with_capacity(HEAD + frame.payload.len());
        bytes.put_uint(frame.payload.len() as u64, 3);
        bytes.put_slice(&[frame.kind.0, frame.flags]);
        bytes.put_u32(frame.stream);
        bytes.put_slice(&frame.payload);
        bytes.freeze()
    }
}

/// Frames one after the other, as on the wire.
#[must_use]
pub fn wire(frames: impl IntoIterator<Item = Frame>) -> Bytes {
    frames.into_iter().flat_map(Bytes::from).collect()
}

/// The whole frames of what a client sent; its preface is passed over, a frame that is not complete is left out.
#[must_use]
pub fn frames(received: &[u8]) -> Vec<Frame> {
    let mut rest = after_preface(received);
    let mut frames = Vec::new();
    while let Some((frame, length)) = first(rest) {
        frames.push(frame);
        rest = &rest[length..];
    }
    frames
}

/// Where the first frame of this kind ends.
pub(crate) fn end_of(kind: Kind, received: &[u8]) -> Option<usize> {
    let mut rest = after_preface(received);
    loop {
        let (frame, length) = first(rest)?;
        rest = &rest[length..];
        if frame.kind == kind {
            return Some(received.len() - rest.len());
        }
    }
}

/// Bytes of a frame's head.
const HEAD: usize = 9;

fn first(bytes: &[u8]) -> Option<(Frame, usize)> {
    let (head, rest) = bytes.split_first_chunk::<HEAD>()?;
    let [a, b, c, kind, flags, stream @ ..] = *head;
    let length = u32::from_be_bytes([0, a, b, c]) as usize;
    let payload = Bytes::copy_from_slice(rest.get(..length)?);
    // The highest bit is reserved and must be passed over.
    let stream = u32::from_be_bytes(stream) & (u32::MAX >> 1);
    Some((Frame { kind: Kind(kind), flags, stream, payload }, HEAD + length))
}

fn after_preface(received: &[u8]) -> &[u8] {
    received.strip_prefix(PREFACE).unwrap_or(received)
}
