//! The binary `egret`: arguments in, an exit code out. Each command has its file in `commands/`, each exit code stands in `exit.rs`.

mod commands;
mod conformance;
mod exit;
mod log;
mod show;

use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory, Parser, Subcommand};
use commands::{app, backup, check, completions, config, conformance as conform, dev, limits, net, new, restore, schema, secret, why};
use std::process::ExitCode;

/// Run functions that you do not fully trust, and let them reach only what you allow.
#[derive(Parser)]
#[command(
    name = "egret",
    version,
    after_help = "\
A first app: egret new shop && egret dev shop

Exit codes: 0 done or allowed, 1 refused or at fault, 2 wrong use, 3 no such app, rule, secret, grant or limit, 4 the store or the \
server cannot be used"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    New(new::Arguments),
    Check(check::Arguments),
    Dev(dev::Arguments),
    #[command(subcommand)]
    Net(net::Net),
    Why(why::Arguments),
    #[command(subcommand)]
    Secret(secret::Secret),
    #[command(subcommand)]
    App(app::Apps),
    #[command(subcommand)]
    Limits(limits::Limits),
    Backup(backup::Arguments),
    Restore(restore::Arguments),
    #[command(subcommand)]
    Config(config::Config),
    Schema(schema::Arguments),
    Conformance(conform::Arguments),
    Completions(completions::Arguments),
}

fn main() -> ExitCode {
    // Secrets in memory stay out of core dumps, and out of debuggers of the same user (prctl(2), PR_SET_DUMPABLE).
    if let Err(error) = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable) {
        eprintln!("egret: the process cannot be kept from being dumped: {error}");
        return ExitCode::FAILURE;
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refused(error),
    };
    let outcome = match cli.command {
        Command::New(arguments) => new::run(&arguments),
        Command::Check(arguments) => check::run(arguments),
        Command::Dev(arguments) => dev::run(arguments),
        Command::Net(command) => net::run(command),
        Command::Why(arguments) => why::run(arguments),
        Command::Secret(command) => secret::run(command),
        Command::App(command) => app::run(command),
        Command::Limits(command) => limits::run(command),
        Command::Backup(arguments) => backup::run(arguments),
        Command::Restore(arguments) => restore::run(arguments),
        Command::Config(command) => config::run(command),
        Command::Schema(schema::Arguments {}) => schema::run(),
        Command::Conformance(arguments) => conform::run(&arguments),
        Command::Completions(arguments) => Ok(completions::run(&arguments, Cli::command())),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("egret: {}", show::printable(&format!("{error:#}")));
        ExitCode::FAILURE
    })
}

/// Says what is wrong with the command line. Of what follows `egret secret` nothing is repeated that could be a value.
fn refused(mut error: clap::Error) -> ExitCode {
    if std::env::args_os().nth(1).is_some_and(|first| first == "secret") {
        for kind in [ContextKind::InvalidValue, ContextKind::InvalidArg, ContextKind::InvalidSubcommand] {
            if let Some(ContextValue::String(text)) = error.get(kind) {
                let kept = text.split('=').next().filter(|option| option.starts_with("--")).unwrap_or("…").to_owned();
                error.insert(kind, ContextValue::String(kept));
            }
        }
    }
    // A message that cannot be printed has no other way out.
    let _ = error.print();
    if error.use_stderr() { exit::usage() } else { ExitCode::SUCCESS }
}
