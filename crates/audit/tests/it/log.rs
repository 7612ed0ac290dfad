//! What becomes of events: each is recorded, stands under another's row, or is counted as lost; and what a row must not hold.

use crate::house::{Events, House};
use egret_audit::{Config, Counts};
use egret_egress::Audit;
use egret_store::{Filter, Retention, Traffic};
use std::thread;
use std::time::SystemTime;

const URL: &str = "https://api.example.com/v1/users/7";

fn calls(sums: &[Traffic]) -> u64 {
    sums.iter().map(|sum| sum.calls).sum()
}

#[test]
fn every_event_is_recorded_or_thinned_or_counted_under_eight_threads() {
    let house = House::new(Config { ring: 512, ..Config::default() });
    thread::scope(|scope| {
        for index in 0..8 {
            let log = &house.log;
            scope.spawn(move || {
                let events = Events::of(&format!("app{index}"));
                for round in 0..20_000 {
                    log.record(if round % 3 == 0 { events.refused(URL) } else { events.answered(URL) });
                }
            });
        }
    });
    house.log.flush().unwrap();
    let counts = house.log.counts();
    assert_eq!(counts.emitted, 160_000);
    assert_eq!(counts.recorded + counts.thinned + counts.dropped, counts.emitted, "{counts:?}");
    let rows = house.store.attempts(&Filter::default(), 0, usize::MAX).unwrap();
    assert_eq!(rows.len() as u64, counts.recorded);
    let stood_for: u64 = rows.iter().map(|(_, row)| u64::from(row.weight)).sum();
    assert_eq!(
        (stood_for, calls(&house.store.traffic(SystemTime::UNIX_EPOCH, None).unwrap())),
        (counts.emitted - counts.dropped, stood_for)
    );
}

#[test]
fn the_log_writes_what_waits_when_it_goes() {
    let House { folder: _folder, store, log } = House::new(Config::default());
    let events = Events::of("shop");
    (0..1_000).for_each(|_| log.record(events.answered(URL)));
    drop(log);
    store.flush().unwrap();
    assert_eq!(store.attempts(&Filter::default(), 0, usize::MAX).unwrap().len(), 1_000);
}

#[test]
fn nothing_is_lost_without_pressure() {
    let house = House::new(Config::default());
    let events = Events::of("shop");
    (0..1_000).for_each(|_| house.log.record(events.refused(URL)));
    house.log.flush().unwrap();
    assert_eq!(house.log.counts(), Counts { emitted: 1_000, recorded: 1_000, ..Counts::default() });
}

#[test]
fn a_path_is_kept_only_where_the_owner_says_so_and_no_word_quotes_it_otherwise() {
    for paths in [false, true] {
        let house = House::new(Config { paths, ..Config::default() });
        let events = Events::of("shop");
        house.log.record(events.answered("https://api.example.com/hunter2"));
        house.log.record(events.refused("https://api.example.com/hunter2"));
        house.log.flush().unwrap();
        let rows = house.store.attempts(&Filter::default(), 0, 10).unwrap();
        assert_eq!(rows.iter().map(|(_, row)| format!("{row:?}").contains("hunter2")).collect::<Vec<_>>(), [paths, paths]);
        assert!(rows.iter().any(|(_, row)| row.words.is_some()));
    }
}

#[test]
fn the_log_ends_where_its_owner_wants() {
    let retention = Retention { rows: 100, ..Retention::default() };
    let house = House::new(Config { retention, ..Config::default() });
    let events = Events::of("shop");
    (0..1_000).for_each(|_| house.log.record(events.answered(URL)));
    house.log.flush().unwrap();
    // The writer takes its step before the next control write.
    house.store.set_setting("server", "step", "taken").unwrap();
    // What was written together, 64 at most, goes together: when the last of it may.
    let kept = house.store.attempts(&Filter::default(), 0, usize::MAX).unwrap();
    assert!((100..164).contains(&kept.len()), "{}", kept.len());
    assert_eq!(kept.last().unwrap().0, 1_000);
}
