//! What apps had to do with hosts, summed up: a table for people, JSON for programs.

use super::attempt::cut;
use super::printable_line;
use egret_store::Traffic;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

/// Lines of the table, at most.
const LINES: usize = 50;

/// The sums of one app and host.
#[derive(Clone, Debug, Default)]
pub struct Sum {
    calls: u64,
    refused: u64,
    failed: u64,
    sent: u64,
    received: u64,
    took: Duration,
    longest: Duration,
}

/// Sums by app and host, those with the most calls first.
pub struct Hosts(Vec<((String, String), Sum)>);

impl Hosts {
    /// Sums minutes up.
    pub fn of(minutes: Vec<Traffic>) -> Self {
        let mut sums = BTreeMap::<(String, String), Sum>::new();
        for minute in minutes {
            let Traffic { app, host, calls, refused, failed, sent, received, took, longest, .. } = minute;
            sums.entry((app, host)).or_default().add(&Sum { calls, refused, failed, sent, received, took, longest });
        }
        let mut hosts: Vec<_> = sums.into_iter().collect();
        hosts.sort_by_key(|(_, sum)| std::cmp::Reverse(sum.calls));
        Self(hosts)
    }

    fn total(&self) -> Sum {
        let mut total = Sum::default();
        self.0.iter().for_each(|(_, sum)| total.add(sum));
        total
    }
}

impl Sum {
    fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.refused += other.refused;
        self.failed += other.failed;
        self.sent += other.sent;
        self.received += other.received;
        self.took += other.took;
        self.longest = self.longest.max(other.longest);
    }

    /// Milliseconds of one call on average.
    fn mean(&self) -> f64 {
        if self.calls == 0 { 0.0 } else { self.took.as_secs_f64() * 1e3 / self.calls as f64 }
    }

    fn line(&self, app: &str, host: &str) -> String {
        let (app, host) = (cut(&printable_line(app), 12), cut(&printable_line(host), 34));
        let (sent, received, longest) = (bytes(self.sent), bytes(self.received), self.longest.as_secs_f64() * 1e3);
        let Self { calls, refused, failed, .. } = self;
        format!("{app:<12} {host:<34} {calls:>8} {refused:>8} {failed:>8} {sent:>9} {received:>9} {:>9.1} {longest:>9.1}\n", self.mean())
    }
}

/// The table, with the sum of all in its last line.
pub fn hosts(hosts: &Hosts) -> String {
    let mut out =
        "app          host                                  calls  refused   failed      sent  received   mean ms    max ms\n".to_owned();
    hosts.0.iter().take(LINES).for_each(|((app, host), sum)| out.push_str(&sum.line(app, named(host))));
    if hosts.0.len() > LINES {
        let _ = writeln!(out, "{:<12} and {} more hosts with fewer calls", "", hosts.0.len() - LINES);
    }
    out.push_str(&hosts.total().line("all", ""));
    out
}

/// The same for programs: `hosts`, all of them, and `total`.
pub fn hosts_json(hosts: &Hosts) -> Value {
    let list = hosts.0.iter().map(|((app, host), sum)| {
        let mut value = sum_json(sum);
        (value["app"], value["host"]) = (json!(app), if host.is_empty() { Value::Null } else { json!(host) });
        value
    });
    json!({ "ok": true, "hosts": list.collect::<Vec<_>>(), "total": sum_json(&hosts.total()) })
}

fn sum_json(sum: &Sum) -> Value {
    let Sum { calls, refused, failed, sent, received, .. } = sum;
    json!({
        "calls": calls, "refused": refused, "failed": failed, "sent": sent, "received": received,
        "mean_ms": sum.mean(), "max_ms": sum.longest.as_secs_f64() * 1e3,
    })
}

/// URLs that could not be read have no host, and of very many hosts in one minute not all are told apart.
fn named(host: &str) -> &str {
    if host.is_empty() { "(others)" } else { host }
}

/// A number of bytes in the unit that leaves at most four digits before the point.
pub(super) fn bytes(count: u64) -> String {
    let units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    let (mut value, mut unit) = (count as f64, 0);
    while value >= 9_999.5 && unit + 1 < units.len() {
        (value, unit) = (value / 1e3, unit + 1);
    }
    let unit_name = units.get(unit).unwrap_or(&"B");
    if unit == 0 { format!("{count} B") } else { format!("{value:.1} {unit_name}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::SystemTime;

    fn minute(host: &str, calls: u64, longest: u64) -> Traffic {
        let (took, longest) = (Duration::from_millis(20 * calls), Duration::from_millis(longest));
        let (app, host) = ("shop".to_owned(), host.to_owned());
        Traffic { minute: SystemTime::UNIX_EPOCH, app, host, calls, refused: 1, failed: 0, sent: 10, received: 20_000_000, took, longest }
    }

    #[test]
    fn minutes_are_summed_up_by_host_and_the_busiest_comes_first() {
        let sums = Hosts::of(vec![minute("a.test", 2, 30), minute("b.test", 7, 40), minute("a.test", 3, 90), minute("", 1, 1)]);
        let text = hosts(&sums);
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[1], ["shop", "b.test", "7", "1", "0", "10", "B", "20.0", "MB", "20.0", "40.0"]);
        assert_eq!(lines[2], ["shop", "a.test", "5", "2", "0", "20", "B", "40.0", "MB", "20.0", "90.0"]);
        assert_eq!((lines[3][1], lines[4][0], lines[4][1]), ("(others)", "all", "13"));
        assert!(text.lines().all(|line| line.chars().count() <= 120), "{text}");
        assert_eq!((&hosts_json(&sums)["hosts"][0]["host"], &hosts_json(&sums)["total"]["calls"]), (&json!("b.test"), &json!(13)));
    }

    #[test]
    fn the_largest_numbers_keep_the_columns() {
        assert_eq!(bytes(9_999), "9999 B");
        assert_eq!(bytes(10_000), "10.0 kB");
        assert!(bytes(u64::MAX).len() <= 9, "{}", bytes(u64::MAX));
    }
}
