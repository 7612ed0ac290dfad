//! The whole story of a call: every attempt of it, what decided it, where it went, how long its parts took, and what came of it.

use super::attempt::{origin, outcome, target};
use super::{Home, change, indented, printable, printable_line, quoted};
use egret_admin::rule_of;
use egret_audit::rfc3339;
use egret_policy::Change;
use egret_store::{Attempt, Ended};
use std::fmt::Write;
use std::time::Duration;

/// The rules that are known now, by their versions, and where each of them stands.
#[derive(Debug, Default)]
pub struct Decider(Vec<(String, String)>);

impl Decider {
    /// Knows one more.
    pub fn know(&mut self, version: String, place: String) {
        self.0.push((version, place));
    }

    fn named(&self, row: &Attempt) -> String {
        let Some(version) = row.rule.as_deref() else { return "no rule: the mode lets it through".to_owned() };
        let place = self.0.iter().find(|(known, _)| known == version).map(|(_, place)| place.as_str());
        place.map_or_else(|| format!("a rule that is not there any more (version {version:.12})"), ToOwned::to_owned)
    }
}

/// All attempts of one id, in their order.
pub fn story(rows: &[Attempt], decider: &Decider) -> String {
    let mut out = String::new();
    let mut call = None;
    for row in rows {
        if call != Some(&row.call) {
            let door = row.door.as_deref().unwrap_or("an unknown way");
            let line = format!("call {} of app {}, by {door}", row.call, row.app);
            let _ = writeln!(out, "{}", printable_line(&line));
            let asked = [("function", &row.function), ("request", &row.invocation)];
            asked.iter().filter(|(_, text)| !text.is_empty()).for_each(|(name, text)| out.push_str(&line_of(name, text)));
            call = Some(&row.call);
        }
        out.push_str(&attempt(row, decider));
    }
    out
}

fn attempt(row: &Attempt, decider: &Decider) -> String {
    let mut out = format!(
        "  {} {} {}\n",
        if row.hop == 0 { "attempt".to_owned() } else { format!("redirect {}", row.hop) },
        printable_line(&row.method),
        target(row)
    );
    let mut line = |name: &str, text: &str| out.push_str(&indented(&line_of(name, text), "  "));
    line("time", &rfc3339(row.time));
    if row.ended == Ended::Refused {
        line("decided", "refused");
    } else if row.host.is_some() && (row.rule.is_some() || row.route.is_some()) {
        line("decided", &format!("allowed by {}", decider.named(row)));
    }
    if row.retries > 0 {
        line("retries", &format!("{} before it", row.retries));
    }
    for (name, text) in [("hook", row.hook.as_deref()), ("cache", row.cache.as_deref())] {
        if let Some(text) = text {
            line(name, text);
        }
    }
    if let Some(code) = &row.reported {
        line("reported", &format!("enforce would refuse it: {code}"));
    }
    if let Some(address) = &row.address {
        line("address", &format!("{address}{}", if row.reused { ", on a kept connection" } else { "" }));
    }
    for (name, secrets) in [("secrets", &row.secrets), ("echoed", &row.echoed)] {
        if !secrets.is_empty() {
            line(name, &secrets.join(", "));
        }
    }
    line("took", &timings(row));
    line("bytes", &format!("{} sent, {} received", row.sent, row.received));
    line("outcome", &ending(row));
    if let Some(code) = &row.code {
        line("why", &format!("{code}: {}", row.words.as_deref().unwrap_or_default()));
    }
    if row.weight > 1 {
        line("weight", &format!("stands for {} attempts of its kind: there were more than could be written down", row.weight));
    }
    if let Some(advice) = advice(row) {
        out.push_str(&indented(&advice, "    "));
    }
    out
}

fn line_of(name: &str, text: &str) -> String {
    format!("  {name:<9} {}\n", printable_line(text))
}

fn ending(row: &Attempt) -> String {
    let status = row.status.map_or_else(|| "no response".to_owned(), |status| format!("status {status}"));
    match row.ended {
        Ended::Answered => format!("{}, read to its end", outcome(row)),
        Ended::Abandoned => format!("{status}; dropped by the caller before its end"),
        Ended::Failed => format!("failed, {status}"),
        Ended::Refused => "refused".to_owned(),
    }
}

fn timings(row: &Attempt) -> String {
    let parts = row.timings;
    let named = [
        ("queue", parts.queue),
        ("dns", parts.dns),
        ("connect", parts.connect),
        ("tls", parts.tls),
        ("first byte", parts.first_byte),
        ("in all", Some(row.took)),
    ];
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    let parts: Vec<String> = named.into_iter().filter_map(|(name, time)| Some(format!("{name} {:.1} ms", ms(time?)))).collect();
    parts.join(", ")
}

