//! How things are shown: text for people, JSON for programs. The one place that turns errors and denials into output.

mod explain;
mod live;
mod safe;

pub use explain::{explanation, explanation_json};
pub use live::Terminal;
pub use safe::printable;

use egret_app::config::Faults;
use serde_json::{Value, json};

/// Every line behind a prefix.
pub fn indented(text: &str, prefix: &str) -> String {
    text.lines().map(|line| format!("{prefix}{line}\n")).collect()
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
