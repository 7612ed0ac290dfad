//! A process that writes is killed, again and again: what it was told is kept is there each time.

use crate::house::{key, raw, to, value};
use egret_store::{Class, Store, Write};
use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

/// Threads of the child that write and tell.
const WRITERS: usize = 4;
/// Rows that the child hands over without waiting for them.
const ROWS: usize = 1_000;

#[test]
fn twenty_kills_lose_no_acknowledged_write() {
    kill(20);
}

#[test]
#[ignore = "takes minutes; `cargo test -p egret-store -- --ignored --exact kill::a_thousand_kills_lose_no_acknowledged_write --nocapture`"]
fn a_thousand_kills_lose_no_acknowledged_write() {
    let slowest = kill(1_000);
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
}

/// The process that is killed: this binary again, told by a line of its input where to write. By itself it does nothing.
#[test]
#[ignore = "no test: what the tests above start and kill"]
fn child() {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    if let Some((round, folder)) = line.trim().split_once(' ') {
        write_until_killed(round, Path::new(folder));
    }
}

/// So many rounds on one store. Gives the longest time that it took to open it after a kill.
fn kill(rounds: usize) -> Duration {
    let folder = tempfile::tempdir().unwrap();
    let (mut told, mut slowest) = (0, Duration::ZERO);
    for round in 0..rounds {
        let acknowledged = run(round, folder.path());
        let start = Instant::now();
        let store = Store::open(folder.path(), key()).unwrap();
        slowest = slowest.max(start.elapsed());
        told += acknowledged.len();
        let kept = kept(&store, round);
        let missing: Vec<&String> = acknowledged.iter().filter(|line| !kept.contains(*line)).take(3).collect();
        assert!(missing.is_empty(), "round {round} lost {missing:?}");
        drop(store);
        let check: String = raw(folder.path()).query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(check, "ok", "round {round}");
    }
    let bytes = std::fs::metadata(folder.path().join("egret.db")).unwrap().len();
    println!("{rounds} kills, {told} acknowledged writes, none lost; slowest start {slowest:?}, file {bytes} bytes");
    slowest
}

/// One child's life: what it told before it was killed in the middle of more.
fn run(round: usize, folder: &Path) -> Vec<String> {
    let mut child = start();
    let input = format!("round-{round} {}\n", folder.display());
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut acknowledged = Vec::new();
    let enough = round * 37 % 101 + 1;
    while acknowledged.len() < enough {
        acknowledged.extend(acknowledgement(&output.next().unwrap()));
    }
    child.kill().unwrap();
    // What it told before the kill reached it counts as well; only a line that was cut off does not.
    acknowledged.extend(output.filter_map(|line| acknowledgement(&line)));
    child.wait().unwrap();
    acknowledged
}

#[expect(clippy::disallowed_methods, reason = "test: a process that is there to be killed")]
fn start() -> Child {
    let arguments = ["--ignored", "--exact", "kill::child", "--nocapture"];
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()
}

fn acknowledgement(line: &str) -> Option<String> {
    Some(line.strip_prefix("kept ")?.strip_suffix(" .")?.to_owned())
}

/// Everything of a round that is in the store, in the words in which the child tells it.
fn kept(store: &Store, round: usize) -> HashSet<String> {
    let app = store.app(&format!("round-{round}")).unwrap().unwrap();
    let snapshot = store.snapshot(&app.id).unwrap().unwrap();
    let grants = snapshot.grants.into_iter().map(|grant| grant.rule);
    let settings = snapshot.settings.into_iter().map(|setting| setting.name);
    let secrets = snapshot.secrets.into_iter().filter(|secret| secret.value == value(&format!("value of {}", secret.name)));
    grants.chain(settings).chain(secrets.map(|secret| secret.name)).collect()
}

fn write_until_killed(round: &str, folder: &Path) {
    let store = Store::open(folder, key()).unwrap();
    let app = store.create_app(round, Some(folder)).unwrap().id;
    thread::scope(|scope| {
        let (store, app) = (&store, &app);
        for writer in 0..WRITERS {
            scope.spawn(move || {
                for index in 0..usize::MAX {
                    write(store, app, &format!("{writer}-{index}"), index);
                }
            });
        }
        // Few enough that a thousand rounds leave a file of some megabytes, in groups of their own between the others.
        for index in 0..ROWS {
            let row = Write::Event { time: SystemTime::now(), app: None, kind: "row".to_owned(), text: index.to_string() };
            store.bulk(Class::Audit, row);
            if index % 10 == 9 {
                store.flush().unwrap();
            }
        }
    });
}

/// One control write of each kind in turn, told when it has returned.
fn write(store: &Store, app: &str, name: &str, index: usize) {
    match index % 8 {
        0 => store.set_setting(app, name, "value").unwrap(),
        1 => drop(store.set_secret(app, name, value(&format!("value of {name}"))).unwrap()),
        2 => {
            // Removed again, so that values are erased at the moment of the kill as well.
            store.set_secret(app, "PASSING", value("a passing value")).unwrap();
            store.grant_secret(app, "PASSING", to("api.example.com")).unwrap_or_default();
            return store.remove_secret(app, "PASSING").unwrap_or_default();
        }
        _ => drop(store.add_grant(app, name, false).unwrap()),
    }
    println!("kept {name} .");
}