/// What would allow what was refused: a command, or the lines for a manifest. Nothing where no rule can or should.
pub fn advice(row: &Attempt) -> Option<String> {
    let code = row.code.as_deref().filter(|_| row.ended == Ended::Refused)?;
    match code {
        "policy.closed.lockdown" => {
            let app = quoted(&row.app);
            return Some(format!("to open it: egret net lockdown --off, or with --app {app} where that app alone is locked down\n"));
        }
        "policy.closed.paused" => return Some(format!("to let it go on: egret app resume {}\n", quoted(&row.app))),
        _ => {}
    }
    match &row.change {
        Some(lines) if lines.starts_with("[[net]]") => {
            let rule = rule_of(lines).ok()?;
            Some(change(&Change { rule, table: "net" }, Home::App(&row.app)))
        }
        Some(lines) => Some(format!("to allow it, add to the app's manifest:\n{}", indented(&printable(lines), "  "))),
        None if code.starts_with("policy.rule.") && code != "policy.rule.denied" => without_path(row),
        None => None,
    }
}

/// The log does not keep paths unless it is told to, nor then what would name one.
fn without_path(row: &Attempt) -> Option<String> {
    let (origin, method, app) = (quoted(&origin(row)?), quoted(&row.method), quoted(&row.app));
    let http = if row.scheme.as_deref() == Some("http") { " --http" } else { "" };
    let command = printable_line(&format!("egret net allow {origin} --path PATH --methods {method}{http} --app {app}"));
    Some(format!("to allow it (the log keeps no paths; PATH is a pattern such as /v1/**):\n  {command}\n"))
}

#[cfg(test)]
mod tests {
    use super::super::attempt::tests::row;
    use super::*;
    use egret_policy::{RouteSpec, RuleSpec};
    use egret_store::Timings;

    #[test]
    fn a_story_says_what_decided_where_it_went_and_how_long_its_parts_took() {
        let timings =
            Timings { dns: Some(Duration::from_micros(1_500)), first_byte: Some(Duration::from_millis(30)), ..Timings::default() };
        let mut decider = Decider::default();
        decider.know("abc".to_owned(), "rule 3 of `egret net list`".to_owned());
        let first = Attempt { timings, rule: Some("abc".into()), secrets: vec!["KEY".to_owned()], ..row() };
        let second = Attempt { hop: 1, reused: true, rule: Some("0123456789abcdef".into()), ..row() };
        let text = story(&[first, second], &decider);
        let wanted = [
            "call 01M7ZT21QJ43A68TT9SZK4GC4X of app shop, by js",
            "function  pay.js",
            "attempt POST https://api.stripe.com/v1/charges/:id",
            "allowed by rule 3 of `egret net list`",
            "secrets   KEY",
            "dns 1.5 ms, first byte 30.0 ms, in all 34.6 ms",
            "12 sent, 3456 received",
            "201, read to its end",
            "redirect 1 POST",
            "not there any more (version 0123456789ab)",
            "203.0.113.7:443, on a kept connection",
        ];
        for words in wanted {
            assert!(text.contains(words), "{words}\n{text}");
        }
        assert_eq!(text.matches("call 01M7").count(), 1);
    }

    #[test]
    fn what_was_refused_comes_with_what_would_allow_it() {
        let refused =
            |code: &'static str, change: Option<String>| Attempt { ended: Ended::Refused, code: Some(code.into()), change, ..row() };
        let advice = |row: &Attempt| advice(row).unwrap_or_default();
        let whole = RuleSpec { routes: None, ..RuleSpec::host("api.stripe.com") };
        let kept = refused("policy.rule.no_host", Some(whole.to_toml("net")));
        assert_eq!(advice(&kept), "to allow it:\n  egret net allow api.stripe.com --app shop\n");
        let path = RuleSpec { routes: Some(vec![RouteSpec::path("/v1/x")]), ..RuleSpec::host("a.test") };
        assert!(advice(&refused("policy.rule.path", Some(path.to_toml("net")))).contains("--path /v1/x"));
        assert!(advice(&refused("egress.addr.loopback", Some(whole.to_toml("dev.net")))).contains("[[dev.net]]"));
        let none = advice(&refused("policy.rule.no_host", None));
        assert!(none.contains("egret net allow https://api.stripe.com --path PATH --methods POST --app shop"), "{none}");
        assert!(advice(&refused("policy.closed.lockdown", None)).contains("egret net lockdown --off"));
        assert!(advice(&refused("policy.closed.paused", None)).contains("egret app resume shop"));
        assert_eq!(advice(&refused("policy.rule.denied", None)), "");
        assert_eq!(advice(&Attempt { code: Some("egress.timeout.dns".into()), ended: Ended::Failed, ..row() }), "");
    }
}
