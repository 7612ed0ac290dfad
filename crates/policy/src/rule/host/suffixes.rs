//! What the public suffix list says of the apex of a wildcard: whether strangers can register at, under or somewhere below it.

use psl::Psl as _;
use std::cell::Cell;

/// Where the public suffix list has a suffix at or below an apex.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Suffixes {
    /// It is one.
    Apex,
    /// It is a top level that the list does not know, and so counts as one.
    Unlisted,
    /// Every name of one label more is one: the list has `*.apex`.
    Children,
    /// Some name below it is one.
    Deeper,
    /// There is none.
    None,
}

/// Top levels that are in nobody's hands (RFC 2606, RFC 6761, and `internal`: ICANN 2024), so that a wildcard below them spans no strangers.
const NOBODYS: &[&str] = &["test", "example", "invalid", "localhost", "internal"];

impl Suffixes {
    /// The first of these that holds for an apex in canonical form.
    pub fn below(apex: &str) -> Self {
        let is_suffix = |name: &str| psl::suffix(name.as_bytes()).is_some_and(|suffix| suffix == name);
        if NOBODYS.contains(&apex) {
            Self::None
        } else if is_suffix(apex) {
            // A list that has rules for names below it alone (`*.ck`) knows it as well.
            let known = psl::suffix(apex.as_bytes()).is_some_and(|suffix| suffix.is_known()) || has_more(apex);
            if known { Self::Apex } else { Self::Unlisted }
        } else if is_suffix(&format!("{PROBE}.{apex}")) {
            Self::Children
        } else if has_more(apex) {
            Self::Deeper
        } else {
            Self::None
        }
    }
}

/// A label that stands in no list: a rule that matches it is one for every label.
const PROBE: &str = "egret-asks-for-any-label";

/// Whether the list has rules for names below this one. The list cannot be enumerated, but it is walked label by label from the
/// right, and asks for one more only where it has some: a test holds it to that.
fn has_more(apex: &str) -> bool {
    let asked = Cell::new(false);
    let end = std::iter::from_fn(|| {
        asked.set(true);
        None
    });
    let _ = psl::List.find(apex.rsplit('.').map(str::as_bytes).chain(end));
    asked.get()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `has_more` rests on: the list asks for a label more where it has rules below, and nowhere else.
    #[test]
    fn the_list_asks_for_a_label_more_only_where_it_has_some() {
        for apex in ["com", "amazonaws.com", "windows.net", "core.windows.net", "run.app", "ck", "compute.amazonaws.com", "jp"] {
            assert!(has_more(apex), "{apex}");
        }
        for apex in ["github.com", "example.com", "www.ck", "example.co.uk", "zip", "github.io", "a.b.c.example.org", "eu.newtld"] {
            assert!(!has_more(apex), "{apex}");
        }
    }
}
