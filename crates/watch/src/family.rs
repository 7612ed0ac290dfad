//! The series of one metric: counted by several threads at once, and never more than so many.

use crate::label::{Label, OTHER};
use crate::list::BUCKETS;
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

/// Series by the values of their `N` labels. Beyond `most` of them everything counts for the one whose labels are all [`OTHER`].
pub(crate) struct Family<T, const N: usize> {
    most: usize,
    series: RwLock<HashMap<[Label; N], T, RandomState>>,
}

impl<T: Default, const N: usize> Family<T, N> {
    pub fn new(most: usize) -> Self {
        Self { most, series: RwLock::default() }
    }

    /// Lets `count` have the series of these labels.
    pub fn with(&self, labels: [Label; N], count: impl Fn(&T)) {
        let series = self.series.read().unwrap_or_else(PoisonError::into_inner);
        // Whoever floods us with labels must not make everybody else wait for the lock that writes.
        let rest = || series.get(&[OTHER; N]).filter(|_| series.len() >= self.most);
        if let Some(series) = series.get(&labels).or_else(rest) {
            return count(series);
        }
        drop(series);
        let mut series = self.series.write().unwrap_or_else(PoisonError::into_inner);
        let labels = if series.len() < self.most || series.contains_key(&labels) { labels } else { [OTHER; N] };
        count(series.entry(labels).or_default());
    }

    /// Shows every series, sorted by its labels.
    pub fn each(&self, mut show: impl FnMut(&[Label; N], &T)) {
        let series = self.series.read().unwrap_or_else(PoisonError::into_inner);
        let mut sorted: Vec<_> = series.iter().collect();
        sorted.sort_by(|(a, _), (b, _)| a.iter().map(Label::as_str).cmp(b.iter().map(Label::as_str)));
        sorted.into_iter().for_each(|(labels, series)| show(labels, series));
    }
}

/// A number that only grows.
#[derive(Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub fn add(&self, count: u64) {
        self.0.fetch_add(count, Ordering::Relaxed);
    }

    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How long things took.
#[derive(Default)]
pub(crate) struct Histogram {
    /// One for each of [`BUCKETS`], and one for what is beyond them.
    buckets: [Counter; BUCKETS.len() + 1],
    micros: Counter,
}

impl Histogram {
    pub fn observe(&self, took: Duration) {
        let seconds = took.as_secs_f64();
        let at = BUCKETS.partition_point(|bound| *bound < seconds);
        self.buckets.get(at).into_iter().for_each(|bucket| bucket.add(1));
        self.micros.add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
    }

    /// What is in each bucket.
    pub fn buckets(&self) -> impl Iterator<Item = u64> {
        self.buckets.iter().map(Counter::get)
    }

    /// The sum of all, in seconds.
    pub fn sum(&self) -> f64 {
        Duration::from_micros(self.micros.get()).as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_the_most_series_everything_counts_for_one() {
        let family: Family<Counter, 1> = Family::new(2);
        for name in ["a", "b", "c", "d", "a"] {
            family.with([Label::Seen(name.into())], |counter| counter.add(1));
        }
        let mut shown = Vec::new();
        family.each(|[label], counter| shown.push((label.as_str().to_owned(), counter.get())));
        assert_eq!(shown, [("a".to_owned(), 2), ("b".to_owned(), 1), ("other".to_owned(), 2)]);
    }

    #[test]
    fn a_time_falls_into_the_first_bucket_that_holds_it() {
        let histogram = Histogram::default();
        for millis in [0, 1, 2, 60_000, 60_001] {
            histogram.observe(Duration::from_millis(millis));
        }
        let buckets: Vec<u64> = histogram.buckets().collect();
        assert_eq!((buckets[0], buckets[1], buckets[13], buckets[14]), (2, 1, 1, 1));
        assert!((histogram.sum() - 120.004).abs() < 1e-9);
    }
}
