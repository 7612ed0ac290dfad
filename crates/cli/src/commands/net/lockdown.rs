//! `egret net lockdown`: nothing goes out any more, at once and until it is lifted.

use crate::commands::owner::Owner;
use egret_admin::Command;
use std::process::ExitCode;

/// Refuse every call of all apps, or of one, until it is lifted
///
/// Calls that wait and streams that are open end at once. A restart changes nothing about it.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  egret net lockdown
  egret net lockdown --app shop
  egret net lockdown --off
Without --app it is for all apps, those too that are made later.")]
pub struct Lockdown {
    /// This app only
    #[arg(long, value_name = "NAME")]
    app: Option<String>,
    /// Lift it
    #[arg(long)]
    off: bool,
    #[command(flatten)]
    owner: Owner,
}

pub fn run(arguments: Lockdown) -> anyhow::Result<ExitCode> {
    let Lockdown { app, off, owner } = arguments;
    owner.give(Command::Lockdown { app, on: !off })
}
