//! An explanation: a line a check, the nearest rule, the smallest change.

use super::{Home, printable_line};
use egret_policy::{CheckReport, Explanation, Nearest, Outcome};
use http::Method;
use serde_json::{Value, json};
use std::fmt::Write;

/// For people; `home` is where the rules stand.
pub fn explanation(method: &Method, url: &str, explanation: &Explanation, home: Home<'_>) -> String {
    let mut out = String::new();
    let shown = explanation.target.as_ref().map_or_else(|| short_line(&without_secrets(url)), |target| short_line(&target.to_string()));
    let verdict = if explanation.denial().is_some() { "refused" } else { "allowed, if its addresses are" };
    let _ = writeln!(out, "{method} {shown}: {verdict}");
    for CheckReport { check, outcome } in &explanation.checks {
        let line = match outcome {
            Outcome::Passed(words) => format!("pass    {check:<15} {words}"),
            Outcome::Reported(denial) => format!("REPORT  {check:<15} {} [{}]", denial.message(), denial.code()),
            Outcome::Refused(denial) => format!("REFUSE  {check:<15} {} [{}]", denial.message(), denial.code()),
            Outcome::NotEvaluated(why) => format!("  -     {check:<15} not evaluated: {why}"),
        };
        let _ = writeln!(out, "  {}", short_line(line.trim_end()));
    }
    let nearest = explanation.nearest.as_ref().filter(|nearest| explanation.denial().is_some() && !nearest.differs.is_empty());
    if let Some(nearest) = nearest {
        let _ = writeln!(out, "nearest rule: {}", short_line(&nearest.to_string()));
    }
    if let Some(change) = &explanation.change {
        out.push_str(&super::change(change, home));
    }
    out
}

/// One line for a terminal, cut where it is longer than anybody reads: a URL may be as long as the system lets an argument be.
fn short_line(text: &str) -> String {
    const MOST: usize = 1000;
    let printable = printable_line(text);
    match printable.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}… ({} bytes)", &printable[..end], text.len()),
        None => printable,
    }
}

/// A URL that could not be read, without what may be a secret: the query, and a user's name and password.
fn without_secrets(url: &str) -> String {
    let end = url.find(['?', '#']).unwrap_or(url.len());
    let (start, more) = (&url[..end], if end < url.len() { "?…" } else { "" });
    match start.rsplit_once('@') {
        Some((before, host)) => {
            let scheme = before.split_once("//").map_or("", |(scheme, _)| scheme);
            format!("{scheme}{}…@{host}{more}", if scheme.is_empty() { "" } else { "//" })
        }
        None => format!("{start}{more}"),
    }
}

/// JSON on one line of ASCII where a terminal would obey a character: controls above ASCII and marks of direction are escaped.
pub fn json_line(value: &Value) -> String {
    json_text(&value.to_string())
}

/// The same for an object that is text already.
pub fn json_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_graphic() || c == ' ' || !c.is_ascii() && printable_line(c.encode_utf8(&mut [0; 4])).starts_with(c) {
            out.push(c);
        } else {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| _ = write!(out, "\\u{unit:04x}"));
        }
    }
    out
}

fn nearest(nearest: &Nearest) -> Value {
    let differs = nearest.differs.iter().map(|one| json!({ "field": one.field, "rule": one.rule, "request": one.request }));
    let differs: Vec<Value> = differs.collect();
    json!({ "rule": nearest.rule, "place": nearest.place, "route": nearest.route, "differs": differs })
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
        "url": explanation.target.as_ref().map_or_else(|| without_secrets(url), egret_policy::Target::to_url),
        "allowed": explanation.denial().is_none(),
        "code": explanation.denial().map(|denial| denial.code().as_str()),
        "checks": explanation.checks.iter().map(check).collect::<Vec<_>>(),
        "nearest": explanation.nearest.as_ref().map(nearest),
        "change": explanation.change.as_ref().map(egret_policy::Change::to_toml),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_a_secret_is_left_out_of_a_url_that_cannot_be_read() {
        for (url, shown) in [
            ("https://user:hunter2@a.test/x?key=hunter2#f", "https://…@a.test/x?…"),
            ("http://127.1/?hunter2", "http://127.1/?…"),
            ("user:hunter2@a.test", "…@a.test"),
            ("https://a.test/\u{20ac}", "https://a.test/\u{20ac}"),
        ] {
            assert_eq!(without_secrets(url), shown);
        }
    }

    #[test]
    fn a_line_has_an_end_and_json_no_character_that_a_terminal_obeys() {
        assert_eq!(short_line(&"é".repeat(5000)), format!("{}… (10000 bytes)", "é".repeat(1000)));
        let value = json!({ "a": "\u{1b}[2J\u{9b}\u{202e}\u{7f}é\u{1f600}" });
        let line = json_line(&value);
        assert_eq!(line, "{\"a\":\"\\u001b[2J\\u009b\\u202e\\u007fé\u{1f600}\"}");
        assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), value);
    }
}
