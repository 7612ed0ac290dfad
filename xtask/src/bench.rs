//! `cargo xtask bench NAME`: measurements, never tests. Each is an example of its crate, built with optimisation.

use crate::check::{must, step};
use anyhow::Result;

#[derive(clap::Args)]
pub struct Arguments {
    /// What to measure
    name: Bench,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Bench {
    /// What a decision costs, at 1,000 and at 100,000 hosts.
    Policy,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    match arguments.name {
        Bench::Policy => must(&step(&["run", "--quiet", "--release", "--package", "egret-policy", "--example", "decide"])),
    }
}
