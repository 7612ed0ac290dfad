//! A strict reader of the text format, which knows nothing of what wrote it.

use std::collections::{BTreeMap, BTreeSet};

/// What a scrape says.
#[derive(Debug, Default)]
pub struct Scrape {
    /// Metrics by name, with their kind.
    pub kinds: BTreeMap<String, String>,
    /// Values of samples by name and labels, as written.
    pub samples: BTreeMap<String, f64>,
}

impl Scrape {
    /// Reads the text format 0.0.4.
    pub fn read(text: &str) -> Self {
        let mut scrape = Self::default();
        let (mut helped, mut current) = (BTreeSet::new(), String::new());
        assert!(text.ends_with('\n'), "the last line is whole");
        for line in text.lines() {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, about) = help.split_once(' ').unwrap();
                assert!(!about.is_empty() && helped.insert(name.to_owned()), "{line}");
            } else if let Some(kind) = line.strip_prefix("# TYPE ") {
                let (name, kind) = kind.split_once(' ').unwrap();
                assert!(helped.contains(name) && ["counter", "gauge", "histogram"].contains(&kind), "{line}");
                assert!(scrape.kinds.insert(name.to_owned(), kind.to_owned()).is_none(), "{line}");
                name.clone_into(&mut current);
            } else {
                scrape.sample(line, &current);
            }
        }
        scrape.check_histograms();
        scrape
    }

    /// The value of a sample.
    pub fn value(&self, sample: &str) -> f64 {
        *self.samples.get(sample).unwrap_or_else(|| panic!("no {sample} in {:#?}", self.samples))
    }

    fn sample(&mut self, line: &str, current: &str) {
        let (sample, value) = line.rsplit_once(' ').unwrap();
        let name = sample.split('{').next().unwrap();
        let family = if self.kinds[current] == "histogram" {
            ["_bucket", "_sum", "_count"].iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap()
        } else {
            name
        };
        assert_eq!(family, current, "a sample stands with its metric: {line}");
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{line}");
        if let Some(labels) = sample.strip_prefix(name).filter(|labels| !labels.is_empty()) {
            read_labels(labels);
        }
        assert!(self.samples.insert(sample.to_owned(), value.parse().unwrap()).is_none(), "twice: {line}");
    }

    /// Buckets only grow, and the last of them is the count.
    fn check_histograms(&self) {
        for (sample, count) in self.samples.iter().filter(|(sample, _)| sample.contains("_count")) {
            let (name, labels) = sample.split_once("_count").unwrap();
            let labels = labels.trim_start_matches('{').trim_end_matches('}');
            let within = |bound: &str| {
                let comma = if labels.is_empty() { "" } else { "," };
                self.samples.get(&format!("{name}_bucket{{{labels}{comma}le=\"{bound}\"}}")).copied()
            };
            let bounds = ["0.001", "0.0025", "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "10", "30", "60", "+Inf"];
            let buckets: Vec<f64> = bounds.iter().map(|bound| within(bound).unwrap_or_else(|| panic!("{sample} {bound}"))).collect();
            assert!(buckets.is_sorted() && buckets.last() == Some(count), "{sample}: {buckets:?}");
        }
    }
}

/// `{name="value",name="value"}`, with `\\`, `\"` and `\n` escaped.
fn read_labels(text: &str) {
    let mut rest = text.strip_prefix('{').unwrap();
    loop {
        let (name, value) = rest.split_once("=\"").unwrap();
        assert!(!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{text}");
        let mut escaped = false;
        let end = value.find(|letter| {
            let ends = letter == '"' && !escaped;
            escaped = letter == '\\' && !escaped;
            ends
        });
        rest = &value[end.unwrap() + 1..];
        match rest.strip_prefix(',') {
            Some(more) => rest = more,
            None => return assert_eq!(rest, "}", "{text}"),
        }
    }
}
