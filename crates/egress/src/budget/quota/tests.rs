//! A day that the test makes pass.

use super::super::{Allowance, AppLimits, Budget};
use super::*;
use std::sync::atomic::{AtomicU64, Ordering};

/// A clock of seconds since 1970, and the account that reads it.
fn account(daily: Daily, today: Today) -> (Arc<AtomicU64>, Quota) {
    let seconds = Arc::new(AtomicU64::new(20_000 * 86_400 + 86_400 - 90));
    let clock = Arc::clone(&seconds);
    let now = move || SystemTime::UNIX_EPOCH + Duration::from_secs(clock.load(Ordering::Relaxed));
    (seconds, Quota::by(now, daily, today))
}

fn budget(quota: &Quota) -> Budget {
    Budget::within(Allowance::default(), AppLimits::default(), quota.clone())
}

#[test]
fn a_days_calls_are_counted_until_midnight() {
    let (clock, quota) = account(Daily { calls: Some(3), bytes: None }, Today { calls: 1, bytes: 0 });
    // Whatever invocation they are of; one that does not come to be gives its call back.
    drop(budget(&quota).open().unwrap().map(super::super::allowance::Open::spend));
    drop(budget(&quota).open().unwrap());
    drop(budget(&quota).open().unwrap().map(super::super::allowance::Open::spend));
    let Err(refused) = budget(&quota).open() else { panic!("a fourth call") };
    assert!(matches!(refused, Reason::Limit(Limit::CallsToday(3), Some(left)) if left == Duration::from_secs(90)));
    clock.fetch_add(89, Ordering::Relaxed);
    assert!(budget(&quota).open().is_err());
    clock.fetch_add(1, Ordering::Relaxed);
    assert_eq!(quota.today(), Today::default());
    assert!(budget(&quota).open().is_ok());
    clock.fetch_sub(3600, Ordering::Relaxed);
    drop(budget(&quota).open().unwrap().map(super::super::allowance::Open::spend));
    assert_eq!(quota.today().calls, 1, "a clock that is set back gives no second day");
}

#[test]
fn a_days_bytes_are_counted_in_both_directions() {
    let (clock, quota) = account(Daily { calls: None, bytes: Some(100) }, Today { calls: 0, bytes: 40 });
    let (one, other) = (budget(&quota), budget(&quota));
    assert!(one.affords(60).is_ok() && one.affords(61).is_err());
    one.spend(50).unwrap();
    assert!(matches!(other.spend(11), Err(Reason::Limit(Limit::BytesToday(100), Some(_)))));
    assert_eq!((quota.today().bytes, other.spent().bytes), (90, 0), "what did not fit was not spent");
    clock.fetch_add(90, Ordering::Relaxed);
    other.spend(100).unwrap();
}

#[test]
fn a_bound_that_is_set_later_counts_what_came_before() {
    let (_, quota) = account(Daily::default(), Today::default());
    drop(budget(&quota).open().unwrap().map(super::super::allowance::Open::spend));
    budget(&quota).spend(10).unwrap();
    quota.set(Daily { calls: Some(1), bytes: Some(10) });
    assert!(budget(&quota).open().is_err() && budget(&quota).spend(1).is_err());
    quota.set(Daily::default());
    assert!(budget(&quota).open().is_ok() && budget(&quota).spend(1).is_ok());
}
