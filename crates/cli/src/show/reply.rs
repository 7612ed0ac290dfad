//! What a command of an owner came to: text for people, JSON for programs.

use crate::commands::owner::Said;
use egret_admin::{App, Fault, Grant, Limit, Listed, Reply, Rule, Secret, Standing, Version};
use serde_json::{Value, json};
use std::fmt::Write;

/// For people. A rule comes as TOML, with all else as comments, so that it can go into a manifest as it is.
pub fn reply(said: &Said) -> String {
    let notes = |mark: &str| said.notes.iter().fold(String::new(), |out, note| out + mark + note + "\n");
    match &said.reply {
        Reply::Status(status) => format!("egret {}, process {}, {} apps\n", status.version, status.pid, status.apps),
        Reply::App(one) => app(one),
        Reply::Apps(apps) if apps.is_empty() => "no app yet; `egret app create NAME` makes one\n".to_owned(),
        Reply::Apps(apps) => apps.iter().map(listed).collect(),
        Reply::Standing { app, standing } => closed(app.as_deref(), *standing),
        Reply::Cleared { app, host } => cleared(app.as_deref(), host.as_deref()) + &notes("note: "),
        Reply::Rule(one) => format!("{}{}", notes("# "), rule(one)),
        Reply::Rules(rules) if rules.is_empty() => notes("# ") + "no rule; `egret net allow TARGET` adds one\n",
        Reply::Rules(rules) => notes("# ") + &rules.iter().map(rule).collect::<Vec<_>>().join("\n"),
        Reply::Secret(one) => format!("{}{}", secret(one), notes("note: ")),
        Reply::Secrets(secrets) if secrets.is_empty() => "no secret; `egret secret set NAME` sets one\n".to_owned(),
        Reply::Secrets(secrets) => secrets.iter().map(secret).collect(),
        Reply::Limits(limits) => limits.iter().map(limit).collect(),
        Reply::Removed(gone) => gone.iter().fold(String::new(), |out, one| out + "removed " + one + "\n"),
        Reply::Backup(file) => format!("wrote {file}\nthe master key is not in it: keep that elsewhere, without it the secrets are lost\n"),
        Reply::Restored { kept } => match kept {
            Some(kept) => format!("restored; what was there before is {kept}\n"),
            None => "restored; nothing was there before\n".to_owned(),
        },
    }
}

/// For programs: `ok`, the reply under its kind, and `notes`.
pub fn reply_json(said: &Said) -> Value {
    let mut value = json!(said.reply);
    if let Value::Object(object) = &mut value {
        object.insert("ok".to_owned(), json!(true));
        object.insert("notes".to_owned(), json!(said.notes));
    }
    value
}

/// For programs: `ok`, the kind and the message.
pub fn fault_json(fault: &Fault) -> Value {
    json!({ "ok": false, "kind": fault.kind(), "message": fault.to_string() })
}

fn app(app: &App) -> String {
    let App { id, name, folder, created, generation, standing, rules, secrets } = app;
    let (id, name, folder) = (id.clone(), name.clone(), folder.clone());
    let mut out = listed(&Listed { id, name, folder, created: *created, generation: *generation, standing: *standing });
    let _ = writeln!(out, "created {}, generation {generation}", date(*created));
    out.push_str(if rules.is_empty() { "rules: none but those of its manifest\n" } else { "rules\n" });
    rules.iter().for_each(|one| out.push_str(&super::indented(&rule(one), "  ")));
    out.push_str(if secrets.is_empty() { "secrets: none\n" } else { "secrets\n" });
    secrets.iter().for_each(|one| out.push_str(&super::indented(&secret(one), "  ")));
    out
}

fn listed(app: &Listed) -> String {
    let closed: String = closed_words(app.standing).iter().map(|words| format!("  {words}\n")).collect();
    format!("{:<20} {}  {}\n{closed}", app.name, app.id, app.folder.as_deref().unwrap_or("no folder"))
}

/// What an owner has closed, one sentence each.
pub fn closed_words(standing: Standing) -> Vec<String> {
    let Standing { everywhere, lockdown, paused } = standing;
    let all = [
        (everywhere, "LOCKDOWN of all apps: no call goes out; `egret net lockdown --off` lifts it"),
        (lockdown, "LOCKDOWN of this app: no call goes out; `egret net lockdown --off --app NAME` lifts it"),
        (paused, "PAUSED: no request comes in and no call goes out; `egret app resume NAME` ends that"),
    ];
    all.into_iter().filter(|(is, _)| *is).map(|(_, words)| words.to_owned()).collect()
}

