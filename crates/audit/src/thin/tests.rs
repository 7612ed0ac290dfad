//! Nothing is lost by thinning but rows.

use super::*;
use egret_store::{Others, Timings};
use std::time::{Duration, SystemTime};

fn attempt(app: &str, host: &str, ended: Ended, sent: u64) -> Attempt {
    let code = matches!(ended, Ended::Refused | Ended::Failed).then(|| "policy.rule.path".into());
    Attempt {
        time: SystemTime::UNIX_EPOCH,
        call: "c".into(),
        hop: 0,
        app: app.into(),
        function: "f".into(),
        invocation: "i".into(),
        door: None,
        method: "GET".into(),
        scheme: None,
        host: Some(host.into()),
        port: None,
        route: None,
        path: None,
        rule: None,
        ended,
        code,
        words: None,
        change: None,
        reported: None,
        address: None,
        reused: false,
        cached: false,
        cache: None,
        hook: None,
        retries: 0,
        status: None,
        sent,
        received: 2 * sent,
        took: Duration::from_millis(sent),
        timings: Timings::default(),
        secrets: Vec::new(),
        echoed: Vec::new(),
        weight: 1,
        others: Others::default(),
    }
}

/// Calls, bytes each way and time.
type Sum = (u64, u64, u64, Duration);

/// The sums by app and fate.
fn sums(rows: &[Attempt]) -> HashMap<(Arc<str>, Ended), Sum> {
    let mut sums = HashMap::new();
    for row in rows {
        let sum: &mut Sum = sums.entry((Arc::clone(&row.app), row.ended)).or_default();
        sum.0 += u64::from(row.weight);
        sum.1 += row.sent + row.others.sent;
        sum.2 += row.received + row.others.received;
        sum.3 += row.took + row.others.took;
    }
    sums
}

fn mixed() -> Vec<Attempt> {
    let one = |index: u64| {
        let app = if index.is_multiple_of(3) { "shop" } else { "blog" };
        let host = format!("{}.test", index % 5);
        attempt(app, &host, Ended::ALL[(index % 7 % 4) as usize], index)
    };
    (0..5_000).map(one).collect()
}

#[test]
fn without_pressure_every_attempt_has_its_row() {
    assert_eq!(thin(mixed(), one_of(0.49)).len(), 5_000);
}

#[test]
fn under_pressure_the_sums_of_every_app_stay_right() {
    for fullness in [0.5, 0.8, 1.0] {
        let (all, kept) = (mixed(), thin(mixed(), one_of(fullness)));
        assert!(kept.len() < all.len() / 2, "{}", kept.len());
        assert_eq!(sums(&kept), sums(&all));
    }
}

#[test]
fn one_allowed_call_of_so_many_stays_and_refusals_become_one_row_of_each_kind() {
    let allowed = thin((0..100).map(|_| attempt("shop", "a.test", Ended::Answered, 1)).collect(), 16);
    assert_eq!(allowed.iter().map(|row| row.weight).collect::<Vec<_>>(), [16, 16, 16, 16, 16, 16, 4]);
    let hosts = (0..100).map(|index| attempt("shop", if index % 2 == 0 { "a.test" } else { "b.test" }, Ended::Refused, 0));
    let refused = thin(hosts.collect(), 4);
    assert_eq!(refused.iter().map(|row| (row.host.as_deref().unwrap(), row.weight)).collect::<Vec<_>>(), [("a.test", 50), ("b.test", 50)]);
}

#[test]
fn an_echo_of_a_secret_keeps_its_row() {
    let mut echo = attempt("shop", "a.test", Ended::Answered, 1);
    echo.echoed = vec!["KEY".to_owned()];
    let plain = attempt("shop", "a.test", Ended::Answered, 1);
    let kept = thin(vec![plain.clone(), echo, plain.clone(), plain], 64);
    assert_eq!(kept.iter().map(|row| (row.echoed.len(), row.weight)).collect::<Vec<_>>(), [(0, 1), (1, 1), (0, 2)]);
}

#[test]
fn a_row_speaks_for_no_call_that_was_answered_another_way() {
    let plain = attempt("shop", "a.test", Ended::Answered, 1);
    let hit = Attempt { cached: true, cache: Some("hit".into()), ..plain.clone() };
    let kept = thin(vec![plain.clone(), hit.clone(), plain, hit.clone(), hit], 64);
    assert_eq!(kept.iter().map(|row| (row.cache.as_deref(), row.weight)).collect::<Vec<_>>(), [(None, 2), (Some("hit"), 3)]);
}
