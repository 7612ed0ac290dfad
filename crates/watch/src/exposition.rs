//! The text that a scraper reads: the Prometheus text format 0.0.4, or OpenMetrics 1.0 where the scraper asks for it.

use crate::family::{Counter, Family, Histogram};
use crate::label::Label;
use crate::list::{BUCKETS, Kind, Metric};
use std::fmt::Write;

/// Which of the two formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Prometheus,
    OpenMetrics,
}

impl Format {
    /// What a scraper's `Accept` asks for. OpenMetrics only where it is named: every scraper reads the other one.
    pub fn asked(accept: Option<&str>) -> Self {
        if accept.is_some_and(|accept| accept.contains("application/openmetrics-text")) { Self::OpenMetrics } else { Self::Prometheus }
    }

    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// A text under way.
pub(crate) struct Page {
    format: Format,
    text: String,
}

impl Page {
    pub fn new(format: Format) -> Self {
        Self { format, text: String::with_capacity(16 << 10) }
    }

    /// A metric without labels, or with the one given set of them.
    pub fn one(&mut self, metric: &Metric, labels: &[Label], value: f64) {
        self.head(metric);
        self.sample(metric, "", labels, None, value);
    }

    /// A metric of which there may be no reading on this machine.
    pub fn maybe(&mut self, metric: &Metric, value: Option<f64>) {
        self.head(metric);
        value.into_iter().for_each(|value| self.sample(metric, "", &[], None, value));
    }

    pub fn counters<const N: usize>(&mut self, metric: &Metric, family: &Family<Counter, N>) {
        self.head(metric);
        family.each(|labels, counter| self.sample(metric, "", labels, None, float(counter.get())));
    }

    pub fn histograms<const N: usize>(&mut self, metric: &Metric, family: &Family<Histogram, N>) {
        self.head(metric);
        family.each(|labels, histogram| self.histogram(metric, labels, histogram));
    }

    pub fn end(mut self) -> String {
        if self.format == Format::OpenMetrics {
            self.text.push_str("# EOF\n");
        }
        self.text
    }

    fn histogram(&mut self, metric: &Metric, labels: &[Label], histogram: &Histogram) {
        let bounds = BUCKETS.iter().map(ToString::to_string).chain(["+Inf".to_owned()]);
        let mut count = 0;
        for (bound, within) in bounds.zip(histogram.buckets()) {
            count += within;
            self.sample(metric, "_bucket", labels, Some(&bound), float(count));
        }
        self.sample(metric, "_sum", labels, None, histogram.sum());
        self.sample(metric, "_count", labels, None, float(count));
    }

    /// In OpenMetrics `_total` belongs to a counter's samples and not to its name.
    fn head(&mut self, Metric { name, kind, about, .. }: &Metric) {
        let name = match self.format {
            Format::Prometheus => name,
            Format::OpenMetrics => name.trim_end_matches("_total"),
        };
        let _ = writeln!(self.text, "# HELP {name} {about}\n# TYPE {name} {}", kind.as_str());
    }

    fn sample(&mut self, metric: &Metric, suffix: &str, labels: &[Label], bound: Option<&str>, value: f64) {
        debug_assert_eq!((metric.labels.len(), metric.kind == Kind::Histogram), (labels.len(), !suffix.is_empty()), "{}", metric.name);
        let _ = write!(self.text, "{}{suffix}", metric.name);
        let pairs = metric.labels.iter().copied().zip(labels.iter().map(Label::as_str)).chain(bound.map(|bound| ("le", bound)));
        for (index, (name, value)) in pairs.enumerate() {
            let open = if index == 0 { '{' } else { ',' };
            let _ = write!(self.text, "{open}{name}=\"{}\"", Escaped(value));
        }
        let close = if labels.is_empty() && bound.is_none() { "" } else { "}" };
        let _ = writeln!(self.text, "{close} {value}");
    }
}

/// A label's value as both formats write it.
struct Escaped<'a>(&'a str);

impl std::fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.chars().try_for_each(|letter| match letter {
            '\\' => f.write_str("\\\\"),
            '"' => f.write_str("\\\""),
            '\n' => f.write_str("\\n"),
            letter => f.write_char(letter),
        })
    }
}

/// The formats know floating-point numbers alone; a count is exact up to 2^53.
pub(crate) const fn float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::list::{BUILD, SENT};

    #[test]
    fn values_are_escaped_and_formats_differ_in_their_heads() {
        let shown = |format| {
            let mut page = Page::new(format);
            page.one(&SENT, &[Label::Seen("a\\b\"c\nd".into())], 3.0);
            page.one(&BUILD, &[Label::Fixed("1")], 1.0);
            page.end()
        };
        let (old, new) = (shown(Format::Prometheus), shown(Format::OpenMetrics));
        assert!(
            old.contains("# TYPE egret_outbound_sent_bytes_total counter\n") && new.contains("# TYPE egret_outbound_sent_bytes counter\n")
        );
        for page in [&old, &new] {
            assert!(page.contains("egret_outbound_sent_bytes_total{app=\"a\\\\b\\\"c\\nd\"} 3\n"), "{page}");
            assert!(page.contains("egret_build_info{version=\"1\"} 1\n"), "{page}");
        }
        assert!(new.ends_with("# EOF\n") && !old.contains("EOF"));
    }

    #[test]
    fn openmetrics_is_for_those_who_name_it() {
        assert_eq!(Format::asked(None), Format::Prometheus);
        assert_eq!(Format::asked(Some("text/plain;version=0.0.4;q=0.5,*/*;q=0.1")), Format::Prometheus);
        assert_eq!(Format::asked(Some("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.3")), Format::OpenMetrics);
    }
}
