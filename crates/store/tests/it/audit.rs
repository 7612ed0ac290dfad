//! The log of attempts: what is written is read, sums are those of the rows, and it ends where it was told to.

use crate::house::{House, database};
use egret_store::{Attempt, Class, Ended, Filter, Others, Retention, Reuse, Reused, Store, StoreError, Timings, Write};
use std::fs;
use std::time::{Duration, SystemTime};

/// The begin of a minute, so that what follows within it falls into one sum.
fn minute() -> SystemTime {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    SystemTime::UNIX_EPOCH + Duration::from_secs(now / 60 * 60)
}

fn attempt(app: &str, host: &str) -> Attempt {
    Attempt {
        time: minute(),
        call: "01M7ZT21QJ43A68TT9SZK4GC4W".into(),
        hop: 0,
        app: app.into(),
        function: "api/pay".into(),
        invocation: "01M7ZT21QJ43A68TT9SZK4GC4X".into(),
        door: None,
        method: "GET".into(),
        scheme: Some("https".into()),
        host: Some(host.into()),
        port: Some(443),
        route: Some("/v1/**".into()),
        path: None,
        rule: None,
        ended: Ended::Answered,
        code: None,
        words: None,
        change: None,
        reported: None,
        address: Some("93.184.216.34:443".to_owned()),
        reused: false,
        cached: false,
        cache: None,
        hook: None,
        retries: 0,
        status: Some(200),
        sent: 10,
        received: 1_000,
        took: Duration::from_millis(20),
        timings: Timings::default(),
        secrets: Vec::new(),
        echoed: Vec::new(),
        weight: 1,
        others: Others::default(),
    }
}

fn refused(app: &str, host: &str) -> Attempt {
    let (words, change) = (Some("no rule names it".to_owned()), Some("[[net.rules]]".to_owned()));
    Attempt {
        ended: Ended::Refused,
        code: Some("policy.rule.no_host".into()),
        words,
        change,
        status: None,
        address: None,
        ..attempt(app, host)
    }
}

fn write(store: &Store, attempts: impl IntoIterator<Item = Attempt>) {
    assert_eq!(store.bulk_all(Class::Audit, attempts.into_iter().map(|attempt| Write::Attempt(Box::new(attempt))).collect()), 0);
    store.flush().unwrap();
}

/// Waits until the writer has taken another step: it takes one before each control write.
fn step(house: &House) {
    house.store.set_setting("server", "step", "taken").unwrap();
}

fn rows(house: &House) -> i64 {
    house.raw().query_row("SELECT coalesce(sum(count), 0) FROM attempts", [], |row| row.get(0)).unwrap()
}

#[test]
fn an_attempt_is_read_as_it_was_written() {
    let house = House::new();
    let some = |millis| Some(Duration::from_millis(millis));
    let full = Attempt {
        door: Some("fetch".into()),
        path: Some("/v1/charges".to_owned()),
        rule: Some("8f1c".into()),
        reported: Some("policy.rule.path".into()),
        reused: true,
        cached: true,
        cache: Some("stale".into()),
        hook: Some("policy".into()),
        retries: 2,
        timings: Timings { queue: some(1), dns: some(2), connect: None, tls: some(4), first_byte: some(5) },
        secrets: vec!["KEY".to_owned(), "OTHER".to_owned()],
        echoed: vec!["KEY".to_owned()],
        weight: 3,
        ..refused("shop", "api.example.com")
    };
    let bare = Attempt { scheme: None, host: None, port: None, route: None, ..refused("shop", "") };
    write(&house.store, [full.clone(), bare.clone()]);
    assert_eq!(house.store.attempts(&Filter::default(), 0, 10).unwrap(), [(1, full), (2, bare)]);
}

