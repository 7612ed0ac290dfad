//! Misdeeds of HTTP/2, by the words that a case has for them.

use super::{Hurry, Misdeed, Scenario};
use bytes::Bytes;
use egret_testkit::Step;
use egret_testkit::h2::{self, Frame, attack, code, wire};

const PROTOCOL: &[&str] = &["egress.protocol."];
const HEAD: &[&str] = &["egress.size.response_head", "egress.protocol.malformed"];

/// Makes the scripts of one name.
type Misdeeds = fn() -> Vec<Misdeed>;

/// The first of these words that is in the name says which one is meant.
pub fn named(name: &str) -> Option<Scenario> {
    let known: [(&str, Misdeeds); 10] = [
        ("rst_stream", resets),
        ("goaway", goodbyes),
        ("continuation", || vec![over(attack::continuation_flood(), HEAD), over(attack::empty_continuation_flood(), HEAD)]),
        ("hpack bomb", || vec![over(attack::header_bomb(), HEAD)]),
        ("push_promise", || vec![over(attack::push_promise(), PROTOCOL)]),
        ("window_update starvation", starved),
        ("window_update", || vec![over(attack::window_update_flood(), PROTOCOL), over(attack::window_update_overflow(0), PROTOCOL)]),
        ("ping", || vec![over(attack::ping_flood(), PROTOCOL)]),
        ("settings", || vec![over(attack::settings_flood(), PROTOCOL)]),
        ("empty data", || vec![over(attack::empty_data_flood(), PROTOCOL)]),
    ];
    let (_, misdeeds) = known.iter().find(|(word, _)| name.contains(word))?;
    Some(Scenario::Refused(misdeeds()))
}

fn over(steps: Vec<Step>, codes: &'static [&'static str]) -> Misdeed {
    Misdeed::new(steps, codes).with(|ask| ask.protocol = Some("h2"))
}

/// Resets without an end, alone and with goodbyes between them; and single ones, after which a connection may serve others.
fn resets() -> Vec<Misdeed> {
    let alone = flood([Frame::rst_stream(1, code::CANCEL)]);
    let both = flood([Frame::rst_stream(1, code::CANCEL), Frame::goaway(1, code::NO_ERROR)]);
    let single = [attack::reset(code::CANCEL), attack::reset_in_body(code::CANCEL)];
    let single = single.map(|steps| over(steps, PROTOCOL).with(|ask| ask.may_stay = true));
    [alone, both].map(|steps| over(steps, PROTOCOL)).into_iter().chain(single).collect()
}

fn goodbyes() -> Vec<Misdeed> {
    let storm = flood([Frame::goaway(1, code::NO_ERROR)]);
    [attack::goaway_below(code::NO_ERROR), attack::goaway_rising(), storm].map(|steps| over(steps, PROTOCOL)).into()
}

/// A window that never opens, for a request with a body. It is the stream's own, so that the connection may serve others.
fn starved() -> Vec<Misdeed> {
    let waits = over(attack::zero_window(), &["egress.timeout.first_byte"]);
    let body = Bytes::from_static(b"a body");
    vec![waits.with(|ask| (ask.body, ask.hurry, ask.may_stay) = (body, Hurry::FirstByte, true))]
}

/// These frames again and again, once the request has come.
fn flood<const N: usize>(frames: [Frame; N]) -> Vec<Step> {
    let batch = std::iter::repeat_n(frames, 256).flatten();
    h2::asked(&[]).into_iter().chain([Step::Flood(wire(batch))]).collect()
}
