//! The chores of the house, run as `cargo xtask NAME`. One file per chore.

mod guest;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "xtask", about = "The chores of the house.")]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Builds the wasm guest of runtime-js from QuickJS-NG's sources.
    Guest(guest::Arguments),
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().chore {
        Chore::Guest(arguments) => guest::run(&arguments),
    }
}