#[test]
fn attempts_are_found_by_app_host_time_and_fate_and_followed_by_number() {
    let house = House::new();
    let later = Attempt { time: minute() + Duration::from_secs(30), ..attempt("shop", "b.test") };
    write(&house.store, [attempt("shop", "a.test"), refused("shop", "a.test"), attempt("blog", "a.test"), later]);
    let found = |filter: Filter| -> Vec<i64> {
        let newest: Vec<i64> = house.store.latest_attempts(&filter, 10).unwrap().into_iter().rev().map(|(id, _)| id).collect();
        let oldest: Vec<i64> = house.store.attempts(&filter, 0, 10).unwrap().into_iter().map(|(id, _)| id).collect();
        assert_eq!(newest, oldest);
        oldest
    };
    assert_eq!(found(Filter { app: Some("shop".to_owned()), ..Filter::default() }), [1, 2, 4]);
    assert_eq!(found(Filter { host: Some("a.test".to_owned()), ..Filter::default() }), [1, 2, 3]);
    assert_eq!(found(Filter { refused: true, ..Filter::default() }), [2]);
    assert_eq!(found(Filter { since: Some(minute() + Duration::from_secs(1)), ..Filter::default() }), [4]);
    assert_eq!(found(Filter { until: Some(minute() + Duration::from_secs(1)), ..Filter::default() }), [1, 2, 3]);
    let of_code = |code: &str| found(Filter { code: Some(code.to_owned()), ..Filter::default() });
    assert_eq!((of_code("policy.rule.no_host"), of_code("policy.rule"), of_code("policy.ru")), (vec![2], vec![2], vec![]));
    let all = Filter::default();
    let page: Vec<i64> = house.store.attempts(&all, 2, 1).unwrap().into_iter().map(|(id, _)| id).collect();
    assert_eq!((page, house.store.attempts(&all, 4, 10).unwrap().len()), (vec![3], 0));
}

#[test]
fn a_call_is_told_with_all_its_hops_in_order() {
    let house = House::new();
    let hop = |hop, call: &str| Attempt { hop, call: call.into(), ..attempt("shop", "a.test") };
    write(&house.store, [hop(1, "one"), hop(0, "two"), hop(0, "one"), hop(2, "one")]);
    let hops: Vec<u8> = house.store.story("one", 100).unwrap().iter().map(|attempt| attempt.hop).collect();
    assert_eq!((hops, house.store.story("none", 100).unwrap().len()), (vec![0, 1, 2], 0));
}

#[test]
fn the_sums_of_a_minute_count_what_has_no_row_of_its_own() {
    let house = House::new();
    let mut thinned = attempt("shop", "a.test");
    thinned.absorb(&Attempt { took: Duration::from_millis(70), ..attempt("shop", "a.test") });
    thinned.absorb(&attempt("shop", "a.test"));
    write(&house.store, [thinned]);
    let failed = Attempt { ended: Ended::Failed, ..attempt("shop", "a.test") };
    write(&house.store, [failed, refused("shop", "a.test"), attempt("blog", "a.test")]);
    let sums = house.store.traffic(minute(), Some("shop")).unwrap();
    assert_eq!(sums.len(), 1);
    let sum = &sums[0];
    assert_eq!((sum.minute, sum.host.as_str(), sum.calls, sum.refused, sum.failed), (minute(), "a.test", 5, 1, 1));
    assert_eq!((sum.sent, sum.received, sum.took.as_millis(), sum.longest.as_millis()), (50, 5_000, 150, 70));
    assert_eq!(house.store.traffic(minute(), None).unwrap().len(), 2);
    assert_eq!(house.store.traffic(minute() + Duration::from_secs(60), None).unwrap().len(), 0);
}

#[test]
fn hosts_without_number_do_not_make_sums_without_number() {
    let house = House::new();
    write(&house.store, (0..3_000).map(|index| refused("shop", &format!("{index}.test"))));
    let sums = house.store.traffic(minute(), None).unwrap();
    let unnamed: u64 = sums.iter().filter(|sum| sum.host.is_empty()).map(|sum| sum.calls).sum();
    assert_eq!((sums.len(), unnamed), (1_025, 3_000 - 1_024));
}

