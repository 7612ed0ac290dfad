//! `egret net cache ...`: what stored answers did, and an end to them.
//!
//! The answers lie in the memory of the server that got them. The order to forget them goes by the store, where every server of the data
//! directory sees it; the sums are the audit log's.

use super::moment::Moment;
use crate::commands::Data;
use crate::commands::owner::{Owner, Said, reading, tell};
use crate::show;
use egret_admin::{Command, Door, Fault};
use egret_store::Reuse;
use std::path::Path;
use std::process::ExitCode;
use std::time::SystemTime;

/// Rows of the log that are looked at, at most: a million are read in about a second.
const MOST: usize = 1_000_000;

/// Answers that are stored to be used again
#[derive(clap::Subcommand)]
pub enum Cache {
    Clear(Clear),
    Stats(Stats),
}

/// Forget stored answers of all apps, or of one; from all hosts, or from one
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  egret net cache clear
  egret net cache clear --app shop --host api.example.com
Running servers of the data directory act on it at once. Answers that are on their way then are not stored.")]
pub struct Clear {
    /// This app only
    #[arg(long, value_name = "NAME")]
    app: Option<String>,
    /// From this host only
    #[arg(long)]
    host: Option<String>,
    #[command(flatten)]
    owner: Owner,
}

/// Sum up by host what stored answers answered, and what the upstream did
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  egret net cache stats --since 1d
  egret net cache stats --app shop --json
What the upstream answered is every GET and HEAD, also those under rules without cache. The sums are of the newest million attempts at most.")]
pub struct Stats {
    /// Of this app only
    #[arg(long, value_name = "NAME")]
    app: Option<String>,
    /// Since then: 30m, 1h, 2d, or 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME", default_value = "1h")]
    since: Moment,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    data: Data,
}

pub fn run(command: Cache) -> anyhow::Result<ExitCode> {
    match command {
        Cache::Clear(arguments) => clear(arguments),
        Cache::Stats(arguments) => stats(arguments),
    }
}

fn clear(arguments: Clear) -> anyhow::Result<ExitCode> {
    let Clear { app, host, owner } = arguments;
    owner.run(|door| {
        let reply = door.send(Command::CacheClear { app, host })?;
        Ok(Said { reply, notes: memory(door).map(str::to_owned).into_iter().collect() })
    })
}

/// What to say where nobody answers for the store.
const fn memory(door: &Door) -> Option<&'static str> {
    match door {
        Door::Server { .. } => None,
        Door::Store(_) => Some("stored answers lie in a server's memory, and none answers here: without one there are none"),
    }
}

fn stats(arguments: Stats) -> anyhow::Result<ExitCode> {
    let Stats { app, since, json, data } = arguments;
    match sums(&data.dir()?, since.0, app.as_deref()) {
        Err(fault) => return Ok(tell(json, Err(fault))),
        Ok(sums) if json => println!("{}", show::json_line(&show::reuse_json(&sums, MOST))),
        Ok(sums) => print!("{}", show::reuse(&sums, MOST)),
    }
    Ok(ExitCode::SUCCESS)
}

fn sums(dir: &Path, since: SystemTime, app: Option<&str>) -> Result<Reuse, Fault> {
    match reading(dir)? {
        Some(store) => Ok(store.reuse(since, app, MOST)?),
        None => Ok(Reuse { hosts: Vec::new(), is_whole: true }),
    }
}
