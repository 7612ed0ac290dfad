//! One attempt of the log on a line of 120 columns, with a second line for what went wrong. A URL is made of what the log keeps of
//! it, which never includes the query.

use super::printable_line;
use egret_audit::rfc3339;
use egret_store::{Attempt, Ended};
use std::fmt::Write;

/// The line above the others.
pub const HEAD: &str = "time (UTC)     app          outcome  method  target                                        ms call\n";

/// Characters of the target that are shown.
const TARGET: usize = 38;

/// One attempt.
pub fn attempt(row: &Attempt) -> String {
    let time = rfc3339(row.time);
    let time = time.get(5..19).unwrap_or(&time).replace('T', " ");
    let (app, method, call) = (printable_line(&row.app), printable_line(&row.method), printable_line(&row.call));
    let (outcome, target, ms) = (outcome(row), cut(&target(row), TARGET), row.took.as_secs_f64() * 1e3);
    let mut out = format!("{time} {app:<12.12} {outcome:<8.8} {method:<7.7} {target:<TARGET$} {ms:>9.1} {call:<26.26}");
    out.truncate(out.trim_end().len());
    out.push('\n');
    if let Some(code) = &row.code {
        let words = row.words.as_deref().unwrap_or_default();
        let _ = writeln!(out, "               {}", cut(&printable_line(&format!("{code}: {words}")), 104));
    }
    if let Some(code) = &row.reported {
        let _ = writeln!(out, "               REPORTED, enforce would refuse it: {}", printable_line(code));
    }
    if row.weight > 1 {
        let _ = writeln!(out, "               and {} more like it, which have no line of their own", row.weight - 1);
    }
    out
}

/// How it ended, in a word: the status where there is one.
pub(super) fn outcome(row: &Attempt) -> String {
    match (row.ended, row.status) {
        (Ended::Answered, Some(status)) => status.to_string(),
        (Ended::Answered, None) => "answered".to_owned(),
        (Ended::Abandoned, _) => "dropped".to_owned(),
        (Ended::Failed, _) => "failed".to_owned(),
        (Ended::Refused, _) => "refused".to_owned(),
    }
}

/// Where it went: with the path where paths are kept, else with the template of the rule that allowed it.
pub(super) fn target(row: &Attempt) -> String {
    let Some(origin) = origin(row) else { return "a URL that cannot be read".to_owned() };
    let path = row.path.as_deref().or(row.route.as_deref()).unwrap_or("/…");
    printable_line(&format!("{origin}{path}"))
}

/// Scheme, host, and the port where it is not the scheme's own.
pub(super) fn origin(row: &Attempt) -> Option<String> {
    let (scheme, host) = (row.scheme.as_deref()?, row.host.as_deref()?);
    let port = match (scheme, row.port) {
        ("https", Some(443)) | ("http", Some(80)) | (_, None) => String::new(),
        (_, Some(port)) => format!(":{port}"),
    };
    let host = if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.to_owned() };
    Some(format!("{scheme}://{host}{port}"))
}

/// A text of so many characters at most.
pub(super) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some(_) => text.chars().take(most.saturating_sub(1)).chain(['…']).collect(),
        None => text.to_owned(),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use egret_store::{Others, Timings};
    use std::time::{Duration, SystemTime};

    pub(in crate::show) fn row() -> Attempt {
        Attempt {
            time: SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_293_351_042),
            call: "01M7ZT21QJ43A68TT9SZK4GC4X".into(),
            hop: 0,
            app: "shop".into(),
            function: "pay.js".into(),
            invocation: "01M7ZT21QJ43A68TT9SZK4GC4W".into(),
            door: Some("js".into()),
            method: "POST".into(),
            scheme: Some("https".into()),
            host: Some("api.stripe.com".into()),
            port: Some(443),
            route: Some("/v1/charges/:id".into()),
            path: None,
            rule: None,
            ended: Ended::Answered,
            code: None,
            words: None,
            change: None,
            reported: None,
            address: Some("203.0.113.7:443".to_owned()),
            reused: false,
            cached: false,
            cache: None,
            hook: None,
            retries: 0,
            status: Some(201),
            sent: 12,
            received: 3_456,
            took: Duration::from_micros(34_567),
            timings: Timings::default(),
            secrets: Vec::new(),
            echoed: Vec::new(),
            weight: 1,
            others: Others::default(),
        }
    }

    #[test]
    fn an_attempt_is_a_line_below_its_head() {
        let line = attempt(&row());
        assert_eq!(
            line,
            "11-21 20:35:51 shop         201      POST    https://api.stripe.com/v1/charges/:id       34.6 01M7ZT21QJ43A68TT9SZK4GC4X\n"
        );
        for (word, below) in [("app", "shop"), ("outcome", "201"), ("method", "POST"), ("target", "https"), ("call", "01M7")] {
            assert_eq!(HEAD.find(word), line.find(below), "{word}");
        }
    }

    #[test]
    fn whatever_a_row_holds_it_stays_within_its_columns_and_moves_no_cursor() {
        let nasty = "\u{1b}[2J\u{9b}\u{202e}\n".repeat(40);
        let row = Attempt {
            app: nasty.as_str().into(),
            method: nasty.clone().into(),
            path: Some(nasty.clone()),
            call: nasty.as_str().into(),
            ended: Ended::Refused,
            code: Some("policy.rule.no_host".into()),
            words: Some(nasty),
            weight: 7,
            ..row()
        };
        let text = attempt(&row);
        assert_eq!(text.lines().count(), 3, "{text:?}");
        assert!(text.lines().all(|line| line.chars().count() <= 120), "{text}");
        assert!(!text.contains(['\u{1b}', '\u{9b}', '\u{202e}']), "{text:?}");
    }
}
