//! The chores of the house, run as `cargo xtask NAME`. One file per chore.

mod bench;
mod check;
mod docs;
mod guest;

use anyhow::Context;
use clap::{Parser, Subcommand};
use std::path::{Path, PathBuf};

#[derive(Parser)]
#[command(name = "xtask", about = "The chores of the house.")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Measures, and prints a table that ends with one line a figure.
    Bench(bench::Arguments),
    /// Runs everything that must hold before a commit, and stops at the first failure.
    Check,
    /// Writes the generated pages of the reference.
    Docs(docs::Arguments),
    /// Builds the wasm guest of runtime-js from QuickJS-NG's sources.
    Guest(guest::Arguments),
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().chore {
        Chore::Bench(arguments) => bench::run(&arguments),
        Chore::Check => check::run(),
        Chore::Docs(arguments) => docs::run(&arguments),
        Chore::Guest(arguments) => guest::run(&arguments),
    }
}

/// The folder of the workspace.
fn root() -> anyhow::Result<PathBuf> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    Ok(manifest.parent().context("xtask has no parent folder")?.to_owned())
}
