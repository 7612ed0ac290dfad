//! Scripts for [`Hostile`](crate::Hostile) that break a rule of HTTP/2 or bend it until it hurts, each one known from the field.
//!
//! Each is for one connection and one request, stream 1. What is finite ends with [`Step::Hold`]: the client must be the one to
//! give up. A flood never ends by itself.

use super::frame::{ACK, END_HEADERS, END_STREAM, Frame, INITIAL_WINDOW_SIZE, Kind, MAX_CONCURRENT_STREAMS, code, wire};
use super::{Block, asked, greeted};
use crate::hostile::Step;

/// The largest payload that every client must take.
const FRAME: usize = 16 << 10;
/// Frames in one write of a flood.
const BATCH: usize = 512;

/// A header block without an end: each CONTINUATION brings one more field (CVE-2024-27316 and its kin).
#[must_use]
pub fn continuation_flood() -> Vec<Step> {
    let more = Frame::continuation(1, 0, Block::new().field("x-more", [b'x'; 64]));
    after(asked(&[]), [Step::send(Frame::headers(1, 0, Block::status(200))), Step::Flood(batch(more))])
}

/// The same with empty frames, which no limit of bytes ever counts.
#[must_use]
pub fn empty_continuation_flood() -> Vec<Step> {
    let more = Frame::continuation(1, 0, Block::new());
    after(asked(&[]), [Step::send(Frame::headers(1, 0, Block::status(200))), Step::Flood(batch(more))])
}

/// PING after PING, each of which wants an answer (CVE-2019-9512).
#[must_use]
pub fn ping_flood() -> Vec<Step> {
    after(asked(&[]), [Step::Flood(batch(Frame::ping(*b"are you?")))])
}

/// SETTINGS after SETTINGS, each of which wants an answer (CVE-2019-9515).
#[must_use]
pub fn settings_flood() -> Vec<Step> {
    after(asked(&[]), [Step::Flood(batch(Frame::settings(&[])))])
}

/// DATA without a byte, without an end (CVE-2019-9518).
#[must_use]
pub fn empty_data_flood() -> Vec<Step> {
    after(asked(&[]), [Step::send(ok()), Step::Flood(batch(Frame::data(1, 0, "")))])
}

/// Interim responses without an end; the final one never comes.
#[must_use]
pub fn informational_flood() -> Vec<Step> {
    after(asked(&[]), [Step::Flood(batch(Frame::headers(1, END_HEADERS, Block::status(103))))])
}

/// WINDOW_UPDATE after WINDOW_UPDATE, one byte each, within what is allowed.
#[must_use]
pub fn window_update_flood() -> Vec<Step> {
    after(asked(&[]), [Step::Flood(batch(Frame::window_update(0, 1)))])
}

/// Frames of a type that nobody knows, which must be passed over; without an end.
#[must_use]
pub fn unknown_frame_flood() -> Vec<Step> {
    after(asked(&[]), [Step::Flood(batch(Frame::new(Kind(0xfa), 0, 0, "?")))])
}

/// A few bytes that unpack to 60 MB of fields: one long field, then references to it (CVE-2016-6581).
#[must_use]
pub fn header_bomb() -> Vec<Step> {
    let long = Block::status(200).remembered("x", [b'x'; 4_000]);
    let references = |count| (0..count).fold(Block::new(), |block, _| block.reference(62));
    let bomb = [Frame::headers(1, END_STREAM, long), Frame::continuation(1, END_HEADERS, references(FRAME - 1))];
    after(asked(&[]), [Step::Send(wire(bomb)), Step::Hold])
}

/// A response of so many small fields.
#[must_use]
pub fn many_fields(count: usize) -> Vec<Step> {
    answered((0..count).fold(Block::status(200), |block, number| block.field(format!("x-{number}"), "1")))
}

