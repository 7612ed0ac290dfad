//! `egret limits ...`: what the server and its apps are held to.

use super::owner::Owner;
use egret_admin::Command;
use std::io::Write;
use std::process::ExitCode;

/// What the server and its apps are held to
#[derive(clap::Subcommand)]
pub enum Limits {
    Show(Show),
    Set(Set),
    Reset(Reset),
    /// Print the JSON Schema of all limits: names, defaults, ranges
    #[command(after_help = "Example: egret limits schema > limits.schema.json")]
    Schema,
}

/// Whose limits a command is about.
#[derive(clap::Args)]
pub struct Whose {
    /// One app [default: all apps of the server]
    #[arg(long, value_name = "NAME")]
    app: Option<String>,
}

/// Show limits: what counts, by whose word, and what they may be set to
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  egret limits show
  egret limits show --app shop --json

What an app's own manifest asks for in [limits] is not in the store and not shown; what was set here counts before it.")]
pub struct Show {
    #[command(flatten)]
    whose: Whose,
    #[command(flatten)]
    owner: Owner,
}

/// Set a limit for all apps, or for one
///
/// An app may be given less than what was set for all apps, never more. A running server takes most limits over at once; what
/// counts from the next start on says so.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  egret limits set invocation.calls 20
  egret limits set outbound.rate_app 60/min --app shop
  egret limits set outbound.rate_app '600/min burst 50' --app shop
  egret limits set outbound.bytes_today 5GiB --app shop
  egret limits set outbound.refusals off")]
pub struct Set {
    /// The limit's name
    name: String,
    /// Its value: a number, a time (5s), a size (64MiB), a rate (60/min), or off
    value: String,
    #[command(flatten)]
    whose: Whose,
    #[command(flatten)]
    owner: Owner,
}

/// Take back what a limit was set to
#[derive(clap::Args)]
#[command(after_help = "Example: egret limits reset outbound.rate_app --app shop")]
pub struct Reset {
    /// The limit's name
    name: String,
    #[command(flatten)]
    whose: Whose,
    #[command(flatten)]
    owner: Owner,
}

pub fn run(command: Limits) -> anyhow::Result<ExitCode> {
    match command {
        Limits::Show(Show { whose, owner }) => owner.give(Command::LimitList { app: whose.app }),
        Limits::Set(Set { name, value, whose, owner }) => owner.give(Command::LimitSet { app: whose.app, name, value }),
        Limits::Reset(Reset { name, whose, owner }) => owner.give(Command::LimitReset { app: whose.app, name }),
        Limits::Schema => {
            std::io::stdout().write_all(egret_limits::schema().as_bytes())?;
            Ok(ExitCode::SUCCESS)
        }
    }
}
