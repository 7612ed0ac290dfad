//! What the store bears: `cargo xtask bench store`. Durable control writes of 64 writers, rows that nobody waits for, and
//! what a running server asks for all the time. The disk
//! under `TMPDIR` decides over the first: it is synced for every group.
#![expect(clippy::unwrap_used, reason = "a measurement may panic")]

use egret_store::{Class, Key, SecretGrantRow, Store, Taken, Write};
use rustix::time::{ClockId, clock_gettime};
use std::hint::black_box;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime};
use zeroize::Zeroizing;

const WRITERS: usize = 64;
const ROUNDS: usize = 5;
const CONTROL: Duration = Duration::from_secs(2);
const ROWS: u64 = 1_000_000;
const SECRETS: usize = 5;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    println!("the disk: {:.2} ms a sync of 4 KiB", sync(folder.path()).as_secs_f64() * 1e3);
    figure("control.64", "durable control writes a second, 64 writers", best(|round| control(&fresh(folder.path(), "c", round))), 5_000.0);
    figure("bulk", "rows a second that nobody waits for", best(|round| bulk(&fresh(folder.path(), "b", round))), 500_000.0);
    asked(&fresh(folder.path(), "a", 0));
}

fn fresh(folder: &Path, part: &str, round: usize) -> Store {
    Store::open(&folder.join(format!("{part}{round}")), Key::new([42; 32])).unwrap()
}

fn best(measure: impl Fn(usize) -> f64) -> f64 {
    (0..ROUNDS).map(measure).fold(0.0, f64::max)
}

fn figure(name: &str, what: &str, value: f64, goal: f64) {
    println!("{value:.0} {what} (best of {ROUNDS})");
    println!("figure store.{name} {value:.0} {goal:.0} {}", if value >= goal { "ok" } else { "miss" });
}

/// What the disk itself takes, since no group can be faster.
fn sync(folder: &Path) -> Duration {
    use std::io::Write as _;
    let mut file = std::fs::File::create(folder.join("sync")).unwrap();
    let once = |_| {
        let start = Instant::now();
        file.write_all(&[7; 4096]).and_then(|()| file.sync_data()).unwrap();
        start.elapsed()
    };
    let mut times: Vec<Duration> = (0..50).map(once).collect();
    times.sort();
    times[times.len() / 2]
}

fn control(store: &Store) -> f64 {
    let app = store.create_app("bench", None).unwrap().id;
    let written = AtomicU64::new(0);
    let start = Instant::now();
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (app, written) = (&app, &written);
            scope.spawn(move || {
                for index in 0.. {
                    store.set_setting(app, &format!("s{writer}"), &index.to_string()).unwrap();
                    written.fetch_add(1, Ordering::Relaxed);
                    if start.elapsed() >= CONTROL {
                        break;
                    }
                }
            });
        }
    });
    written.into_inner() as f64 / start.elapsed().as_secs_f64()
}

/// Rows as they come from a busy server, at the rate at which the writer takes them: what is dropped is handed over again.
fn bulk(store: &Store) -> f64 {
    let time = SystemTime::now();
    let (start, before) = (Instant::now(), cpu());
    for index in 0..ROWS {
        let text = format!("GET https://api.example.com/v1/users/{index} 200");
        let row = Write::Event { time, app: Some("01M7ZT21QJ43A68TT9SZK4GC4W".to_owned()), kind: "call".to_owned(), text };
        while store.bulk(Class::Audit, row.clone()) == Taken::Dropped {
            store.flush().unwrap();
        }
    }
    store.flush().unwrap();
    println!("  {:.2} µs of CPU a row, its making included", (cpu() - before) * 1e6 / ROWS as f64);
    ROWS as f64 / start.elapsed().as_secs_f64()
}

/// Seconds of CPU that this process has had.
fn cpu() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

fn asked(store: &Store) {
    let app = store.create_app("bench", None).unwrap().id;
    for index in 0..SECRETS {
        let name = format!("KEY{index}");
        store.set_secret(&app, &name, Zeroizing::new(vec![b'x'; 40])).unwrap();
        let host = "api.example.com".to_owned();
        let grant = SecretGrantRow { scheme: "https".to_owned(), host, port: 443, place: "bearer".to_owned(), rule: None };
        store.grant_secret(&app, &name, grant).unwrap();
        store.add_grant(&app, &format!(r#"{{"host":"{index}.example.com"}}"#), false).unwrap();
    }
    println!(
        "{:.2} µs of CPU to ask whether anything changed",
        each(20_000, || {
            black_box(store.changes().unwrap());
        })
    );
    println!(
        "{:.1} µs of CPU for a snapshot with {SECRETS} secrets",
        each(2_000, || {
            black_box(store.snapshot(&app).unwrap());
        })
    );
}

/// Microseconds of CPU for one call.
fn each(calls: u32, call: impl Fn()) -> f64 {
    let before = cpu();
    (0..calls).for_each(|_| call());
    (cpu() - before) * 1e6 / f64::from(calls)
}