#[test]
fn the_log_ends_at_its_rows_and_its_file_grows_no_more() {
    let house = House::new();
    house.store.retain(Retention { rows: 10_000, ..Retention::default() });
    let mut sizes = Vec::new();
    for _ in 0..12 {
        write(&house.store, (0..5_000).map(|_| attempt("shop", "api.example.com")));
        step(&house);
        house.raw().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
        sizes.push(fs::metadata(database(house.folder.path())).unwrap().len());
    }
    assert_eq!(rows(&house), 10_000);
    assert_eq!(house.store.latest_attempts(&Filter::default(), 1).unwrap()[0].0, 60_000);
    // Three times five thousand rows were the most that there ever were; what came later took their pages.
    assert!(sizes[11] <= sizes[3] + sizes[3] / 10, "{sizes:?}");
}

#[test]
fn what_is_too_old_goes_without_anything_being_written() {
    let house = House::new();
    let old = Attempt { time: SystemTime::now() - Duration::from_secs(3_600 * 24 * 31), ..attempt("shop", "a.test") };
    house.store.retain(Retention { age: Duration::MAX, traffic: Duration::MAX, ..Retention::default() });
    write(&house.store, (0..9_000).map(|_| old.clone()));
    // What is written together goes together: the last old one with this one.
    write(&house.store, [old, attempt("shop", "a.test")]);
    assert_eq!((rows(&house), house.store.traffic(SystemTime::UNIX_EPOCH, None).unwrap().len()), (9_002, 2));
    house.store.retain(Retention::default());
    (0..5).for_each(|_| step(&house));
    assert_eq!((rows(&house), house.store.traffic(SystemTime::UNIX_EPOCH, None).unwrap().len()), (2, 1));
}

#[test]
fn a_log_that_cannot_be_written_is_counted_with_its_reason_and_nothing_is_corrupt() {
    let house = House::new();
    let holder = house.raw();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let dropped = house.store.bulk_all(Class::Denials, vec![Write::Attempt(Box::new(refused("shop", "a.test"))); 3]);
    house.store.flush().unwrap();
    assert_eq!((dropped, house.store.dropped(Class::Denials)), (0, 3));
    assert!(matches!(house.store.bulk_fault(), Some(StoreError::Busy)));
    assert!(house.store.bulk_fault().is_none());
    drop(holder);
    write(&house.store, [attempt("shop", "a.test")]);
    house.store.check().unwrap();
    assert_eq!(rows(&house), 1);
}

#[test]
fn texts_without_end_are_cut_and_the_row_is_kept() {
    let house = House::new();
    let long = "é".repeat(10_000);
    let row = Attempt { path: Some(long.clone()), words: Some(long.clone()), function: long.as_str().into(), ..refused(&long, &long) };
    write(&house.store, [row]);
    let (_, kept) = house.store.latest_attempts(&Filter::default(), 1).unwrap().remove(0);
    assert_eq!((kept.app.len(), kept.host.unwrap().len(), kept.path.unwrap().len()), (128, 254, 4_096));
}

#[test]
fn a_backup_has_the_log_too() {
    let house = House::new();
    write(&house.store, [attempt("shop", "a.test")]);
    let house = house.again();
    assert_eq!(house.store.attempts(&Filter::default(), 0, 10).unwrap().len(), 1);
    let copy = house.folder.path().join("copy.db");
    house.store.backup(&copy).unwrap();
    let count: i64 = rusqlite::Connection::open(copy).unwrap().query_row("SELECT sum(count) FROM attempts", [], |row| row.get(0)).unwrap();
    assert_eq!(count, 1);
}

#[test]
fn a_process_that_keeps_no_log_shortens_none() {
    let house = House::new();
    let old = Attempt { time: SystemTime::UNIX_EPOCH, ..attempt("shop", "a.test") };
    write(&house.store, [old]);
    step(&house);
    let house = house.again();
    (0..3).for_each(|_| step(&house));
    assert_eq!(rows(&house), 1);
}

