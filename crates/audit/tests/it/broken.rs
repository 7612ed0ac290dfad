//! A file that cannot grow any more: calls go on, what is lost is counted and told of with its reason, and nothing is corrupt.

use crate::house::{Events, store};
use egret_audit::{Config, Log};
use egret_egress::Audit;
use egret_store::Filter;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

/// Limits what a file of the process that it becomes may hold to about a megabyte; the signal of that limit is left out.
const LIMITED: &str = r#"trap "" XFSZ; ulimit -f 2000; exec "$0" "$@""#;

#[test]
fn on_a_full_disk_calls_go_on_and_what_is_lost_is_counted_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let words = run(folder.path().to_str().unwrap());
    let counts = words.lines().find_map(|line| line.strip_prefix("counts ")).unwrap_or_else(|| panic!("{words}"));
    let counts: Vec<u64> = counts.split(' ').map(|count| count.parse().unwrap()).collect();
    let [emitted, recorded, thinned, dropped, told] = counts[..] else { panic!("{words}") };
    assert!(recorded > 0 && dropped > 0, "{words}");
    assert_eq!((emitted, told), (recorded + thinned + dropped, dropped));
    assert!(words.contains("fault "), "{words}");
    let store = store(folder.path());
    store.check().unwrap();
    assert_eq!(store.attempts(&Filter::default(), 0, usize::MAX).unwrap().len() as u64, recorded);
}

#[expect(clippy::disallowed_methods, reason = "test: a limit on files holds for a whole process")]
fn run(folder: &str) -> String {
    let mut command = Command::new("sh");
    command.args(["-c", LIMITED]).arg(std::env::current_exe().unwrap()).args(["--ignored", "--exact", "broken::child", "--nocapture"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(format!("{folder}\n").as_bytes()).unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
}

/// The process under the limit: this binary again, told by a line of its input where to write. By itself it does nothing.
#[test]
#[ignore = "no test: what the test above starts"]
fn child() {
    let mut folder = String::new();
    std::io::stdin().read_line(&mut folder).unwrap();
    let Some(folder) = folder.strip_suffix('\n').filter(|folder| !folder.is_empty()) else { return };
    let (tell, told) = channel();
    let tell = Box::new(move |loss: &egret_audit::Loss| tell.send(loss.clone()).unwrap());
    let log = Log::open(store(folder.as_ref()), Config { tell, tell_every: Duration::MAX, ..Config::default() }).unwrap();
    let events = Events::of("shop");
    for _ in 0..20 {
        (0..1_000).for_each(|_| log.record(events.answered("https://api.example.com/v1/users/7")));
        log.flush().unwrap();
    }
    let counts = log.counts();
    drop(log);
    let losses: Vec<_> = told.iter().collect();
    let sum: u64 = losses.iter().map(|loss| loss.dropped).sum();
    println!("\ncounts {} {} {} {} {sum}", counts.emitted, counts.recorded, counts.thinned, counts.dropped);
    losses.iter().flat_map(|loss| &loss.fault).for_each(|fault| println!("fault {fault}"));
}
