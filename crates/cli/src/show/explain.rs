//! An explanation: a line a check, the nearest rule, the smallest change.

use super::printable_line;
use egret_policy::{CheckReport, Explanation, Outcome};
use http::Method;
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::Path;

/// For people; `file` is where the rules stand.
pub fn explanation(method: &Method, url: &str, explanation: &Explanation, file: &Path) -> String {
    let mut out = String::new();
    let shown = explanation.target.as_ref().map_or_else(|| printable_line(url), ToString::to_string);
    let verdict = if explanation.denial().is_some() { "refused" } else { "allowed, if its addresses are" };
    let _ = writeln!(out, "{method} {shown}: {verdict}");
    for CheckReport { check, outcome } in &explanation.checks {
        let line = match outcome {
            Outcome::Passed(words) => format!("pass    {check:<15} {words}"),
            Outcome::Reported(denial) => format!("REPORT  {check:<15} {} [{}]", denial.message(), denial.code()),
            Outcome::Refused(denial) => format!("REFUSE  {check:<15} {} [{}]", denial.message(), denial.code()),
            Outcome::NotEvaluated(why) => format!("  -     {check:<15} not evaluated: {why}"),
        };
        let _ = writeln!(out, "  {}", printable_line(line.trim_end()));
    }
    if let (Some(nearest), Some(_)) = (&explanation.nearest, explanation.denial()) {
        let _ = writeln!(out, "nearest rule: {}", printable_line(nearest));
    }
    if let Some(change) = &explanation.change {
        out.push_str(&super::change(change, file));
    }
    out
}

/// For programs.
pub fn explanation_json(method: &Method, url: &str, explanation: &Explanation) -> Value {
    let check = |report: &CheckReport| {
        let (outcome, code, words) = match &report.outcome {
            Outcome::Passed(words) => ("passed", None, words.as_str()),
            Outcome::Reported(denial) => ("reported", Some(denial.code().as_str()), denial.message()),
            Outcome::Refused(denial) => ("refused", Some(denial.code().as_str()), denial.message()),
            Outcome::NotEvaluated(why) => ("not evaluated", None, *why),
        };
        json!({ "check": report.check, "outcome": outcome, "code": code, "message": words })
    };
    json!({
        "method": method.as_str(),
        "url": explanation.target.as_ref().map_or_else(|| url.to_owned(), egret_policy::Target::to_url),
        "allowed": explanation.denial().is_none(),
        "code": explanation.denial().map(|denial| denial.code().as_str()),
        "checks": explanation.checks.iter().map(check).collect::<Vec<_>>(),
        "nearest": explanation.nearest,
        "change": explanation.change.as_ref().map(egret_policy::Change::to_toml),
    })
}
