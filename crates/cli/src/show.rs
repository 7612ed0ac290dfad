//! How things are shown: text for people, JSON for programs. The one place that turns errors and denials into output.

mod explain;
mod live;
mod queue;

pub use egret_app::terminal::{printable, printable_line};
pub use explain::{explanation, explanation_json, json_line};
pub use live::Terminal;

use egret_app::config::Faults;
use egret_policy::{Change, Mode};
use serde_json::{Value, json};
use std::path::Path;

/// Every line behind a prefix.
pub fn indented(text: &str, prefix: &str) -> String {
    text.lines().map(|line| format!("{prefix}{line}\n")).collect()
}

/// What a mode means, in words that cannot be overlooked; `None` for the one that refuses what no rule allows.
pub const fn mode_words(mode: &Mode) -> Option<&'static str> {
    match mode {
        Mode::Enforce => None,
        Mode::Report => Some("mode REPORT: what no rule allows is let through to every public host"),
        Mode::Open(_) => Some("mode OPEN: every public https host is allowed"),
        Mode::Denylist(_) => Some("mode DENYLIST: every public https host is allowed but those that deny rules name"),
    }
}

/// A mode as a manifest writes it.
pub const fn mode_name(mode: &Mode) -> &'static str {
    match mode {
        Mode::Enforce => "enforce",
        Mode::Report => "report",
        Mode::Open(_) => "open",
        Mode::Denylist(_) => "denylist",
    }
}

/// The lines that would allow what was refused, as the file writes them that they belong to.
pub fn change(change: &Change, file: &Path) -> String {
    let toml = change.to_toml();
    let json = egret_manifest::is_json(file).then(|| toml.parse::<toml::Table>().ok()).flatten().map(|table| format!("{:#}", json!(table)));
    let name = file.file_name().map_or_else(String::new, |name| printable_line(&name.to_string_lossy()));
    format!("to allow it, add to {name}:\n{}", indented(&printable(&json.unwrap_or(toml)), "  "))
}

/// Faults as one JSON object.
pub fn faults_json(faults: &Faults) -> Value {
    let list: Vec<Value> = faults
        .0
        .iter()
        .map(|fault| {
            let (line, column) = fault.place.unzip();
            json!({ "file": fault.file, "line": line, "column": column, "key": fault.key, "message": fault.words })
        })
        .collect();
    json!({ "ok": false, "faults": list })
}
