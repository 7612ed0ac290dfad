//! What the log costs and bears: `cargo xtask bench audit`. Events at the rate of a busy server from eight threads, each timed on
//! its way into the ring; whether every one of them is accounted for; and how many rows the writer takes. The argument `rows` has
//! only the last measured.
#![expect(clippy::unwrap_used, reason = "a measurement may panic")]

use egret_audit::{Config, Log};
use egret_egress::{Audit, Caller, Door, Event, Outcome, Secrets, Timings};
use egret_policy::{Policy, Target};
use egret_store::{Attempt, Class, Filter, Key, Retention, Store, Write};
use rustix::time::{ClockId, clock_gettime};
use std::borrow::Cow;
use std::env;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

const THREADS: u32 = 8;
const RATE: u32 = 50_000;
const SECONDS: u32 = 30;
/// How many events a thread records in one go.
const BURST: u32 = 10;
const ROWS: usize = 1_000_000;
/// Rows that are handed over together.
const BATCH: usize = 4_000;
const ROUNDS: usize = 3;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    if env::args().nth(1).as_deref() != Some("rows") {
        enqueue(&store(folder.path(), "enqueue"));
    }
    let best = (0..ROUNDS).map(|round| rows(&store(folder.path(), &format!("rows{round}")))).fold(0.0, f64::max);
    figure("rows", best, 500_000.0, best >= 500_000.0);
}

fn store(folder: &Path, part: &str) -> Store {
    Store::open(&folder.join(part), Key::new([42; 32])).unwrap()
}

fn figure(name: &str, value: f64, goal: f64, good: bool) {
    println!("figure audit.{name} {value:.2} {goal} {}", if good { "ok" } else { "miss" });
}

fn event(caller: &Caller, target: &Target) -> Event {
    Event {
        time: SystemTime::now(),
        call: Arc::from("01M7ZT21QJ43A68TT9SZK4GC4W"),
        caller: caller.clone(),
        hop: 0,
        retries: 0,
        method: http::Method::GET,
        target: Some(target.clone()),
        route: Some(Arc::clone(&caller.function)),
        hook: None,
        rule: None,
        secrets: Vec::new(),
        echoed: Vec::new(),
        address: Some("93.184.216.34:443".parse().unwrap()),
        reused: true,
        cached: None,
        status: Some(200),
        outcome: Outcome::Answered,
        reported: None,
        change: None,
        sent: 100,
        received: 1_000,
        took: Duration::from_millis(20),
        timings: Timings { first_byte: Some(Duration::from_millis(19)), ..Timings::default() },
    }
}

fn caller(app: &str) -> Caller {
    let grants = Arc::new(Policy::builder().build().unwrap()).into();
    let deadline = tokio::time::Instant::now() + Duration::from_secs(600);
    let invocation = "01M7ZT21QJ43A68TT9SZK4GC4X".into();
    Caller {
        app: app.into(),
        function: "api/pay.js".into(),
        invocation,
        door: Door::Js,
        grants,
        secrets: Secrets::none(),
        budget: egret_egress::Budget::none(),
        deadline,
    }
}

/// Nothing goes while the rows are counted.
fn unending() -> Config {
    Config { retention: Retention { rows: u64::MAX, ..Retention::default() }, ..Config::default() }
}

