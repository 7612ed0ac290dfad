//! Proposed rules as a file of rules: tables that can be used as they are, and everything else as comments.

use super::attempt::cut;
use super::{mode_name, printable_line};
use egret_audit::learn::{Learned, Left, Paths, Proposal, Route, Why};
use egret_audit::past::Past;
use egret_audit::rfc3339;
use egret_policy::Mode;
use serde_json::{Value, json};
use std::fmt::Write;
use std::time::SystemTime;

/// Lines about what is left, at most; JSON has all.
const LEFT: usize = 50;

/// What was learned, of what.
pub struct Learning {
    pub app: String,
    pub mode: Mode,
    /// Where the app's rules stand, in their order.
    pub places: Vec<String>,
    pub note: Option<String>,
    pub since: SystemTime,
    pub past: Past,
    /// How many rows were looked at, where there were more.
    pub cut: Option<i64>,
    pub learned: Learned,
}

/// The file.
pub fn learned(learning: &Learning) -> String {
    let Learning { app, since, past, learned, places, .. } = learning;
    let mut out =
        format!("# What would allow app {app} what no rule allowed since {}. {} attempts were looked at.\n", rfc3339(*since), past.rows);
    out.push_str("# Nothing is changed: review every rule, and `egret net diff FILE --beside` shows what it would reach.\n");
    notes(learning).iter().for_each(|note| comment(&mut out, note));
    out.push_str("version = 1\n");
    if learned.proposals.is_empty() {
        out.push_str("\n# There is nothing to propose.\n");
    }
    learned.proposals.iter().for_each(|one| out.push_str(&proposal(one, places)));
    if !learned.left.is_empty() {
        out.push_str("\n# Not proposed:\n");
        learned.left.iter().take(LEFT).for_each(|one| left(&mut out, one));
    }
    if learned.left.len() > LEFT {
        let _ = writeln!(out, "# and {} more, which --json has.", learned.left.len() - LEFT);
    }
    out
}

fn notes(learning: &Learning) -> Vec<String> {
    let Learning { mode, past, learned, .. } = learning;
    let mut notes: Vec<String> = learning.note.iter().cloned().collect();
    notes.extend(learning.cut.map(|most| format!("Of the log, the newest {most} rows were looked at.")));
    let counted = [
        (past.thinned, "calls have no row of their own; their paths and methods may be missing here."),
        (past.beyond, "calls are of more kinds than are told apart, and were left out."),
        (past.unread, "calls had a URL that cannot be read; no rule is about them."),
        (learned.allowed_by_now, "calls are allowed by the rules that the app has by now."),
    ];
    notes.extend(counted.iter().filter(|(count, _)| *count > 0).map(|(count, words)| format!("{count} {words}")));
    if matches!(mode, Mode::Open(_) | Mode::Denylist(_)) {
        notes.push(format!("The app's mode is {}: a host that a rule names is reached by rules alone.", mode_name(mode)));
    }
    notes
}

fn proposal(proposal: &Proposal, places: &[String]) -> String {
    let mut out = "\n".to_owned();
    comment(&mut out, &format!("{}:", counted(proposal.calls, proposal.last)));
    proposal.routes.iter().for_each(|route| comment(&mut out, &format!("  {}", in_words(route))));
    match proposal.paths {
        Paths::Known => {}
        Paths::Many => comment(&mut out, "There are too many path templates to list: this allows all below what they have in common."),
        Paths::Unknown => comment(&mut out, "The log has no paths, so this allows every one; `egret dev --audit-paths` keeps them."),
    }
    if let Some(place) = proposal.beside.and_then(|at| places.get(at)) {
        comment(&mut out, &format!("{place} names the host already; what it demands, exempts and does goes along."));
    }
    let lines = proposal.rule.to_toml(proposal.table);
    if proposal.table == "net" {
        out.push_str(&lines);
    } else {
        comment(&mut out, "For development only; a manifest takes it, a file of rules does not:");
        lines.lines().for_each(|line| comment(&mut out, line));
    }
    out
}

fn in_words(route: &Route) -> String {
    let methods = route.methods.iter().cloned().collect::<Vec<_>>().join(", ");
    let paths = if route.paths > 1 { format!(", {} paths", route.paths) } else { String::new() };
    format!("{methods} {}: {}{paths}", route.path(), calls(route.calls))
}

fn left(out: &mut String, left: &Left) {
    let methods = left.methods.iter().cloned().collect::<Vec<_>>().join(", ");
    comment(out, &format!("{methods} {}: {}, {}", left.origin, counted(left.tally.calls, left.tally.last), left.code));
    // Only there the words of the refusal say more than the code: which address it was.
    let words = left.tally.words.as_deref().filter(|_| left.why == Why::Address).map(|words| format!(" ({words})")).unwrap_or_default();
    comment(out, &format!("  {}{words}", left.why.words()));
}

fn counted(count: u64, last: SystemTime) -> String {
    format!("{}, the last at {}", calls(count), rfc3339(last))
}

