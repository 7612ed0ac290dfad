//! The kernel beside its peers: how many requests a second, and how much CPU each of them costs.
//!
//! One process asks, pinned to CPU 0 with a single thread; another one answers, pinned to CPU 1. All peers keep their
//! connections, send the same fields and read the body to its end. They take turns in short rounds (A B C, A B C), and
//! what is compared are ratios within a round, of which the median is told: a noisy neighbour then disturbs all alike.
//!
//! The table goes to standard output, progress to standard error. Started by `cargo xtask bench kernel [--quick]`.

mod case;
mod machine;
mod measure;
mod peers;
mod report;
mod upstream;

use anyhow::{Context, Result, bail};
use case::Case;
use measure::Sample;
use report::Row;
use upstream::Upstream;

/// The CPU of this process; the upstream has the next one.
const OURS: usize = 0;
const THEIRS: usize = 1;

/// How much is measured.
#[derive(Clone, Copy)]
struct Effort {
    rounds: usize,
    /// Requests of a round are divided by this.
    divisor: usize,
}

const FULL: Effort = Effort { rounds: 5, divisor: 1 };
/// Shows that everything runs; the numbers mean little.
const QUICK: Effort = Effort { rounds: 2, divisor: 20 };

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] => run(FULL, ""),
        ["--quick"] => run(QUICK, ""),
        ["--only", case] => run(FULL, case),
        ["profile", peer, case] => profile(peer, case),
        ["upstream", ports @ ..] => upstream::own::serve(ports),
        _ => bail!("usage: egret-bench-kernel [--quick | --only PART-OF-A-CASE | profile PEER CASE]"),
    }
}

fn run(effort: Effort, only: &str) -> Result<()> {
    machine::allow_many_files()?;
    let load = machine::load();
    let upstream = Upstream::start(THEIRS)?;
    machine::pin(OURS)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut rows = Vec::new();
    for case in Case::all().filter(|case| case.to_string().contains(only)) {
        eprintln!("{case}");
        let samples = runtime.block_on(compare(&upstream, case, effort)).with_context(|| case.to_string())?;
        rows.push(Row { case, samples });
    }
    report::print(&upstream, &load, effort, &rows);
    Ok(())
}

/// Lets one peer alone work on one case, for a profiler to look at: `perf record -g egret-bench-kernel profile egret "http 1 KiB c=64"`.
fn profile(peer: &str, case: &str) -> Result<()> {
    machine::allow_many_files()?;
    let upstream = Upstream::start(THEIRS)?;
    machine::pin(OURS)?;
    let place = peers::NAMES.iter().position(|name| *name == peer).with_context(|| format!("the peers are {:?}", peers::NAMES))?;
    let case = Case::all().find(|known| known.to_string() == case).context("there is no such case")?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut peers = peers::all(&upstream, case).await?;
        for _ in 0..FULL.rounds {
            let sample = peers[place].round(case.requests(), case.bytes()).await?;
            eprintln!("{:.1} µs of CPU a request", sample.cpu);
        }
        Ok(())
    })
}

/// Every round's samples, the peers of a round in the order of [`peers::NAMES`].
async fn compare(upstream: &Upstream, case: Case, effort: Effort) -> Result<Vec<Vec<Sample>>> {
    let mut peers = peers::all(upstream, case).await?;
    for peer in &mut peers {
        // Opens every connection and fills the caches; not counted.
        peer.round(case.connections * 2, case.bytes()).await?;
    }
    let mut rounds = Vec::new();
    for _ in 0..effort.rounds {
        let mut round = Vec::new();
        for peer in &mut peers {
            round.push(peer.round(case.requests() / effort.divisor, case.bytes()).await?);
        }
        rounds.push(round);
    }
    peers.iter().try_for_each(|peer| peer.check())?;
    Ok(rounds)
}
