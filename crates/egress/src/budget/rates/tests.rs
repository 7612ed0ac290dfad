//! Rates together: all or none is paid, and what is full again is forgotten.

use super::{FEW, NAMES, Own, Rate, Rates, State};
use crate::budget::limits::Rates as Limits;
use crate::error::{RateScope, Reason};
use std::sync::Arc;
use std::time::Duration;

fn hourly(burst: u32) -> Option<Rate> {
    Some(Rate { calls: 1, period: Duration::from_secs(3600), burst })
}

fn of(limits: Limits) -> State {
    Rates::new(limits).state.into_inner().unwrap()
}

fn take(state: &mut State, app: &str, name: &str, now: u64) -> Result<(), Reason> {
    state.take(&app.into(), Own::default(), || name.into(), now)
}

#[test]
fn a_call_takes_from_every_rate_or_from_none() {
    let mut state = of(Limits { all: hourly(4), app: hourly(3), domain: hourly(2), refusals: None });
    let (hour, mut take) = (Some(Duration::from_secs(3600)), |app: &str, name: &str| take(&mut state, app, name, 0));
    assert_eq!([take("a", "x.test"), take("a", "x.test")], [Ok(()), Ok(())]);
    for _ in 0..10 {
        assert_eq!(take("a", "x.test"), Err(Reason::Rate(RateScope::Domain, hour)));
    }
    assert_eq!(take("a", "y.test"), Ok(()), "what was refused has taken nothing of the app's");
    assert_eq!(take("a", "y.test"), Err(Reason::Rate(RateScope::App, hour)));
    assert_eq!(take("b", "x.test"), Ok(()), "nor of all apps', and another app has its own");
    assert_eq!(take("b", "x.test"), Err(Reason::Rate(RateScope::Global, hour)));
}

#[test]
fn the_longest_wait_is_told_and_is_exact() {
    let second = |burst| Some(Rate { calls: 1, period: Duration::from_secs(1), burst });
    let mut state = of(Limits { all: second(1), app: hourly(1), domain: None, refusals: None });
    assert_eq!(take(&mut state, "a", "x.test", 0), Ok(()));
    let after = Duration::from_secs(3600) - Duration::from_nanos(7);
    assert_eq!(take(&mut state, "a", "x.test", 7), Err(Reason::Rate(RateScope::App, Some(after))));
    assert_eq!(take(&mut state, "b", "x.test", 7), Err(Reason::Rate(RateScope::Global, Some(Duration::from_nanos(999_999_993)))));
    assert!(take(&mut state, "a", "x.test", 7 + after.as_nanos() as u64 - 1).is_err());
    assert_eq!(take(&mut state, "a", "x.test", 7 + after.as_nanos() as u64), Ok(()));
}

#[test]
fn an_apps_own_rate_narrows_and_never_widens() {
    let mut state = of(Limits { app: hourly(2), ..Limits::default() });
    let mut calls = |own: Option<Rate>, app: &str| {
        let own = Own { app: own, ..Own::default() };
        (0..10).take_while(|_| state.take(&app.into(), own, || "x.test".into(), 0).is_ok()).count()
    };
    assert_eq!([calls(hourly(1), "a"), calls(hourly(5), "b"), calls(None, "c")], [1, 2, 2]);
}

#[test]
fn a_hundred_thousand_names_are_not_kept_when_they_have_rested() {
    let (step, domain) = (1_000_000, Some(Rate::per_second(1_000)));
    let mut state = of(Limits { domain, ..Limits::default() });
    for number in 0..100_000 {
        assert_eq!(take(&mut state, "a", &format!("n{number}.test"), number * step), Ok(()));
        assert!(state.kept() <= 2 * FEW, "{} buckets after {number} names", state.kept());
    }
}

#[test]
fn names_that_do_not_rest_share_a_rate_beyond_a_bound() {
    let mut state = of(Limits { domain: hourly(1), ..Limits::default() });
    let allowed = (0..100_000).filter(|number| take(&mut state, "a", &format!("n{number}.test"), 0).is_ok()).count();
    assert_eq!((allowed, state.kept()), (NAMES + 1, NAMES + 1));
}

#[tokio::test]
async fn tokens_are_neither_lost_nor_doubled_by_many_threads() {
    let rates = Arc::new(Rates::new(Limits { all: hourly(10_000), app: hourly(2_500), domain: hourly(700), refusals: hourly(300) }));
    let work = |thread: usize| {
        let rates = Arc::clone(&rates);
        move || {
            let app: Arc<str> = format!("app{}", thread % 5).into();
            let calls = |number: usize| rates.take(&app, Own::default(), || format!("n{}.test", number % 4).into()).is_ok();
            let refusals = |_: &usize| rates.refuse(&app).is_ok();
            ((0..400).filter(|number| calls(*number)).count(), (0..400).filter(refusals).count())
        }
    };
    let threads: Vec<_> = (0..64).map(|thread| std::thread::spawn(work(thread))).collect();
    let given = threads.into_iter().map(|thread| thread.join().unwrap()).fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    // 64 threads ask for 25,600 calls: of every app for over 4,800, of every name of it for over 1,200.
    assert_eq!(given, (10_000, 5 * 300));
}

#[tokio::test]
async fn a_sweep_drops_what_is_full_and_nothing_else() {
    let rates = Rates::new(Limits {
        app: Some(Rate { calls: 1, period: Duration::from_nanos(1), burst: 1 }),
        domain: hourly(2),
        ..Limits::default()
    });
    let app: Arc<str> = "a".into();
    rates.take(&app, Own::default(), || "x.test".into()).unwrap();
    assert_eq!(rates.kept(), 2);
    while rates.kept() > 1 {
        rates.sweep();
    }
    rates.take(&app, Own::default(), || "x.test".into()).unwrap();
    assert!(rates.take(&app, Own::default(), || "x.test".into()).is_err(), "what was taken before counts");
}
