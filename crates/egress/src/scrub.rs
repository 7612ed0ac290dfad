//! Takes secrets out of what comes back: a stream of bytes in, the same bytes out with every echo of a secret masked.
//!
//! Found is a value itself and its base64 (three alignments, both alphabets, padded or not) and hexadecimal in any case, each
//! with any of its characters written as percent-encoding, as an escape of JSON or JavaScript, or as an HTML entity, also
//! mixed. A value over 64 bytes is found in pieces of 48, and so in part; lines without a blank and what follows the first colon
//! are looked for too. A form under 8 bytes is not looked for: it would be found in ordinary text.
//!
//! Not found is what was reversed, encrypted, compressed inside, split by other text or encoded twice. Nobody who wants to
//! give a secret away is kept from it here: that a secret goes to trusted origins alone is what grants are for.
//!
//! What comes out does not depend on the pieces in which it came in. Held back is only what may yet become an echo, at most
//! 16 times the longest form: some 2 KiB. The work is linear: each byte is looked at a bounded number of times.

mod escapes;
mod forms;
mod guard;
mod needles;
mod ready;
mod view;

#[cfg(test)]
mod tests;

pub(crate) use guard::{Flow, Guard};
pub(crate) use ready::Ready;

use bytes::{Bytes, BytesMut};
use escapes::Unit;
use needles::{Hit, Needles};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;
use view::{Reading, View};
use zeroize::Zeroizing;

use crate::secrets::SecretValue;
use egret_policy::SecretName;

/// What stands in place of an echo, once for each of its bytes.
const MASK: u8 = b'*';
/// Bytes that are looked through at a time: what is made of them stays near the processor.
const BLOCK: usize = 32 << 10;

/// The secrets to look for, made ready. Wiped when it goes; no `Debug` on purpose.
pub(crate) struct Scrubber {
    needles: Needles,
    names: Vec<SecretName>,
}

impl Scrubber {
    /// Makes ready to look for all values of these secrets.
    pub fn new(secrets: &[(SecretName, Vec<SecretValue>)]) -> Self {
        let values = secrets.iter().enumerate().flat_map(|(owner, (_, values))| values.iter().map(move |value| (owner, value.expose())));
        Self { needles: Needles::new(values), names: secrets.iter().map(|(name, _)| name.clone()).collect() }
    }

    /// Masks a text that is there as a whole. The names of the secrets that were in it go to `echoed`.
    pub fn whole<'a>(self: &Arc<Self>, text: &'a [u8], echoed: &mut Echoed) -> Cow<'a, [u8]> {
        let mut scrub = Scrub::new(Arc::clone(self));
        let (ranges, _) = scrub.look_through(text, true);
        echoed.add(&scrub.echoed);
        if ranges.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut masked = text.to_vec();
        ranges.into_iter().for_each(|range| masked[range].fill(MASK));
        Cow::Owned(masked)
    }
}

/// Which secrets came back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Echoed {
    /// Each name once, in the order of the first echoes.
    pub names: Vec<SecretName>,
    /// How many echoes there were.
    pub count: u64,
}

impl Echoed {
    /// Adds what was found elsewhere.
    pub fn add(&mut self, other: &Self) {
        self.count += other.count;
        other.names.iter().for_each(|name| self.name(name));
    }

    fn name(&mut self, name: &SecretName) {
        if !self.names.contains(name) {
            self.names.push(name.clone());
        }
    }
}

/// One stream that is looked through.
pub(crate) struct Scrub {
    scrubber: Arc<Scrubber>,
    /// What may be the beginning of an echo.
    held: Zeroizing<Vec<u8>>,
    /// Bytes at the beginning of what is held that belong to an echo found already.
    masked: usize,
    echoed: Echoed,
    units: Vec<Unit>,
    view: View,
}

impl Scrub {
    /// A stream from its beginning on.
    pub fn new(scrubber: Arc<Scrubber>) -> Self {
        let (held, masked, echoed) = (Zeroizing::new(Vec::new()), 0, Echoed::default());
        Self { scrubber, held, masked, echoed, units: Vec::new(), view: View::default() }
    }

    /// Takes the next piece and gives out what is certain, which may be nothing.
    pub fn push(&mut self, piece: Bytes) -> Bytes {
        self.take(piece, false)
    }

    /// Gives out the rest: the stream is at its end.
    pub fn finish(&mut self) -> Bytes {
        self.take(Bytes::new(), true)
    }

