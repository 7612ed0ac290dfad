//! A stretch of a text with its escapes read, and the way back from a place in it to the place in the text.

use super::escapes::{Kind, Unit};
use std::ops::Range;

/// What escapes are read in a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// Those of one kind; what looks like one of another kind stands for itself.
    One(Kind),
    /// All of them.
    All,
}

impl Reading {
    fn reads(self, unit: &Unit) -> bool {
        match self {
            Self::One(kind) => unit.kind == kind,
            Self::All => true,
        }
    }

    /// The readings that differ from taking the text as it stands, and from each other.
    pub fn needed(units: &[Unit]) -> impl Iterator<Item = Self> {
        let kinds = [Kind::Percent, Kind::Backslash, Kind::Entity];
        let present = kinds.map(|kind| units.iter().any(|unit| unit.kind == kind).then_some(Self::One(kind)));
        let all = (present.iter().flatten().count() > 1).then_some(Self::All);
        present.into_iter().chain([all]).flatten()
    }
}

/// One stretch, read. Used again for the next one.
#[derive(Default)]
pub(super) struct View {
    pub text: Vec<u8>,
    marks: Vec<Mark>,
}

/// From this place of the view on, one step is one step of the text, until the next mark.
struct Mark {
    view: u32,
    text: u32,
    /// Bytes before it that stand for one escape, and how many bytes that has.
    decoded: u16,
    extent: u16,
}

impl Mark {
    fn start(&self) -> usize {
        self.text as usize - usize::from(self.extent)
    }

    /// Where in the text a place of the view is, when no other mark comes before it.
    fn place(&self, at: usize) -> usize {
        self.text as usize + (at - self.view as usize)
    }
}

impl View {
    /// Reads `stretch` of a text of at most 4 GiB in which these escapes stand, in order. An open one ends it.
    pub fn read(&mut self, text: &[u8], stretch: &Range<usize>, units: &[Unit], reading: Reading) {
        self.text.clear();
        self.marks.clear();
        self.mark(stretch.start, 0, 0);
        let mut from = stretch.start;
        for unit in units.iter().filter(|unit| reading.reads(unit)) {
            self.copy(&text[from..unit.start()]);
            if unit.is_open() {
                return;
            }
            self.copy(unit.decoded());
            from = unit.end();
            self.mark(from, unit.decoded().len(), unit.end() - unit.start());
        }
        self.text.extend_from_slice(&text[from..stretch.end]);
    }

    /// Most runs have a byte or none: a call costs more than they do.
    fn copy(&mut self, run: &[u8]) {
        match run {
            [] => {}
            [byte] => self.text.push(*byte),
            run => self.text.extend_from_slice(run),
        }
    }

    fn mark(&mut self, text: usize, decoded: usize, extent: usize) {
        // Escapes and blocks are short; the casts lose nothing.
        self.marks.push(Mark { view: self.text.len() as u32, text: text as u32, decoded: decoded as u16, extent: extent as u16 });
    }

    /// Where in the text the byte at this place of the view begins.
    pub fn start(&self, at: usize) -> usize {
        let next = self.marks.partition_point(|mark| mark.view as usize <= at);
        match self.marks.get(next) {
            Some(escape) if at + usize::from(escape.decoded) >= escape.view as usize => escape.start(),
            Some(_) | None => self.marks.get(next.wrapping_sub(1)).map_or(at, |mark| mark.place(at)),
        }
    }

    /// Where in the text the byte before this place of the view ends; `at` is not 0.
    pub fn end(&self, at: usize) -> usize {
        let next = self.marks.partition_point(|mark| (mark.view as usize) < at);
        match self.marks.get(next) {
            Some(escape) if at + usize::from(escape.decoded) > escape.view as usize => escape.text as usize,
            Some(_) | None => self.marks.get(next.wrapping_sub(1)).map_or(at, |mark| mark.place(at)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::escapes::units;
    use super::*;

    #[test]
    fn every_place_of_a_view_leads_back_to_the_text() {
        let text = b"xa%41b%42%E2\\u20acc";
        let mut all = Vec::new();
        units(text, &mut all);
        let mut view = View::default();
        view.read(text, &(1..text.len()), &all, Reading::All);
        assert_eq!(view.text, b"aAbB\xe2\xe2\x82\xacc");
        let starts: Vec<usize> = (0..9).map(|at| view.start(at)).collect();
        assert_eq!(starts, [1, 2, 5, 6, 9, 12, 12, 12, 18]);
        let ends: Vec<usize> = (1..=9).map(|at| view.end(at)).collect();
        assert_eq!(ends, [2, 5, 6, 9, 12, 18, 18, 18, 19]);
    }

    #[test]
    fn a_reading_takes_other_escapes_for_text() {
        let text = b"%41&lt;";
        let mut all = Vec::new();
        units(text, &mut all);
        assert_eq!(Reading::needed(&all).collect::<Vec<_>>(), [Reading::One(Kind::Percent), Reading::One(Kind::Entity), Reading::All]);
        let mut view = View::default();
        view.read(text, &(0..text.len()), &all, Reading::One(Kind::Percent));
        assert_eq!(view.text, b"A&lt;");
    }
}