/// Events at a rate, timed one by one. A thread that comes late catches up, as a burst of requests would.
fn enqueue(store: &Store) {
    let log = Log::open(store.clone(), unending()).unwrap();
    let before = cpu();
    let mut times: Vec<u32> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|index| {
                scope.spawn({
                    let log = &log;
                    move || emit(log, index)
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let spent = cpu() - before;
    log.flush().unwrap();
    let counts = log.counts();
    times.sort_unstable();
    let at = |share: f64| f64::from(times[((times.len() - 1) as f64 * share) as usize]) / 1e3;
    println!(
        "{} events in {SECONDS} s from {THREADS} threads: p50 {:.2} µs, p99 {:.2} µs, p99.9 {:.2} µs",
        times.len(),
        at(0.5),
        at(0.99),
        at(0.999)
    );
    println!("  {:.2} µs of CPU an event, its making, its row and the clock included", spent * 1e6 / times.len() as f64);
    println!("  {counts:?}");
    let rows = store.attempts(&Filter::default(), 0, usize::MAX).unwrap();
    let stood_for: u64 = rows.iter().map(|(_, row)| u64::from(row.weight)).sum();
    let sums: u64 = store.traffic(SystemTime::UNIX_EPOCH, None).unwrap().iter().map(|sum| sum.calls).sum();
    figure("enqueue_p99_us", at(0.99), 2.0, at(0.99) <= 2.0);
    let off = counts.emitted.abs_diff(counts.recorded + counts.thinned + counts.dropped) + counts.emitted.abs_diff(sums + counts.dropped);
    println!("  {} rows are kept, which stand for {stood_for} events; the sums have {sums}", rows.len());
    figure("unaccounted", off as f64, 0.0, off == 0);
}

fn emit(log: &Log, index: u32) -> Vec<u32> {
    let (caller, target) = (caller(&format!("app{index}")), Target::parse("https://api.example.com/v1/users/7").unwrap());
    let bursts = RATE / THREADS / BURST * SECONDS;
    let pause = Duration::from_secs(1) / (RATE / THREADS / BURST);
    let start = Instant::now();
    let mut times = Vec::with_capacity((bursts * BURST) as usize);
    for burst in 0..bursts {
        thread::sleep((pause * burst).saturating_sub(start.elapsed()));
        for _ in 0..BURST {
            let event = event(&caller, &target);
            let before = Instant::now();
            log.record(event);
            times.push(u32::try_from(before.elapsed().as_nanos()).unwrap_or(u32::MAX));
        }
    }
    times
}

/// Rows a second that the writer takes, from batches that are made before.
fn rows(store: &Store) -> f64 {
    let (caller, target) = (caller("shop"), Target::parse("https://api.example.com/v1/users/7").unwrap());
    let log = Log::open(store.clone(), unending()).unwrap();
    log.record(event(&caller, &target));
    log.flush().unwrap();
    let row = store.attempts(&Filter::default(), 0, 1).unwrap().remove(0).1;
    let write = |number| Write::Attempt(Box::new(another(&row, number)));
    let batches: Vec<Vec<Write>> = (0..ROWS / BATCH).map(|batch| (0..BATCH).map(|index| write(batch * BATCH + index)).collect()).collect();
    let (start, before) = (Instant::now(), cpu());
    for batch in batches {
        while store.fullness(Class::Audit) > 0.5 {
            thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(store.bulk_all(Class::Audit, batch), 0);
    }
    store.flush().unwrap();
    let took = start.elapsed().as_secs_f64();
    println!("{:.0} rows a second, {:.2} µs of CPU a row", ROWS as f64 / took, (cpu() - before) * 1e6 / ROWS as f64);
    ROWS as f64 / took
}

/// A row as the kernel's events make them: no call twice, eight apps with eight hosts, and no two durations and sizes alike.
fn another(row: &Attempt, number: usize) -> Attempt {
    let word = |word: &'static str| Some(Cow::Borrowed(word));
    Attempt {
        time: row.time + Duration::from_micros(number as u64 * 20),
        call: format!("01M7ZT21QJ43A68TT9{number:08}").into(),
        invocation: format!("01M7ZT21QJ43A68TTA{number:08}").into(),
        app: format!("shop{}", number / 3 % 8).into(),
        host: Some(format!("api{}.example.com", number / 5 % 8).into()),
        door: word("js"),
        scheme: word("https"),
        method: "GET".into(),
        received: number as u64 * 7_919 % 60_000,
        took: Duration::from_micros(number as u64 * 104_729 % 900_000),
        timings: egret_store::Timings { first_byte: Some(Duration::from_micros(number as u64 * 104_729 % 800_000)), ..row.timings },
        ..row.clone()
    }
}

/// Seconds of CPU that this process has had.
fn cpu() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}
