//! Many needles looked for at once, in time that is linear whatever the text is.
//!
//! Every needle has at least [`forms::SHORTEST`] bytes, so it is enough to look at four bytes in every few: whichever they are,
//! each needle has an entry for the four that could be met. What looks right is compared byte for byte. A needle is bounded
//! (a long value is looked for in pieces), so a text of near misses costs a bounded amount for each of its bytes.

use super::forms::{self, Form, SHORTEST};
use zeroize::Zeroize;

/// Bytes that are looked at together.
const PRINT: usize = 4;
/// Bytes between two places that are looked at, at most.
const STRIDE: usize = 12;
/// Bits of the filter for each entry: about one place in so many is looked at in vain.
const SPARSE: usize = 64;
/// Sets the bit that tells the cases of an ASCII letter apart.
const LOWER: u32 = 0x2020_2020;

/// A needle in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hit {
    pub start: usize,
    pub end: usize,
    /// Whose needle it is: the number that came with the value.
    pub owner: usize,
}

/// What is looked for. Wiped when it goes; there is no `Debug` on purpose.
pub(super) struct Needles {
    needles: Vec<Needle>,
    /// One bit for each hash that an entry has.
    filter: Vec<u64>,
    /// Right shift that makes a number of a filter's bit of a product.
    shift: u32,
    /// Sorted by print.
    entries: Vec<Entry>,
    stride: usize,
    longest: usize,
    /// Needles by the first byte that they may begin with.
    beginning: Vec<Vec<u32>>,
}

struct Needle {
    form: Form,
    owner: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    print: u32,
    needle: u32,
    /// Where in the needle the print stands.
    offset: u32,
}

impl Needles {
    /// The needles of all values, each with its owner's number.
    pub fn new<'a>(values: impl Iterator<Item = (usize, &'a [u8])>) -> Self {
        let of_value = |(owner, value)| forms::of(value).into_iter().map(move |form| Needle { form, owner });
        let needles: Vec<Needle> = values.flat_map(of_value).collect();
        let lengths = || needles.iter().map(|needle| needle.form.bytes.len());
        let longest = lengths().max().unwrap_or_default();
        let stride = (lengths().min().unwrap_or(SHORTEST) - (PRINT - 1)).min(STRIDE);
        let mut entries: Vec<Entry> = needles.iter().zip(0..).flat_map(|(needle, number)| entries(needle, number, stride)).collect();
        entries.sort_unstable();
        let bits = (entries.len() * SPARSE).next_power_of_two().clamp(1 << 10, 1 << 20);
        let shift = u32::BITS - bits.trailing_zeros();
        let mut filter = vec![0; bits / 64];
        entries.iter().map(|entry| slot(entry.print, shift)).for_each(|(word, bit)| filter[word] |= bit);
        let beginning = beginnings(&needles);
        Self { needles, filter, shift, entries, stride, longest, beginning }
    }

    /// Whether there is nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.needles.is_empty()
    }

    /// Bytes of the longest needle.
    pub fn longest(&self) -> usize {
        self.longest
    }

    /// Tells every place where a needle stands, overlapping ones too, in no order.
    pub fn find(&self, text: &[u8], mut tell: impl FnMut(Hit)) {
        // The place that is looked at is the end of each stride: a needle reaches over one whole stride's end at least.
        for (number, stride) in text.chunks_exact(self.stride).enumerate() {
            let Some(print) = stride.last_chunk::<PRINT>() else { continue };
            let print = u32::from_le_bytes(*print) | LOWER;
            let (word, bit) = slot(print, self.shift);
            if self.filter.get(word).is_some_and(|word| word & bit != 0) {
                self.compare(text, (number + 1) * self.stride - PRINT, print, &mut tell);
            }
        }
    }

    #[inline(never)]
    fn compare(&self, text: &[u8], at: usize, print: u32, tell: &mut impl FnMut(Hit)) {
        let from = self.entries.partition_point(|entry| entry.print < print);
        for entry in self.entries[from..].iter().take_while(|entry| entry.print == print) {
            let needle = &self.needles[entry.needle as usize];
            let Some(start) = at.checked_sub(entry.offset as usize) else { continue };
            let end = start + needle.form.bytes.len();
            if text.get(start..end).is_some_and(|text| needle.is(text)) {
                tell(Hit { start, end, owner: needle.owner });
            }
        }
    }

    /// The first place from which on the text, to its end, is the beginning of a needle and no whole one.
    pub fn unfinished(&self, text: &[u8]) -> Option<usize> {
        let from = text.len().saturating_sub(self.longest.saturating_sub(1));
        (from..text.len()).find(|start| {
            let rest = &text[*start..];
            let may_begin = &self.beginning[usize::from(rest[0])];
            may_begin.iter().any(|number| self.needles[*number as usize].begins_with(rest))
        })
    }
}

impl Needle {
    fn is(&self, text: &[u8]) -> bool {
        if self.form.any_case { self.form.bytes.eq_ignore_ascii_case(text) } else { *self.form.bytes == text }
    }

    fn begins_with(&self, text: &[u8]) -> bool {
        let Some(beginning) = self.form.bytes.get(..text.len()).filter(|_| text.len() < self.form.bytes.len()) else { return false };
        if self.form.any_case { beginning.eq_ignore_ascii_case(text) } else { beginning == text }
    }
}

impl Drop for Needles {
    fn drop(&mut self) {
        self.filter.zeroize();
        for entry in &mut self.entries {
            entry.print.zeroize();
        }
    }
}

fn entries(needle: &Needle, number: u32, stride: usize) -> impl Iterator<Item = Entry> {
    let windows = needle.form.bytes.windows(PRINT).take(stride).zip(0..);
    windows.map(move |(bytes, offset)| Entry {
        print: bytes.iter().rev().fold(0, |print, byte| print << 8 | u32::from(*byte)) | LOWER,
        needle: number,
        offset,
    })
}

/// Where a print is in the filter: a word and a bit in it.
fn slot(print: u32, shift: u32) -> (usize, u64) {
    let hash = print.wrapping_mul(0x9e37_79b1) >> shift;
    ((hash >> 6) as usize, 1 << (hash & 63))
}

fn beginnings(needles: &[Needle]) -> Vec<Vec<u32>> {
    let mut beginnings = vec![Vec::new(); 256];
    for (needle, number) in needles.iter().zip(0..) {
        let Some(first) = needle.form.bytes.first() else { continue };
        beginnings[usize::from(*first)].push(number);
        let upper = first.to_ascii_uppercase();
        if needle.form.any_case && upper != *first {
            beginnings[usize::from(upper)].push(number);
        }
    }
    beginnings
}
