//! `cargo xtask bench NAME`: measurements, never tests, built with optimisation. One that needs nothing but its crate is an
//! example of it; one with peers is a workspace of its own under `bench/`, so that no peer comes near the product.

use crate::check::{must, step};
use anyhow::Result;

/// Where it is on the machine that built this, whatever folder the chore is called from.
const KERNEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../bench/kernel/Cargo.toml");

#[derive(clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    bench: Bench,
}

#[derive(clap::Subcommand)]
enum Bench {
    /// What tries and breakers do for failing upstreams, and what actions of a rule cost a call that needs none.
    Actions,
    /// What a decision costs, at 1,000 and at 100,000 hosts.
    Policy,
    /// What taking secrets out of a response costs, on ordinary texts and on those that are made to be slow.
    Scrub,
    /// What the store bears: durable control writes, rows that nobody waits for, questions.
    Store,
    /// What the audit log costs a call, whether it loses count, and the rows a second that it takes; half a minute and more.
    Audit,
    /// 10,000 calls under way at once, with the limits as shipped.
    Parked,
    /// The kernel beside raw hyper, hyper-util and reqwest; some minutes, on two CPUs that should be idle.
    Kernel {
        /// Shows that everything runs; the numbers mean little.
        #[arg(long)]
        quick: bool,
    },
}

pub fn run(arguments: &Arguments) -> Result<()> {
    match arguments.bench {
        Bench::Actions => must(&step(&["run", "--quiet", "--release", "--package", "egret-egress", "--example", "actions"])),
        Bench::Policy => must(&step(&["run", "--quiet", "--release", "--package", "egret-policy", "--example", "decide"])),
        Bench::Scrub => must(&step(&["run", "--quiet", "--release", "--package", "egret-egress", "--example", "scrub"])),
        Bench::Store => must(&step(&["run", "--quiet", "--release", "--package", "egret-store", "--example", "write"])),
        Bench::Audit => must(&step(&["run", "--quiet", "--release", "--package", "egret-audit", "--example", "record"])),
        Bench::Parked => must(&step(&["run", "--quiet", "--release", "--package", "egret-egress", "--example", "parked"])),
        Bench::Kernel { quick: false } => must(&step(&["run", "--quiet", "--release", "--locked", "--manifest-path", KERNEL])),
        Bench::Kernel { quick: true } => {
            must(&step(&["run", "--quiet", "--release", "--locked", "--manifest-path", KERNEL, "--", "--quick"]))
        }
    }
}