/// What stands after a command that closes or opens.
fn closed(app: Option<&str>, standing: Standing) -> String {
    let words = closed_words(standing).into_iter().fold(String::new(), |out, words| out + &words + "\n");
    match (app, words.is_empty()) {
        (_, false) => words,
        (Some(app), true) => format!("app {app} is open\n"),
        (None, true) => "no lockdown of all apps; one that an app has of its own still stands\n".to_owned(),
    }
}

/// What is to be forgotten of stored answers.
fn cleared(app: Option<&str>, host: Option<&str>) -> String {
    let app = app.map_or_else(|| "all apps".to_owned(), |app| format!("app {app}"));
    let host = host.map_or_else(String::new, |host| format!(" from {host}"));
    format!("the stored answers of {app}{host} are forgotten\n")
}

fn rule(rule: &Rule) -> String {
    let state = if rule.unchanged { ", there already" } else { "" };
    let verb = if rule.deny { "refused to" } else { "allowed to" };
    format!("# rule {}, {verb} app {}{state}\n{}", rule.id, rule.app, rule.rule)
}

fn secret(secret: &Secret) -> String {
    let current = secret.versions.iter().find(|version| version.until.is_none());
    let current = current.map_or_else(String::new, |Version { version, created, .. }| format!(" version {version} of {}", date(*created)));
    let mut out = format!("{:<20}{current}\n", secret.name);
    for Version { version, until, .. } in &secret.versions {
        if let Some(until) = until {
            let _ = writeln!(out, "  version {version} is known until {}", date(*until));
        }
    }
    for Grant { to, place, rule } in &secret.grants {
        let rule = rule.as_ref().map_or("", |_| ", under one rule only");
        let _ = writeln!(out, "  to {to} as {place}{rule}");
    }
    if secret.hmac {
        out.push_str("  code may sign and verify with it\n");
    }
    if secret.trip {
        out.push_str("  its first echo ends its use\n");
    }
    if secret.grants.is_empty() && !secret.hmac {
        out.push_str("  goes nowhere yet; `egret secret grant` lets it\n");
    }
    out
}

/// One line: what counts and by whose word, then what it may be.
fn limit(limit: &Limit) -> String {
    let Limit { name, value, from, set, range, live, .. } = limit;
    let set = set.as_ref().map_or_else(String::new, |set| format!(", set to {set} for this app, which is wider and does not count"));
    let live = if *live { "" } else { ", counts from the next start on" };
    format!("{name:<27} {value:<16} {from:<8} {range}{live}{set}\n")
}

/// `2026-01-31 12:00:00 UTC`.
fn date(seconds: u64) -> String {
    let (days, time) = (seconds / 86_400, seconds % 86_400);
    // Years that begin in March, so that the leap day is a year's last; 400 of them have 146,097 days.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year}-{month:02}-{day:02} {:02}:{:02}:{:02} UTC", time / 3600, time / 60 % 60, time % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_the_calendars() {
        assert_eq!(date(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(date(951_782_399), "2000-02-28 23:59:59 UTC");
        assert_eq!(date(951_782_400), "2000-02-29 00:00:00 UTC");
        assert_eq!(date(1_709_251_200), "2024-03-01 00:00:00 UTC");
        assert_eq!(date(4_102_444_799), "2099-12-31 23:59:59 UTC");
    }

    #[test]
    fn a_rule_is_shown_as_a_manifest_takes_it() {
        let one = Rule {
            id: 3,
            app: "shop".to_owned(),
            deny: false,
            host: "a.test".to_owned(),
            rule: "[[net]]\nhost = \"a.test\"\n".to_owned(),
            created: 0,
            unchanged: false,
        };
        let said = Said { reply: Reply::Rule(one), notes: vec!["host a.test".to_owned()] };
        let text = reply(&said);
        assert_eq!(text, "# host a.test\n# rule 3, allowed to app shop\n[[net]]\nhost = \"a.test\"\n");
        assert!(text.parse::<toml::Table>().is_ok());
        let json = reply_json(&said);
        assert_eq!(
            (json["ok"].as_bool(), json["rule"]["id"].as_i64(), json["notes"][0].as_str()),
            (Some(true), Some(3), Some("host a.test"))
        );
    }
}
