//! What stored answers did, summed up: a table for people, JSON for programs.

use super::attempt::cut;
use super::printable_line;
use super::traffic::bytes;
use egret_store::{Reuse, Reused};
use serde_json::{Value, json};
use std::cmp::Reverse;
use std::fmt::Write;

/// Lines of the table, at most.
const LINES: usize = 50;

/// The table, with the sum of all in its last line. `most` is how many rows of the log were looked at, at most.
pub fn reuse(reuse: &Reuse, most: usize) -> String {
    let mut out = if reuse.hosts.is_empty() { "the log has nothing of that\n".to_owned() } else { table(&reuse.hosts) };
    if !reuse.is_whole {
        let _ = writeln!(out, "of the newest {most} attempts only; the log has older ones of that time");
    }
    out
}

/// The same for programs: `hosts`, all of them, and `total`; `walked` is the bound where it was reached, else null.
pub fn reuse_json(reuse: &Reuse, most: usize) -> Value {
    let list = sorted(&reuse.hosts).into_iter().map(|host| {
        let mut value = sum_json(host);
        (value["app"], value["host"]) = (json!(host.app), json!(host.host));
        value
    });
    let walked = (!reuse.is_whole).then_some(most);
    json!({ "ok": true, "hosts": list.collect::<Vec<_>>(), "total": sum_json(&total(&reuse.hosts)), "walked": walked })
}

fn table(hosts: &[Reused]) -> String {
    let mut out =
        "app          host                                   hits    stale  revalid.   absent  upstream    stored      sent\n".to_owned();
    sorted(hosts).iter().take(LINES).for_each(|host| out.push_str(&line(host)));
    if hosts.len() > LINES {
        let _ = writeln!(out, "{:<12} and {} more hosts with fewer answers", "", hosts.len() - LINES);
    }
    out + &line(&total(hosts))
}

fn line(sum: &Reused) -> String {
    let Reused { hits, stale, revalidated, absent, upstream, .. } = sum;
    let (app, host) = (cut(&printable_line(&sum.app), 12), cut(&printable_line(&sum.host), 34));
    let (stored, sent) = (bytes(sum.stored_bytes), bytes(sum.upstream_bytes));
    format!("{app:<12} {host:<34} {hits:>8} {stale:>8} {revalidated:>9} {absent:>8} {upstream:>9} {stored:>9} {sent:>9}\n")
}

/// Those whose stored answers did most come first.
fn sorted(hosts: &[Reused]) -> Vec<&Reused> {
    let mut sorted: Vec<&Reused> = hosts.iter().collect();
    sorted.sort_by_key(|host| Reverse((host.hits + host.stale + host.revalidated, host.upstream)));
    sorted
}

fn total(hosts: &[Reused]) -> Reused {
    let add = |sum: Reused, one: &Reused| Reused {
        hits: sum.hits + one.hits,
        stale: sum.stale + one.stale,
        revalidated: sum.revalidated + one.revalidated,
        absent: sum.absent + one.absent,
        upstream: sum.upstream + one.upstream,
        stored_bytes: sum.stored_bytes + one.stored_bytes,
        upstream_bytes: sum.upstream_bytes + one.upstream_bytes,
        ..sum
    };
    hosts.iter().fold(Reused { app: "all".to_owned(), ..Reused::default() }, add)
}

fn sum_json(sum: &Reused) -> Value {
    let Reused { hits, stale, revalidated, absent, upstream, stored_bytes, upstream_bytes, .. } = sum;
    json!({
        "hits": hits, "stale": stale, "revalidated": revalidated, "absent": absent, "upstream": upstream,
        "stored_bytes": stored_bytes, "upstream_bytes": upstream_bytes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(host: &str, hits: u64, upstream: u64) -> Reused {
        let (app, host) = ("shop".to_owned(), host.to_owned());
        Reused { app, host, hits, upstream, stored_bytes: 1_000 * hits, upstream_bytes: 1_000 * upstream, ..Reused::default() }
    }

    #[test]
    fn the_host_whose_stored_answers_did_most_comes_first_and_a_bound_is_told() {
        let mut sums = Reuse { hosts: vec![host("a.test", 0, 90), host("b.test", 20, 3)], is_whole: true };
        let text = reuse(&sums, 7);
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[1], ["shop", "b.test", "20", "0", "0", "0", "3", "20.0", "kB", "3000", "B"]);
        assert_eq!((lines[2][1], lines[3][0], lines[3][1], lines[3][5]), ("a.test", "all", "20", "93"));
        assert!(text.lines().all(|line| line.chars().count() <= 120), "{text}");
        assert_eq!(reuse_json(&sums, 7)["walked"], Value::Null);
        sums.is_whole = false;
        assert!(reuse(&sums, 7).contains("the newest 7 attempts only"));
        let json = reuse_json(&sums, 7);
        assert_eq!((&json["walked"], &json["hosts"][0]["hits"], &json["total"]["upstream"]), (&json!(7), &json!(20), &json!(93)));
    }
}
