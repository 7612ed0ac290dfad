//! How things are shown: text for people, JSON for programs. The one place that turns errors and denials into output.

mod explain;
mod live;
mod queue;

pub use egret_app::terminal::{printable, printable_line};
pub use explain::{explanation, explanation_json, json_line};
pub use live::Terminal;

use egret_app::config::Faults;
use egret_policy::Mode;
use serde_json::{Value, json};

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