#[test]
fn a_page_may_begin_and_end_within_a_pack_and_none_is_told_twice() {
    let house = House::new();
    let numbered = |from: u64| (from..from + 150).map(|sent| Attempt { sent, ..attempt("shop", "a.test") });
    write(&house.store, numbered(1));
    write(&house.store, numbered(151));
    let packs: i64 = house.raw().query_row("SELECT count(*) FROM attempts", [], |row| row.get(0)).unwrap();
    assert_eq!((packs, rows(&house)), (6, 300));
    let (mut last, mut seen) = (0, Vec::new());
    while let Some((number, _)) = house.store.attempts(&Filter::default(), last, 7).unwrap().last() {
        seen.extend(house.store.attempts(&Filter::default(), last, 7).unwrap().into_iter().map(|(number, row)| (number, row.sent)));
        last = *number;
    }
    assert_eq!(seen, (1..=300).map(|number| (number, number as u64)).collect::<Vec<_>>());
    let newest: Vec<i64> = house.store.latest_attempts(&Filter::default(), 100).unwrap().into_iter().map(|(number, _)| number).collect();
    assert_eq!(newest, (201..=300).rev().collect::<Vec<_>>());
}

#[test]
fn what_is_kept_is_no_less_than_was_told_and_less_than_a_pack_more() {
    let house = House::new();
    house.store.retain(Retention { rows: 100, ..Retention::default() });
    write(&house.store, (0..200).map(|_| attempt("shop", "a.test")));
    (0..3).for_each(|_| step(&house));
    let numbers: Vec<i64> = house.store.attempts(&Filter::default(), 0, 1_000).unwrap().into_iter().map(|(number, _)| number).collect();
    assert_eq!(numbers, (65..=200).collect::<Vec<_>>());
}

#[test]
fn a_damaged_pack_is_told_by_its_number_and_the_others_are_read() {
    let house = House::new();
    for _ in 0..3 {
        write(&house.store, (0..2).map(|_| attempt("shop", "a.test")));
    }
    house.raw().execute("UPDATE attempts SET pack = substr(pack, 1, length(pack) - 1) WHERE id = 3", []).unwrap();
    let all = Filter::default();
    let told = house.store.attempts(&all, 0, 10).unwrap_err().to_string();
    assert!(told.contains("the number 3"), "{told}");
    let read = |after, most| house.store.attempts(&all, after, most).unwrap().len();
    assert_eq!((read(0, 2), read(4, 10), house.store.latest_attempts(&all, 2).unwrap().len()), (2, 2, 2));
}

#[test]
fn what_stored_answers_did_is_summed_up_by_host_over_so_many_rows() {
    let (house, since) = (House::new(), minute());
    let cached = |how: &'static str| Attempt { cached: how != "absent", cache: Some(how.into()), received: 7, ..attempt("shop", "a.test") };
    let post = Attempt { method: "POST".into(), ..attempt("shop", "a.test") };
    let failed = Attempt { ended: Ended::Failed, status: None, ..attempt("shop", "a.test") };
    let old = Attempt { time: since - Duration::from_secs(90), ..attempt("shop", "a.test") };
    let several = Attempt { weight: 3, ..cached("hit") };
    let rest = [attempt("shop", "a.test"), cached("hit"), several, cached("stale"), cached("revalidated"), cached("absent"), post, failed];
    write(&house.store, [old].into_iter().chain(rest).chain([refused("shop", "a.test"), attempt("blog", "a.test")]));
    let sums = Reused {
        app: "shop".to_owned(),
        host: "a.test".to_owned(),
        hits: 4,
        stale: 1,
        revalidated: 1,
        absent: 1,
        upstream: 1,
        stored_bytes: 35,
        upstream_bytes: 1_000,
    };
    assert_eq!(house.store.reuse(since, Some("shop"), 10).unwrap(), Reuse { hosts: vec![sums.clone()], is_whole: true });
    let all = house.store.reuse(since, None, 100).unwrap();
    assert_eq!((all.hosts.len(), &all.hosts[1], all.is_whole), (2, &sums, true));
    let few = house.store.reuse(since, Some("shop"), 9).unwrap();
    assert_eq!((few.hosts[0].upstream, few.hosts[0].hits, few.is_whole), (0, 4, false));
}
