//! `egret why ID`: the whole story of a call, or of all calls of a request.

use super::Data;
use super::owner::{reading, tell};
use crate::show::{self, Decider};
use egret_admin::{Fault, rule_of};
use egret_app::config::Folder;
use egret_policy::{RuleSpec, RuleVersion};
use egret_store::{Attempt, Store};
use serde_json::{Value, json};
use std::path::Path;
use std::process::ExitCode;

/// Attempts of one id that are told of, at most.
const MOST: usize = 1_000;

/// Tell the whole story of a call: every attempt, what decided it and what came of it
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  egret why 01KAK3XQ8T3ZJ5V9Y6W2M4R7NB
  egret why 01KAK3XQ8T3ZJ5V9Y6W2M4R7NB --json
The id is a call's, as `egret net logs` shows it, or a request's: the x-request-id of an answer.")]
pub struct Arguments {
    /// The id of a call or of a request
    id: String,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    data: Data,
}

pub fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { id, json, data } = arguments;
    match found(&data.dir()?, &id) {
        Err(fault) => return Ok(tell(json, Err(fault))),
        Ok((rows, _)) if json => println!("{}", show::json_line(&as_json(&rows))),
        Ok((rows, decider)) => print!("{}", show::story(&rows, &decider)),
    }
    Ok(ExitCode::SUCCESS)
}

fn found(dir: &Path, id: &str) -> Result<(Vec<Attempt>, Decider), Fault> {
    let missing = || Fault::Missing(format!("the log has no call and no request {id:.60?}; `egret net logs` shows what it has"));
    let store = reading(dir)?.ok_or_else(missing)?;
    let rows = store.story(id, MOST)?;
    let first = rows.first().ok_or_else(missing)?;
    let decider = rules(&store, &first.app)?;
    Ok((rows, decider))
}

/// The rules that an app has now: those that it was given, and those of its manifest where that can be read.
fn rules(store: &Store, name: &str) -> Result<Decider, Fault> {
    let mut decider = Decider::default();
    let Some(app) = store.app(name)? else { return Ok(decider) };
    let mut know = |spec: &RuleSpec, place: String| decider.know(RuleVersion::of(spec).to_string(), place);
    for grant in store.grants(&app.id)? {
        let spec = rule_of(&grant.rule)?;
        know(&spec, format!("rule {} of `egret net list` ({})", grant.id, spec.host));
    }
    if let Some(Ok(folder)) = app.folder.map(|folder| Folder::read(&folder)) {
        let tables = [("net", &folder.manifest.net), ("dev.net", &folder.manifest.dev_net)];
        for (table, at, spec) in tables.iter().flat_map(|(table, rules)| rules.iter().enumerate().map(move |(at, spec)| (table, at, spec)))
        {
            know(spec, format!("[[{table}]] number {} of its manifest ({})", at + 1, spec.host));
        }
    }
    Ok(decider)
}

/// The lines of the log, and with each what would allow what was refused.
fn as_json(rows: &[Attempt]) -> Value {
    let attempts = rows.iter().map(|row| {
        let mut line: Value = serde_json::from_str(&egret_audit::line(row)).unwrap_or_default();
        if let (Value::Object(line), Some(advice)) = (&mut line, show::advice(row)) {
            line.insert("advice".to_owned(), json!(advice));
        }
        line
    });
    json!({ "ok": true, "attempts": attempts.collect::<Vec<_>>() })
}
