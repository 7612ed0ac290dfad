//! Content codings: bombs, what is none, what is not known, and an honest one.

use super::{Misdeed, OK, Scenario, sends, streams};
use crate::conformance::policies::Limits;
use egret_egress::Decode;
use egret_testkit::Step;
use egret_testkit::coded::{self, Bomb};

const BOMB: &[&str] = &["egress.size.ratio", "egress.size.decoded"];
const CODING: &[&str] = &["egress.protocol.coding"];

/// A bomb where it decodes to more than the caps let pass, an honest text otherwise. A bomb goes on until the peer is left,
/// however long it says that it is; a window is that of a zstd frame, in binary digits.
pub fn coded(name: &str, wire: u64, decoded: u64, window: Option<u32>, limits: &Limits) -> Option<Scenario> {
    if name.contains(',') {
        return listed(name);
    }
    if decoded <= limits.caps.response_body && decoded / limits.caps.decoded_ratio <= wire {
        return honest(name, wire, decoded);
    }
    let Bomb { start, more } = bomb(name)?;
    let mut misdeeds = vec![Misdeed::new(streams([&head(name), &start[..]].concat(), more.repeat(20)), BOMB)];
    match (name, window) {
        (_, None) => {}
        ("zstd", Some(31)) => misdeeds.push(Misdeed::new(answer(name, &coded::zstd_with_a_huge_window()), CODING)),
        (_, Some(_)) => return None,
    }
    Some(Scenario::Refused(misdeeds))
}

/// A text of that size whose coded form has about the other one.
fn honest(name: &str, wire: u64, decoded: u64) -> Option<Scenario> {
    let words = (0u64..).flat_map(|number| format!("{:x} ", number.wrapping_mul(0x9e37_79b9_7f4a_7c15)).into_bytes());
    let body: Vec<u8> = words.take(usize::try_from(decoded).ok()?).collect();
    let form = match name {
        "gzip" => coded::gzip(&body),
        "deflate" => coded::deflate(&body),
        "br" => coded::brotli(&body),
        "zstd" => coded::zstd(&body),
        _ => return None,
    };
    let about = (wire / 2..=wire.saturating_mul(2)).contains(&(form.len() as u64));
    about.then(|| Scenario::Whole { steps: answer(name, &form), body })
}

/// So many empty members, one behind the other.
pub fn members(name: &str, count: usize) -> Option<Scenario> {
    let body = (name == "gzip").then(|| coded::gzip(b"").repeat(count))?;
    Misdeed::new(answer(name, &body), CODING).alone()
}

/// A body that is not what its coding says.
pub fn miscoded(name: &str, body: &str) -> Option<Scenario> {
    Misdeed::new(answer(name, body.as_bytes()), CODING).alone()
}

/// Several codings, or one that nobody knows, for somebody who must read what comes.
pub fn listed(names: &str) -> Option<Scenario> {
    let (layers, known) = (names.split(',').count(), bomb(names).is_some());
    let codes: &[&str] = match (layers, known) {
        (2.., _) => &["egress.protocol.coding_layers"],
        (_, false) => &["egress.protocol.coding_unknown"],
        (_, true) => return None,
    };
    let body = coded::gzip(&coded::gzip(b"text"));
    Misdeed::new(answer(names, &body), codes).with(|ask| ask.decode = Decode::Required).alone()
}

fn bomb(name: &str) -> Option<Bomb> {
    match name {
        "gzip" => Some(coded::gzip_bomb()),
        "deflate" => Some(coded::deflate_bomb()),
        "br" => Some(coded::brotli_bomb()),
        "zstd" => Some(coded::zstd_bomb()),
        _ => None,
    }
}

fn head(name: &str) -> Vec<u8> {
    format!("{OK}content-encoding: {name}\r\n\r\n").into_bytes()
}

fn answer(name: &str, body: &[u8]) -> Vec<Step> {
    let head = format!("{OK}content-encoding: {name}\r\ncontent-length: {}\r\n\r\n", body.len());
    sends([head.as_bytes(), body].concat())
}
