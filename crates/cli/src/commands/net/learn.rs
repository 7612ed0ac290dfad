//! `egret net learn`: rules for what an app was refused, to review. Nothing is changed.

use super::moment::Moment;
use super::past::{self, Looked};
use super::standing::{Standing, none_yet};
use crate::commands::Data;
use crate::commands::owner::{reading, tell};
use crate::show::{self, Learning};
use egret_admin::Fault;
use egret_audit::learn::learn;
use egret_store::Filter;
use std::path::Path;
use std::process::ExitCode;
use std::time::SystemTime;

/// Propose the smallest rules for what an app was refused, to review
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  egret net learn --app shop --since 1h
  egret net learn --app shop > learned.toml && egret net diff learned.toml --beside --app shop
It prints a file of rules and changes nothing. Paths are known where `egret dev --audit-paths` kept them.")]
pub struct Learn {
    /// The app's name; may be left out where there is only one
    #[arg(long, value_name = "NAME")]
    app: Option<String>,
    /// From what was begun since then: 30m, 1h, 2d, or 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME", default_value = "1h")]
    since: Moment,
    /// And before then
    #[arg(long, value_name = "TIME")]
    until: Option<Moment>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    data: Data,
}

pub fn run(arguments: Learn) -> anyhow::Result<ExitCode> {
    let Learn { app, since, until, json, data } = arguments;
    match learning(&data.dir()?, app, since.0, until.map(|at| at.0)) {
        Err(fault) => return Ok(tell(json, Err(fault))),
        Ok(learning) if json => println!("{}", show::json_line(&show::learned_json(&learning))),
        Ok(learning) => print!("{}", show::printable(&show::learned(&learning))),
    }
    Ok(ExitCode::SUCCESS)
}

fn learning(dir: &Path, app: Option<String>, since: SystemTime, until: Option<SystemTime>) -> Result<Learning, Fault> {
    let store = reading(dir)?.ok_or_else(none_yet)?;
    let standing = Standing::read(&store, app)?;
    let filter = Filter { app: Some(standing.app.clone()), since: Some(since), until, ..Filter::default() };
    let Looked { past, cut } = past::look(&store, &filter)?;
    let learned = learn(&past, &standing.net()).map_err(|faults| {
        let words: Vec<String> = faults.iter().map(ToString::to_string).collect();
        Fault::Refused(format!("the rules of the app contradict each other: {}", words.join("; ")))
    })?;
    let Standing { app, mode, places, note, .. } = standing;
    Ok(Learning { app, mode, places, note, since, past, cut: cut.then_some(past::MOST), learned })
}
