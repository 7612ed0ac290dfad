//! `egret net diff FILE`: what other rules would newly reach and newly refuse, by the calls of the log.

use super::moment::Moment;
use super::past::{self, Looked};
use super::standing::{Standing, none_yet};
use crate::commands::Data;
use crate::commands::owner::{reading, tell};
use crate::show::{self, Compared};
use egret_admin::Fault;
use egret_app::config::{Written, written_rules};
use egret_audit::replay::{Contradiction, Rules, compare};
use egret_store::Filter;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

/// Show what other rules would newly reach and newly refuse
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  egret net diff ./shop/egret.toml --app shop
  egret net diff rules.toml --app shop --since 30d
  egret net diff learned.toml --beside --app shop
A manifest takes the place of the app's own, and rules that `egret net allow` gave it stay. A file of rules takes the place
of all, or with --beside stands beside them. Every kind of call of the log is decided by both. Nothing is changed.")]
pub struct Diff {
    /// A manifest, its folder, or a file of rules alone
    file: PathBuf,
    /// The app's name; may be left out where there is only one
    #[arg(long, value_name = "NAME")]
    app: Option<String>,
    /// Add the file's rules to those that stand
    #[arg(long)]
    beside: bool,
    /// By the calls since then: 30m, 1h, 2d, or 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME", default_value = "7d")]
    since: Moment,
    /// Exit with 1 where a call would be newly refused
    #[arg(long)]
    exit_code: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    data: Data,
}

pub fn run(arguments: Diff) -> anyhow::Result<ExitCode> {
    let Diff { file, app, beside, since, exit_code, json, data } = arguments;
    let written = written_rules(&file)?;
    let compared = match compared(&data.dir()?, app, since.0, written, beside) {
        Ok(compared) => compared,
        Err(fault) => return Ok(tell(json, Err(fault))),
    };
    if json {
        println!("{}", show::json_line(&show::compared_json(&compared)));
    } else {
        print!("{}", show::printable(&show::compared(&compared)));
    }
    Ok(if exit_code && !compared.found.refused.is_empty() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn compared(dir: &Path, app: Option<String>, since: SystemTime, written: Written, beside: bool) -> Result<Compared, Fault> {
    let store = reading(dir)?.ok_or_else(none_yet)?;
    let standing = Standing::read(&store, app)?;
    let old = Rules { mode: standing.mode.clone(), net: standing.net() };
    let new = new_rules(&standing, written, beside);
    let filter = Filter { app: Some(standing.app.clone()), since: Some(since), ..Filter::default() };
    let Looked { past, cut } = past::look(&store, &filter)?;
    let found = compare(&past, &old, &new).map_err(|contradiction| contradicting(&contradiction))?;
    let Standing { app, note, .. } = standing;
    Ok(Compared { app, note, since, past, cut: cut.then_some(past::MOST), modes: (old.mode, new.mode), found })
}

/// What would stand. A rule that stands twice is one.
fn new_rules(standing: &Standing, written: Written, beside: bool) -> Rules {
    let (mut rules, stay) = match written {
        Written::Manifest(_, manifest) => {
            (Rules { mode: manifest.mode, net: manifest.net.into_iter().chain(manifest.dev_net).collect() }, standing.kept.clone())
        }
        Written::Rules(file) => (Rules { mode: file.mode, net: file.net }, Vec::new()),
    };
    let stay = if beside { standing.net() } else { stay };
    if beside {
        rules.mode = standing.mode.clone();
    }
    rules.net.retain(|rule| !stay.contains(rule));
    rules.net.splice(0..0, stay);
    rules
}

fn contradicting(contradiction: &Contradiction) -> Fault {
    let (whose, faults) = match contradiction {
        Contradiction::Old(faults) => ("the rules that stand", faults),
        Contradiction::New(faults) => ("the rules that would stand", faults),
    };
    let words: Vec<String> = faults.iter().map(ToString::to_string).collect();
    Fault::Refused(format!("{whose} contradict each other: {}", words.join("; ")))
}