/// A reset right after the request, before any answer, with a [`code`]; after `REFUSED_STREAM` it may be sent again.
#[must_use]
pub fn reset(code: u32) -> Vec<Step> {
    finite([Frame::rst_stream(1, code)])
}

/// A reset right after the response's head.
#[must_use]
pub fn reset_after_headers(code: u32) -> Vec<Step> {
    finite([ok(), Frame::rst_stream(1, code)])
}

/// A reset in the middle of a body.
#[must_use]
pub fn reset_in_body(code: u32) -> Vec<Step> {
    finite([ok(), Frame::data(1, 0, "half"), Frame::rst_stream(1, code)])
}

/// WINDOW_UPDATE by nothing, on a stream (1) or on the connection (0).
#[must_use]
pub fn window_update_zero(stream: u32) -> Vec<Step> {
    finite([Frame::window_update(stream, 0)])
}

/// WINDOW_UPDATE beyond 2^31-1 bytes, on the connection (0) or on a stream (1); a client that has sent its whole request may
/// pass over the latter.
#[must_use]
pub fn window_update_overflow(stream: u32) -> Vec<Step> {
    let most = u32::MAX >> 1;
    finite([Frame::window_update(stream, most), Frame::window_update(stream, most)])
}

/// A setting of the window beyond 2^31-1 bytes.
#[must_use]
pub fn window_setting_overflow() -> Vec<Step> {
    after(greeted(&[(INITIAL_WINDOW_SIZE, u32::MAX)]), [Step::Hold])
}

/// No window at all: a body of the client can never be sent.
#[must_use]
pub fn zero_window() -> Vec<Step> {
    after(asked(&[(INITIAL_WINDOW_SIZE, 0)]), [Step::Hold])
}

/// Leave for no stream at all: a client that has read this can never ask. It is given before the first request is awaited,
/// so the very first one of a hasty client may still come.
#[must_use]
pub fn no_streams() -> Vec<Step> {
    after(greeted(&[(MAX_CONCURRENT_STREAMS, 0)]), [Step::Hold])
}

/// A promise of a response that nobody asked for, whatever the client's settings say.
#[must_use]
pub fn push_promise() -> Vec<Step> {
    let promised = Block::new().field(":method", "GET").field(":scheme", "https").field(":authority", "elsewhere.test").field(":path", "/");
    finite([Frame::push_promise(1, 2, promised), ok(), Frame::data(1, END_STREAM, "asked")])
}

/// GOAWAY before anything was asked.
#[must_use]
pub fn goaway_at_once(code: u32) -> Vec<Step> {
    after(greeted(&[]), [Step::send(Frame::goaway(0, code)), Step::Hold])
}

/// GOAWAY after the request, which it says was not looked at: it may be sent again elsewhere.
#[must_use]
pub fn goaway_below(code: u32) -> Vec<Step> {
    finite([Frame::goaway(0, code)])
}

/// GOAWAY that still answers the request. Lawful: the response is whole, the connection is not used again.
#[must_use]
pub fn goaway_graceful() -> Vec<Step> {
    finite([Frame::goaway(1, code::NO_ERROR), ok(), Frame::data(1, END_STREAM, "last")])
}

/// GOAWAY whose last stream is higher than an earlier GOAWAY said.
#[must_use]
pub fn goaway_rising() -> Vec<Step> {
    finite([Frame::goaway(1, code::NO_ERROR), Frame::goaway(3, code::NO_ERROR), ok(), Frame::data(1, END_STREAM, "last")])
}

/// A response with trailers. Lawful with ordinary fields; with `:status` or another pseudo-field it is not.
#[must_use]
pub fn trailers(trailers: Block) -> Vec<Step> {
    finite([ok(), Frame::data(1, 0, "body"), Frame::headers(1, END_HEADERS | END_STREAM, trailers)])
}

/// A response that ends with its head, of this block.
#[must_use]
pub fn answered(block: Block) -> Vec<Step> {
    finite([Frame::headers(1, END_HEADERS | END_STREAM, block)])
}

