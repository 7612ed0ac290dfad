//! The binary `egret`: arguments in, an exit code out. Each command has its file in `commands/`.
//!
//! Exit codes: 0 done or allowed, 1 refused or at fault, 2 wrong use of the command line.

mod commands;
mod conformance;
mod show;

use clap::{Parser, Subcommand};
use commands::{check, conformance as conform, dev, explain, new, schema};
use std::process::ExitCode;

/// Run functions that you do not fully trust, and let them reach only what you allow.
#[derive(Parser)]
#[command(name = "egret", version, after_help = "A first app: egret new shop && egret dev shop")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    New(new::Arguments),
    Check(check::Arguments),
    Dev(dev::Arguments),
    /// What functions may reach.
    #[command(subcommand)]
    Net(Net),
    Schema(schema::Arguments),
    Conformance(conform::Arguments),
}

#[derive(Subcommand)]
enum Net {
    Explain(explain::Arguments),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::New(arguments) => new::run(&arguments),
        Command::Check(arguments) => check::run(arguments),
        Command::Dev(arguments) => dev::run(arguments),
        Command::Net(Net::Explain(arguments)) => explain::run(&arguments),
        Command::Schema(schema::Arguments {}) => schema::run(),
        Command::Conformance(arguments) => conform::run(&arguments),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("egret: {}", show::printable(&format!("{error:#}")));
        ExitCode::FAILURE
    })
}
