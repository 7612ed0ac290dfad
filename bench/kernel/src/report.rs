//! The table: ratios first, then what a script reads.

use crate::Effort;
use crate::case::{Case, Size};
use crate::machine;
use crate::measure::{Sample, median};
use crate::peers::{KERNEL, NAMES, POOLED, RAW, WEB};
use crate::upstream::Upstream;

/// What of the lock file the table tells.
const VERSIONS: [&str; 6] = ["hyper", "hyper-util", "reqwest", "rustls", "aws-lc-rs", "tokio"];

/// A case with every round's samples, the peers of a round in the order of [`NAMES`].
pub struct Row {
    pub case: Case,
    pub samples: Vec<Vec<Sample>>,
}

impl Row {
    /// The median over the rounds of what is computed from a round.
    fn median(&self, of: impl Fn(&[Sample]) -> f64) -> f64 {
        median(self.samples.iter().map(|round| of(round)))
    }

    fn throughput(&self, peer: usize, to: usize) -> f64 {
        self.median(|round| round[peer].rate / round[to].rate)
    }

    fn cpu(&self, peer: usize, to: usize) -> f64 {
        self.median(|round| round[peer].cpu / round[to].cpu)
    }
}

pub fn print(upstream: &Upstream, load: &str, effort: Effort, rows: &[Row]) {
    let quick = if effort.divisor > 1 { " A quick run: the numbers mean little." } else { "" };
    println!("{}, load {load} at the start. Upstream: {}, on a CPU of its own.", machine::describe(), upstream.product);
    println!("{}. {} rounds.{quick}", VERSIONS.map(version).join(", "), effort.rounds);
    throughput(rows);
    cpu(rows);
    figures(rows);
}

fn throughput(rows: &[Row]) {
    println!("\nRequests a second, as a ratio to raw hyper; \"core\" is how much of its CPU the raw client used:\n");
    println!("| case | {}, req/s | core | {} |", NAMES[RAW], NAMES[1..].join(" | "));
    println!("|---|---|---|{}", "---|".repeat(NAMES.len() - 1));
    for row in rows {
        let core = row.median(|round| round[RAW].rate * round[RAW].cpu / 1e6);
        let ratios = (1..NAMES.len()).map(|peer| format!("{:.2}", row.throughput(peer, RAW))).collect::<Vec<_>>().join(" | ");
        println!("| {} | {:.0} | {core:.2} | {ratios} |", row.case, row.median(|round| round[RAW].rate));
    }
}

fn cpu(rows: &[Row]) {
    println!("\nCPU a request, in µs and, behind it, as a ratio to raw hyper; then egret to its peers:\n");
    println!("| case | {} | egret to hyper-util | egret to reqwest |", NAMES.join(" | "));
    println!("|---|{}---|---|", "---|".repeat(NAMES.len()));
    for row in rows {
        let cell = |peer: usize| format!("{:.1} ({:.2})", row.median(|round| round[peer].cpu), row.cpu(peer, RAW));
        let cells = (0..NAMES.len()).map(cell).collect::<Vec<_>>().join(" | ");
        println!("| {} | {cells} | {:.2} | {:.2} |", row.case, row.cpu(KERNEL, POOLED), row.cpu(KERNEL, WEB));
    }
}

/// The goals, each at 64 connections.
fn figures(rows: &[Row]) {
    let at = |is_tls, size| rows.iter().find(|row| row.case == Case { is_tls, size, connections: 64 });
    println!();
    if let Some(row) = at(false, Size::Small) {
        at_least("egress.http.1kib.throughput.raw", row.throughput(KERNEL, RAW), 0.88);
        at_most("egress.http.1kib.cpu.hyper-util", row.cpu(KERNEL, POOLED), 1.10);
        at_most("egress.http.1kib.cpu.reqwest", row.cpu(KERNEL, WEB), 0.90);
    }
    if let Some(row) = at(true, Size::Small) {
        at_most("egress.https.1kib.cpu.hyper-util", row.cpu(KERNEL, POOLED), 1.20);
    }
    if let Some(row) = at(false, Size::Large) {
        at_least("egress.http.1mib.throughput.raw", row.throughput(KERNEL, RAW), 0.97);
    }
}

fn at_least(name: &str, value: f64, goal: f64) {
    println!("figure {name} {value:.3} {goal:.2} {}", verdict(value >= goal));
}

fn at_most(name: &str, value: f64, goal: f64) {
    println!("figure {name} {value:.3} {goal:.2} {}", verdict(value <= goal));
}

fn verdict(is_met: bool) -> &'static str {
    if is_met { "ok" } else { "miss" }
}

/// A crate's name and version, from the lock file that this was built with.
fn version(name: &str) -> String {
    let lock = include_str!("../Cargo.lock");
    let after = lock.split(&format!("name = \"{name}\"\nversion = \"")).nth(1);
    format!("{name} {}", after.and_then(|rest| rest.split('"').next()).unwrap_or("?"))
}
