//! Other people's test data, held against the law: `docs/suites.md` has the sources and the figures.
//!
//! The data stands beside the checkout, not in it; a test that does not find it says that it is skipped. The figures
//! are asserted, so that a change of ours that moves a case from one heap to another is seen.

mod addresses;
mod routes;
mod ssrf;
mod urls;

use egret_policy::Denial;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

/// One file of a suite; `None`, after a notice, if it is not at hand.
fn text(name: &str) -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/suites").join(name);
    let found = std::fs::read_to_string(&path).ok();
    if found.is_none() {
        // Straight to the stream: the test harness keeps what `eprintln` says of a test that passes.
        let _ = writeln!(std::io::stderr(), "skipped: {} is not at hand", path.display());
    }
    found
}

/// One file of a suite that is an array.
fn cases(name: &str) -> Option<Vec<Value>> {
    text(name).map(|text| serde_json::from_str(&without_lone_surrogates(&text)).unwrap())
}

/// Half a surrogate pair, which JavaScript's strings may hold, becomes U+FFFD, as it does on its way into a `URL`.
fn without_lone_surrogates(json: &str) -> String {
    let unit = |escape: &str| escape.strip_prefix("\\u").and_then(|rest| u16::from_str_radix(rest.get(..4)?, 16).ok());
    let (mut out, mut rest) = (String::with_capacity(json.len()), json);
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        let (kept, length) = match (unit(escape), escape.get(6..).and_then(unit)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => (&escape[..12], 12),
            (Some(0xd800..=0xdfff), _) => ("\\ufffd", 6),
            _ => (&escape[..2], 2),
        };
        out.extend([before, kept]);
        rest = &escape[length..];
    }
    out + rest
}

/// How many cases went to which heap.
#[derive(Default)]
struct Tally(BTreeMap<String, usize>);

impl Tally {
    fn count(&mut self, heap: &str) {
        *self.0.entry(heap.to_owned()).or_default() += 1;
    }

    fn refused(&mut self, denial: &Denial) {
        self.count(&format!("refused: {}", denial.code()));
    }

    /// Prints the heaps and holds them against the figures that are known.
    #[track_caller]
    fn check(&self, title: &str, expected: &[(&str, usize)]) {
        eprintln!("{title}: {} in all", self.0.values().sum::<usize>());
        self.0.iter().for_each(|(heap, count)| eprintln!("  {count:5}  {heap}"));
        let expected: BTreeMap<String, usize> = expected.iter().map(|(heap, count)| ((*heap).to_owned(), *count)).collect();
        assert_eq!(self.0, expected, "{title}");
    }
}
