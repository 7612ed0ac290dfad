//! What other rules would change: the rules themselves, as a difference of lines, and the calls of the log that they decide otherwise.

use super::attempt::cut;
use super::{indented, mode_name, printable_line};
use egret_audit::past::Past;
use egret_audit::replay::{Comparison, Replayed};
use egret_audit::rfc3339;
use egret_policy::{Mode, RuleSpec};
use serde_json::{Value, json};
use std::fmt::Write;
use std::time::SystemTime;

/// Rules and kinds of calls that are shown of each list; JSON has all.
const SHOWN: usize = 50;

/// A comparison, and of what.
pub struct Compared {
    pub app: String,
    pub note: Option<String>,
    pub since: SystemTime,
    pub past: Past,
    /// How many rows were looked at, where there were more.
    pub cut: Option<i64>,
    /// The modes, as they stand and as they would.
    pub modes: (Mode, Mode),
    pub found: Comparison,
}

/// For people.
pub fn compared(compared: &Compared) -> String {
    let Compared { app, note, since, past, modes: (old, new), found, .. } = compared;
    let mut out = String::new();
    if mode_name(old) != mode_name(new) {
        let _ = writeln!(out, "mode {} becomes {}", mode_name(old), mode_name(new));
    }
    rules(&mut out, "- ", &found.removed);
    rules(&mut out, "+ ", &found.added);
    if out.is_empty() {
        out.push_str("the rules are the same\n");
    }
    let _ = writeln!(out, "\ncalls of app {app} since {}, {} attempts of the log:", rfc3339(*since), past.rows);
    calls(&mut out, "newly reached", "refused until now: ", &found.reached);
    calls(&mut out, "newly refused", "", &found.refused);
    calls(&mut out, "cannot be said, for what the log has not (`egret dev --audit-paths` keeps paths)", "", &found.unknown);
    let _ = writeln!(out, "unchanged: {}", found.unchanged);
    let counted = [
        (past.thinned, "calls have no row of their own; another one of their kind stands for them"),
        (past.beyond, "calls are of more kinds than are told apart, and were left out"),
        (past.unread, "calls had a URL that cannot be read; no rule is about them"),
    ];
    counted.iter().filter(|(count, _)| *count > 0).for_each(|(count, words)| _ = writeln!(out, "note: {count} {words}"));
    if let Some(most) = compared.cut {
        let _ = writeln!(out, "note: of the log, the newest {most} rows were looked at");
    }
    note.iter().for_each(|note| _ = writeln!(out, "note: {}", printable_line(note)));
    out
}

fn rules(out: &mut String, sign: &str, rules: &[RuleSpec]) {
    rules.iter().take(SHOWN).for_each(|rule| out.push_str(&indented(&rule.to_toml("net"), sign)));
    if rules.len() > SHOWN {
        let _ = writeln!(out, "{sign}and {} more rules", rules.len() - SHOWN);
    }
}

fn calls(out: &mut String, head: &str, before: &str, calls: &[Replayed]) {
    let sum: u64 = calls.iter().map(|call| call.tally.calls).sum();
    let _ = writeln!(out, "{head}: {sum}");
    for call in calls.iter().take(SHOWN) {
        let target = format!("{}{}", call.origin, call.path.as_deref().unwrap_or("/…"));
        let code = call.code.as_deref().map(|code| format!("  {before}{code}")).unwrap_or_default();
        let line = format!("{:>9} {:<7} {}{code}", call.tally.calls, call.method, cut(&target, 64));
        let _ = writeln!(out, "{}", printable_line(&line));
    }
    if calls.len() > SHOWN {
        let _ = writeln!(out, "          and {} more kinds of calls, which --json has", calls.len() - SHOWN);
    }
}

/// The same for programs.
pub fn compared_json(compared: &Compared) -> Value {
    let Compared { app, note, since, past, modes: (old, new), found, .. } = compared;
    let rules = |rules: &[RuleSpec]| rules.iter().map(|rule| rule.to_toml("net")).collect::<Vec<_>>();
    let calls = |calls: &[Replayed]| calls.iter().map(replayed_json).collect::<Vec<_>>();
    json!({
        "ok": true, "app": app, "since": rfc3339(*since), "note": note, "mode": { "old": mode_name(old), "new": mode_name(new) },
        "rules": { "added": rules(&found.added), "removed": rules(&found.removed) },
        "reached": calls(&found.reached), "refused": calls(&found.refused), "unknown": calls(&found.unknown), "unchanged": found.unchanged,
        "rows": past.rows, "cut": compared.cut.is_some(), "thinned": past.thinned, "beyond": past.beyond, "unread": past.unread,
    })
}

fn replayed_json(call: &Replayed) -> Value {
    let Replayed { origin, method, path, code, tally } = call;
    json!({ "origin": origin, "method": method, "path": path, "code": code, "calls": tally.calls, "last": rfc3339(tally.last) })
}