/// A field's name in upper case.
#[must_use]
pub fn upper_case_name() -> Vec<Step> {
    answered(Block::status(200).field("X-Upper", "1"))
}

/// A field that belongs to HTTP/1.1: `connection`, `transfer-encoding` and so on.
#[must_use]
pub fn connection_field(name: &str, value: &str) -> Vec<Step> {
    answered(Block::status(200).field(name, value))
}

/// A value with what would be a line's end in HTTP/1.1.
#[must_use]
pub fn line_break_in_value() -> Vec<Step> {
    answered(Block::status(200).field("x-split", "a\r\nset-cookie: b=c"))
}

/// A response without `:status`.
#[must_use]
pub fn no_status() -> Vec<Step> {
    answered(Block::new().field("x-only", "1"))
}

/// 101, which HTTP/2 does not have.
#[must_use]
pub fn switching_protocols() -> Vec<Step> {
    answered(Block::status(101))
}

/// `content-length` says one thing, DATA is another.
#[must_use]
pub fn wrong_length(announced: usize, body: &str) -> Vec<Step> {
    let head = Frame::headers(1, END_HEADERS, Block::status(200).field("content-length", announced.to_string()));
    finite([head, Frame::data(1, END_STREAM, body.to_owned())])
}

/// DATA before the response's head.
#[must_use]
pub fn data_first() -> Vec<Step> {
    finite([Frame::data(1, 0, "early"), ok()])
}

/// DATA after the response's end.
#[must_use]
pub fn data_after_end() -> Vec<Step> {
    finite([ok(), Frame::data(1, END_STREAM, "whole"), Frame::data(1, END_STREAM, "more")])
}

/// A body, all at once, of so many bytes, whatever the client's window is.
#[must_use]
pub fn past_the_window(bytes: usize) -> Vec<Step> {
    let pieces = (0..bytes.div_ceil(FRAME)).map(|_| Frame::data(1, 0, vec![b'x'; FRAME]));
    finite([ok()].into_iter().chain(pieces))
}

/// A response on a stream that nobody opened.
#[must_use]
pub fn unasked_stream() -> Vec<Step> {
    finite([Frame::headers(7, END_HEADERS | END_STREAM, Block::status(200))])
}

/// A frame that is longer than the client allows.
#[must_use]
pub fn oversized_frame() -> Vec<Step> {
    finite([ok(), Frame::data(1, END_STREAM, vec![b'x'; (1 << 24) - 1])])
}

/// Another frame in the middle of a header block.
#[must_use]
pub fn interrupted_block() -> Vec<Step> {
    finite([Frame::headers(1, 0, Block::status(200)), Frame::ping(*b"excuse m"), Frame::continuation(1, END_HEADERS, Block::new())])
}

/// A header block that refers to what was never said.
#[must_use]
pub fn dangling_reference() -> Vec<Step> {
    answered(Block::status(200).reference(99))
}

/// An acknowledgement of SETTINGS that says something.
#[must_use]
pub fn talkative_ack() -> Vec<Step> {
    finite([Frame::new(Kind::SETTINGS, ACK, 0, "noise!")])
}

/// HTTP/1.1 although HTTP/2 was agreed on.
#[must_use]
pub fn wrong_protocol() -> Vec<Step> {
    vec![Step::send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nno"), Step::Hold]
}

fn ok() -> Frame {
    Frame::headers(1, END_HEADERS, Block::status(200))
}

/// These frames as the answer to the first request, then silence.
fn finite(frames: impl IntoIterator<Item = Frame>) -> Vec<Step> {
    after(asked(&[]), [Step::Send(wire(frames)), Step::Hold])
}

fn after(mut steps: Vec<Step>, more: impl IntoIterator<Item = Step>) -> Vec<Step> {
    steps.extend(more);
    steps
}

fn batch(frame: Frame) -> bytes::Bytes {
    wire(std::iter::repeat_n(frame, BATCH))
}
