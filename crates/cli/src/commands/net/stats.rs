//! `egret net stats`: sums by app and host, from those that the log keeps for each minute.

use super::moment::Moment;
use crate::commands::Data;
use crate::commands::owner::{reading, tell};
use crate::show::{self, Hosts};
use egret_admin::Fault;
use egret_store::Traffic;
use std::path::Path;
use std::process::ExitCode;
use std::time::SystemTime;

/// Sum up calls, refusals, failures, bytes and times by host
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  egret net stats --since 1d
  egret net stats --app shop --json
Whole minutes are summed up, refused calls among them.")]
pub struct Stats {
    /// Of this app only
    #[arg(long, value_name = "NAME")]
    app: Option<String>,
    /// Since the minute of then: 30m, 1h, 2d, or 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME", default_value = "1h")]
    since: Moment,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    data: Data,
}

pub fn run(arguments: Stats) -> anyhow::Result<ExitCode> {
    let Stats { app, since, json, data } = arguments;
    match minutes(&data.dir()?, since.0, app.as_deref()) {
        Err(fault) => return Ok(tell(json, Err(fault))),
        Ok(minutes) if json => println!("{}", show::json_line(&show::hosts_json(&Hosts::of(minutes)))),
        Ok(minutes) if minutes.is_empty() => println!("the log has nothing of that"),
        Ok(minutes) => print!("{}", show::hosts(&Hosts::of(minutes))),
    }
    Ok(ExitCode::SUCCESS)
}

fn minutes(dir: &Path, since: SystemTime, app: Option<&str>) -> Result<Vec<Traffic>, Fault> {
    match reading(dir)? {
        Some(store) => Ok(store.traffic(since, app)?),
        None => Ok(Vec::new()),
    }
}
