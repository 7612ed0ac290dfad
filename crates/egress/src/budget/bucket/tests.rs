//! Buckets against a slow model, and what a bucket never does: lose a token, or make one.

use super::super::tests::Dice;
use super::{Bucket, Lack, Rate};
use std::time::Duration;

fn rate(calls: u32, nanos: u64, burst: u32) -> Rate {
    Rate { calls, period: Duration::from_nanos(nanos), burst }
}

/// A slow bucket: it remembers every call, and asks of each stretch that ends now whether it has too many.
struct Model(Rate, Vec<u64>);

impl Model {
    fn has_one(&self, now: u64) -> bool {
        let (period, burst, calls) = (self.0.period.as_nanos(), u128::from(self.0.burst), u128::from(self.0.calls));
        let fits = |(index, then): (usize, &u64)| {
            let with_this = (self.1.len() - index + 1) as u128;
            with_this * period <= burst * period + u128::from(now - then) * calls
        };
        burst > 0 && self.1.iter().enumerate().all(fits)
    }
}

#[test]
fn a_bucket_gives_what_a_slow_model_gives_and_says_when_to_the_nanosecond() {
    let mut dice = Dice(7);
    for _ in 0..300 {
        let rate = rate(dice.below(9) as u32, 1 + dice.below(1_000), dice.below(6) as u32);
        let (mut bucket, mut model, mut now) = (Bucket::full(rate, 0), Model(rate, Vec::new()), 0);
        for _ in 0..100 {
            now += dice.below(400);
            bucket.bring(rate, now);
            match bucket.lacks() {
                None => {
                    assert!(model.has_one(now), "{rate:?} gave one too many at {now}");
                    bucket.take();
                    model.1.push(now);
                }
                Some(Lack::For(wait)) => {
                    let then = now + wait.as_nanos() as u64;
                    assert!(!model.has_one(then - 1) && model.has_one(then), "{rate:?} at {now} waits {wait:?}");
                }
                Some(Lack::Forever) => assert!(!model.has_one(now + (1 << 40)), "{rate:?} never"),
            }
        }
    }
}

#[test]
fn a_narrower_rate_is_neither_faster_nor_larger_than_either() {
    let (often, seldom) = (rate(10, 1_000, 2), rate(60, 60_000, 50));
    assert_eq!(often.narrower(seldom), rate(60, 60_000, 2));
    assert_eq!(often.narrower(seldom), seldom.narrower(often));
}

#[test]
fn a_changed_rate_keeps_the_calls_that_are_left_and_gives_none() {
    let mut bucket = Bucket::full(rate(1, 1_000, 10), 0);
    (0..7).for_each(|_| bucket.take());
    bucket.bring(rate(1, 50, 10), 0);
    let left = std::iter::from_fn(|| bucket.lacks().is_none().then(|| bucket.take())).count();
    assert_eq!(left, 3);
}

#[test]
fn a_clock_that_is_seen_out_of_order_gives_no_time_twice() {
    let slow = rate(1, 100, 1);
    let mut bucket = Bucket::full(slow, 1_000);
    bucket.take();
    for now in [1_050, 1_000, 1_050, 1_001, 1_050, 1_099] {
        bucket.bring(slow, now);
        assert!(bucket.lacks().is_some(), "at {now}");
    }
    bucket.bring(slow, 1_100);
    assert!(bucket.lacks().is_none());
}