fn calls(count: u64) -> String {
    if count == 1 { "1 call".to_owned() } else { format!("{count} calls") }
}

fn comment(out: &mut String, text: &str) {
    let _ = writeln!(out, "# {}", cut(&printable_line(text), 240));
}

/// The same for programs.
pub fn learned_json(learning: &Learning) -> Value {
    let Learning { app, mode, places, note, since, past, learned, .. } = learning;
    let proposals = learned.proposals.iter().map(|one| {
        json!({
            "table": one.table, "toml": one.rule.to_toml(one.table), "host": one.rule.host, "calls": one.calls, "last": rfc3339(one.last),
            "paths": match one.paths { Paths::Known => "known", Paths::Many => "many", Paths::Unknown => "unknown" },
            "beside": one.beside.and_then(|at| places.get(at)),
            "routes": one.routes.iter().map(route_json).collect::<Vec<_>>(),
        })
    });
    let left = learned.left.iter().map(|one| {
        json!({
            "code": one.code, "reason": one.why.words(), "origin": one.origin, "methods": one.methods, "calls": one.tally.calls,
            "last": rfc3339(one.tally.last), "words": one.tally.words,
        })
    });
    json!({
        "ok": true, "app": app, "mode": mode_name(mode), "since": rfc3339(*since), "note": note, "rows": past.rows,
        "cut": learning.cut.is_some(), "thinned": past.thinned, "beyond": past.beyond, "unread": past.unread,
        "allowed_by_now": learned.allowed_by_now, "proposals": proposals.collect::<Vec<_>>(), "left": left.collect::<Vec<_>>(),
    })
}

fn route_json(route: &Route) -> Value {
    json!({ "path": route.path(), "methods": route.methods, "calls": route.calls, "paths": route.paths, "last": rfc3339(route.last) })
}

#[cfg(test)]
mod tests {
    use super::super::attempt::tests::row;
    use super::*;
    use egret_audit::learn::learn;
    use egret_manifest::RuleFile;
    use egret_policy::{PortRange, RuleSpec};
    use egret_store::{Attempt, Ended};
    use std::path::Path;

    fn refused(host: &str, path: Option<&str>, code: &'static str) -> Attempt {
        Attempt {
            host: Some(host.into()),
            path: path.map(str::to_owned),
            route: None,
            ended: Ended::Refused,
            code: Some(code.into()),
            ..row()
        }
    }

    fn learning(rows: &[Attempt], rules: &[RuleSpec]) -> Learning {
        let mut past = Past::default();
        rows.iter().for_each(|row| past.add(row));
        let learned = learn(&past, rules).unwrap();
        let places = rules.iter().map(|rule| format!("the rule for {}", rule.host)).collect();
        Learning { app: "shop".to_owned(), mode: Mode::Enforce, places, note: None, since: row().time, past, cut: None, learned }
    }

    #[test]
    fn what_is_printed_is_a_file_of_rules_with_every_reason_as_a_comment() {
        let nasty = "x\u{1b}[2J\nhost = \"evil.test\"\u{202e}";
        let rows = [
            refused("a.test", Some("/v1/users/42"), "policy.rule.no_host"),
            refused("b.test", None, "policy.rule.no_host"),
            refused("c.test", Some("/x"), "policy.rule.port"),
            Attempt { words: Some(nasty.to_owned()), ..refused(nasty, Some("/x"), "egress.addr.private") },
            Attempt { weight: 3, ..refused("d.test", Some("/x"), "policy.rule.denied") },
        ];
        let loopback =
            RuleSpec { ports: Some(vec![PortRange::single(1)]), private: vec!["127.0.0.1/32".to_owned()], ..RuleSpec::host("c.test") };
        let learning = learning(&rows, &[loopback]);
        let text = learned(&learning);
        let file = RuleFile::parse(Path::new("learned.toml"), &text).unwrap();
        assert_eq!(file.net.iter().map(|rule| rule.host.as_str()).collect::<Vec<_>>(), ["a.test", "b.test"], "{text}");
        for words in [
            "POST /v1/users/:id: 1 call",
            "--audit-paths",
            "the rule for c.test names the host already",
            "# [[dev.net]]",
            "2 calls have no row of their own",
            "a deny rule refuses it",
            "the owner's decision (x",
        ] {
            assert!(text.contains(words), "{words}\n{text}");
        }
        assert!(!text.contains(['\u{1b}', '\u{202e}']) && !text.contains("\nhost = \"evil.test\""), "{text}");
        let json = learned_json(&learning);
        assert_eq!(
            (&json["proposals"][0]["routes"][0]["path"], &json["proposals"][1]["paths"]),
            (&json!("/v1/users/:id"), &json!("unknown"))
        );
    }

    #[test]
    fn a_log_without_refusals_makes_an_empty_file_of_rules() {
        let text = learned(&learning(&[row()], &[]));
        assert!(text.contains("nothing to propose") && RuleFile::parse(Path::new("learned.toml"), &text).unwrap().net.is_empty());
    }
}
