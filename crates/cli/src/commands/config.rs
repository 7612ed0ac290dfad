//! `egret config show`: what counts on this machine, and where each value came from. Never a secret.

use super::Data;
use super::owner::key_source;
use crate::show;
use egret_admin::{Command, Door, KeySource, Reply, SOCKET};
use egret_app::config::{DataSource, Environment};
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;

/// The store's file in the data directory. It is named here to be shown; only the store opens it.
pub const STORE: &str = "egret.db";

/// The configuration of this machine
#[derive(clap::Subcommand)]
pub enum Config {
    Show(Show),
}

/// Show what counts: the data directory, the control socket, the master key's place
#[derive(clap::Args)]
#[command(after_help = "Example: egret config show --explain\nThe order is: flag, environment, default.")]
pub struct Show {
    /// Say where each value came from
    #[arg(long)]
    explain: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    data: Data,
}

/// One value, and where it came from.
struct Line {
    name: &'static str,
    value: String,
    from: &'static str,
}

pub fn run(Config::Show(arguments): Config) -> anyhow::Result<ExitCode> {
    let Show { explain, json, data } = arguments;
    let (dir, source) = data.dir_from()?;
    let lines = lines(&dir, source, &Environment::read());
    if json {
        let value = |line: &Line| (line.name.replace(' ', "_"), json!({ "value": line.value, "from": line.from }));
        println!("{}", show::json_line(&lines.iter().map(value).collect()));
        return Ok(ExitCode::SUCCESS);
    }
    for Line { name, value, from } in &lines {
        let from = if explain { format!("   ({from})") } else { String::new() };
        println!("{name:<16} {}{from}", show::printable_line(value));
    }
    Ok(ExitCode::SUCCESS)
}

fn lines(dir: &Path, source: DataSource, environment: &Environment) -> Vec<Line> {
    let line = |name, value: String, from| Line { name, value, from };
    let key = key_source(environment);
    vec![
        line("data directory", dir.display().to_string(), data_source(source)),
        line("store", store(dir), "in the data directory"),
        line("control socket", dir.join(SOCKET).display().to_string(), "in the data directory"),
        line("server", server(dir), "asked at the socket"),
        line("master key", key.to_string(), key_from(&key)),
    ]
}

const fn data_source(source: DataSource) -> &'static str {
    match source {
        DataSource::Flag => "flag --data",
        DataSource::Variable => "environment: EGRET_DATA",
        DataSource::DataHome => "default: below XDG_DATA_HOME",
        DataSource::Home => "default: below HOME",
    }
}

const fn key_from(key: &KeySource) -> &'static str {
    match key {
        KeySource::Environment(_) => "environment: EGRET_MASTER_KEY",
        KeySource::Credential(_) => "environment: CREDENTIALS_DIRECTORY",
        KeySource::DataDir => "default",
    }
}

fn store(dir: &Path) -> String {
    let file = dir.join(STORE);
    let state = if file.exists() { "" } else { " (not made yet)" };
    format!("{}{state}", file.display())
}

/// Looks without making anything: a question leaves no data directory behind.
fn server(dir: &Path) -> String {
    let status = Door::server(dir).and_then(|door| door.map(|door| door.send(Command::Status {})).transpose());
    match status {
        Ok(Some(Reply::Status(status))) => format!("running, process {}, egret {}", status.pid, status.version),
        Ok(None) => "none runs".to_owned(),
        Ok(Some(_)) => "answers something else; is it another version of egret?".to_owned(),
        Err(fault) => fault.to_string(),
    }
}