    /// What was found so far.
    pub fn echoed(&self) -> &Echoed {
        &self.echoed
    }

    fn take(&mut self, piece: Bytes, is_last: bool) -> Bytes {
        if self.scrubber.needles.is_empty() {
            return piece;
        }
        let text = if self.held.is_empty() { piece } else { [self.held.as_slice(), &piece].concat().into() };
        let (ranges, certain) = self.look_through(&text, is_last);
        self.held.clear();
        self.held.extend_from_slice(&text[certain..]);
        masked(text.slice(..certain), &ranges)
    }

    /// What is to be masked of a text that begins with what was held, and how much of the text is certain.
    fn look_through(&mut self, text: &[u8], is_last: bool) -> (Vec<Range<usize>>, usize) {
        let (mut ranges, mut from) = (Vec::new(), 0);
        loop {
            let end = text.len().min(from + BLOCK);
            let certain = self.look(&text[from..end], is_last && end == text.len(), from, &mut ranges);
            from += certain;
            if end == text.len() {
                return (ranges, from);
            }
        }
    }

    /// Looks through one block, which begins where an escape may begin; tells how much of it is certain.
    fn look(&mut self, block: &[u8], is_last: bool, offset: usize, ranges: &mut Vec<Range<usize>>) -> usize {
        let needles = &self.scrubber.needles;
        let mut hits = Vec::new();
        needles.find(block, |hit| hits.push(hit));
        escapes::units(block, &mut self.units);
        if is_last {
            self.units.pop_if(|unit| unit.is_open());
        }
        let mut certain = needles.unfinished(block).unwrap_or(block.len());
        for (stretch, units) in stretches(&self.units, block.len(), needles.longest()) {
            for reading in Reading::needed(units) {
                self.view.read(block, &stretch, units, reading);
                let view = &self.view;
                needles.find(&view.text, |hit| hits.push(Hit { start: view.start(hit.start), end: view.end(hit.end), owner: hit.owner }));
                if stretch.end == block.len() {
                    certain = needles.unfinished(&view.text).map_or(certain, |at| certain.min(view.start(at)));
                }
            }
        }
        certain = if is_last { block.len() } else { self.boundary(certain) };
        self.settle(hits, certain, offset, ranges);
        certain
    }

    /// The last place up to this one where an escape may begin: the next block begins there, and is read as the whole would be.
    fn boundary(&self, certain: usize) -> usize {
        let before = self.units.partition_point(|unit| unit.start() < certain);
        let last = before.checked_sub(1).and_then(|last| self.units.get(last));
        last.filter(|unit| unit.end() > certain || unit.is_open()).map_or(certain, Unit::start)
    }

    /// Keeps what the hits in a block say of its certain part: what lies behind that is found again with the next block.
    fn settle(&mut self, mut hits: Vec<Hit>, certain: usize, offset: usize, ranges: &mut Vec<Range<usize>>) {
        hits.retain(|hit| hit.start < certain);
        hits.sort_unstable();
        hits.dedup();
        let reach = hits.iter().map(|hit| hit.end).max().unwrap_or_default().max(self.masked);
        if self.masked > 0 {
            ranges.push(offset..offset + self.masked.min(certain));
        }
        ranges.extend(hits.iter().map(|hit| offset + hit.start..offset + hit.end.min(certain)));
        self.masked = reach.saturating_sub(certain);
        self.echoed.count += hits.len() as u64;
        for name in hits.iter().filter_map(|hit| self.scrubber.names.get(hit.owner)) {
            self.echoed.name(name);
        }
    }
}

/// The stretches of a text in which escapes may be part of a needle, each with its escapes. Between them the text reads as it
/// stands.
fn stretches(units: &[Unit], length: usize, longest: usize) -> impl Iterator<Item = (Range<usize>, &[Unit])> {
    units.chunk_by(move |one, next| next.start() - one.end() <= 2 * longest).filter_map(move |units| {
        let (first, last) = (units.first()?, units.last()?);
        Some((first.start().saturating_sub(longest)..length.min(last.end() + longest), units))
    })
}

fn masked(text: Bytes, ranges: &[Range<usize>]) -> Bytes {
    if ranges.is_empty() {
        return text;
    }
    let mut text = text.try_into_mut().unwrap_or_else(|shared| BytesMut::from(&*shared));
    ranges.iter().for_each(|range| text[range.clone()].fill(MASK));
    text.freeze()
}
