//! The pure parsers of outside bytes, opened for the fuzz targets alone: no part of the interface.

use crate::decode::{Bounds, Coding, Decoder, PIECE};
use crate::scrub::{Scrub, Scrubber};
use crate::secrets::SecretValue;
use crate::wire::{self, Judge};
use bytes::Bytes;
use egret_policy::SecretName;
use std::sync::Arc;

/// Decodes `coded`, handed over in pieces of `piece` bytes (not 0), of which at most 1 MiB may come. The decoded bytes, or
/// `None` for a fault. A piece larger than promised panics: that is what a fuzz target looks for.
#[must_use]
pub fn decode(coding: &str, coded: &[u8], piece: usize) -> Option<Vec<u8>> {
    let mut decoder = Decoder::new(Coding::named(coding)?, Bounds { decoded: 1 << 20, ratio: u64::MAX }).ok()?;
    let mut plain = Vec::new();
    for chunk in coded.chunks(piece) {
        let mut input = Bytes::copy_from_slice(chunk);
        while let Some(piece) = decoder.next(&mut input).ok()? {
            assert!(!piece.is_empty() && piece.len() <= PIECE, "a piece of {} bytes", piece.len());
            plain.extend_from_slice(&piece);
        }
    }
    decoder.end().ok().map(|()| plain)
}

/// Judges the heads in `bytes`, handed over in pieces of `piece` bytes (not 0): whether they have one reading.
#[must_use]
pub fn judge(bytes: &[u8], piece: usize) -> bool {
    let mut judge = Judge::new(wire::Bounds { head: 4096, fields: 20, informational: 8 });
    bytes.chunks(piece).all(|piece| judge.pass(piece).is_ok())
}

/// Looks for secrets of these values in the pieces that are given, and gives out what is certain; `None` is the end of the
/// pieces.
pub fn scrub(values: &[&[u8]]) -> impl FnMut(Option<Bytes>) -> Bytes + use<> {
    let named = |(number, value): (usize, &&[u8])| {
        let name: Option<SecretName> = format!("S{number}").parse().ok();
        name.map(|name| (name, vec![SecretValue::new(value.to_vec())]))
    };
    let secrets: Vec<_> = values.iter().enumerate().filter_map(named).collect();
    let mut scrub = Scrub::new(Arc::new(Scrubber::new(&secrets)));
    move |piece| match piece {
        Some(piece) => scrub.push(piece),
        None => scrub.finish(),
    }
}
