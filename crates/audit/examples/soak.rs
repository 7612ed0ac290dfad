//! Whether the log's file and memory stay bounded: `cargo xtask bench soak`. An hour of 1,000 events a second, 3.6 million rows, of which
//! 200,000 and ten minutes may stay; so many seconds where the argument says a number.
#![expect(clippy::unwrap_used, reason = "a measurement may panic")]

use egret_audit::{Config, Log};
use egret_egress::{Audit, Caller, Event, Outcome, Secrets};
use egret_policy::{Policy, Target};
use egret_store::{Filter, Key, Retention, Store};
use std::path::Path;
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

const HOUR: u64 = 3_600;
const RATE: u64 = 1_000;
/// How many events are recorded in one go.
const BURST: u64 = 10;
const ROWS: u64 = 200_000;
const HOSTS: u64 = 50;

/// Memory and files, in KiB.
#[derive(Clone, Copy)]
struct Held {
    resident: u64,
    files: u64,
}

fn main() {
    let seconds = std::env::args().nth(1).map_or(HOUR, |argument| argument.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), Key::new([42; 32])).unwrap();
    let retention = Retention { rows: ROWS, age: Duration::from_secs(600), ..Retention::default() };
    let log = Log::open(store.clone(), Config { retention, ..Config::default() }).unwrap();
    let targets: Vec<_> = (0..HOSTS).map(|host| Target::parse(&format!("https://api{host}.example.com/v1/users/7")).unwrap()).collect();
    let (caller, start, mut seen) = (caller(), Instant::now(), Vec::new());
    println!("| minute | files, MiB | memory, MiB |\n|---|---|---|");
    let mut looks = (1..12).map(|part| seconds * part / 12).peekable();
    for burst in 0..seconds * RATE / BURST {
        sleep(Duration::from_micros(burst * BURST * 1_000_000 / RATE).saturating_sub(start.elapsed()));
        (0..BURST).for_each(|event| log.record(event_to(&caller, &targets[((burst + event) % HOSTS) as usize])));
        if looks.next_if(|look| start.elapsed().as_secs() >= *look).is_some() {
            seen.push(look(folder.path(), start.elapsed()));
        }
    }
    log.flush().unwrap();
    seen.push(look(folder.path(), start.elapsed()));
    println!("  {:?}; {} rows are left", log.counts(), store.attempts(&Filter::default(), 0, usize::MAX).unwrap().len());
    let half = seen[seen.len() / 2];
    let end = seen[seen.len() - 1];
    figure("files_growth", end.files as f64 / half.files as f64);
    figure("memory_growth", end.resident as f64 / half.resident as f64);
}

fn figure(name: &str, value: f64) {
    println!("figure audit.{name} {value:.3} 1.05 {}", if value <= 1.05 { "ok" } else { "miss" });
}

fn look(folder: &Path, at: Duration) -> Held {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum::<u64>() / 1024;
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let resident = line.trim().trim_end_matches("kB").trim().parse().unwrap();
    println!("| {:.0} | {:.1} | {:.1} |", at.as_secs_f64() / 60.0, files as f64 / 1024.0, resident as f64 / 1024.0);
    Held { resident, files }
}

fn event_to(caller: &Caller, target: &Target) -> Event {
    Event {
        time: SystemTime::now(),
        call: Arc::from("01M7ZT21QJ43A68TT9SZK4GC4W"),
        caller: caller.clone(),
        hop: 0,
        retries: 0,
        method: http::Method::GET,
        target: Some(target.clone()),
        route: Some(Arc::clone(&caller.function)),
        rule: None,
        secrets: Vec::new(),
        echoed: Vec::new(),
        address: Some("93.184.216.34:443".parse().unwrap()),
        reused: true,
        hook: None,
        cached: None,
        status: Some(200),
        outcome: Outcome::Answered,
        reported: None,
        change: None,
        sent: 100,
        received: 1_000,
        took: Duration::from_millis(20),
        timings: egret_egress::Timings::default(),
    }
}
fn caller() -> Caller {
    let grants = Arc::new(Policy::builder().build().unwrap()).into();
    let deadline = tokio::time::Instant::now() + Duration::from_secs(600);
    let invocation = "01M7ZT21QJ43A68TT9SZK4GC4X".into();
    Caller {
        app: "shop".into(),
        function: "api/pay.js".into(),
        invocation,
        door: egret_egress::Door::Js,
        grants,
        secrets: Secrets::none(),
        budget: egret_egress::Budget::none(),
        deadline,
    }
}
