//! Rules: read as a manifest's, judged together with the app's others, kept in their one spelling.

use super::seconds;
use crate::{Fault, Reply, reply};
use egret_manifest::RuleFile;
use egret_policy::{Policy, RuleSpec};
use egret_store::{Added, App, Grant, Store};
use std::path::Path;

/// A rule that is kept under this name is read by this name: it appears in faults alone.
const NAME: &str = "rule";

pub(super) fn add(store: &Store, app: &App, text: &str) -> Result<Reply, Fault> {
    let spec = read(text).map_err(Fault::Invalid)?;
    let kept: Vec<RuleSpec> = store.grants(&app.id)?.iter().map(kept).collect::<Result<_, _>>()?;
    judge(kept.iter().filter(|rule| **rule != spec).chain([&spec]))?;
    let (grant, unchanged) = match store.add_grant(&app.id, &spec.to_toml("net"), spec.deny)? {
        Added::New(grant) => (grant, false),
        Added::Was(grant) => (grant, true),
    };
    Ok(Reply::Rule(reply::Rule { unchanged, ..view(app, &grant)? }))
}

pub(super) fn list(store: &Store, app: &App) -> Result<Vec<reply::Rule>, Fault> {
    store.grants(&app.id)?.iter().map(|grant| view(app, grant)).collect()
}

/// Removes by number or by host; several of one host only when all of them are meant.
pub(super) fn remove(store: &Store, app: &App, which: &str, all: bool) -> Result<Reply, Fault> {
    let rules = list(store, app)?;
    let meant: Vec<&reply::Rule> = match which.parse::<i64>() {
        Ok(id) => rules.iter().filter(|rule| rule.id == id).collect(),
        Err(_) => rules.iter().filter(|rule| rule.host == which).collect(),
    };
    match meant.as_slice() {
        [] => return Err(Fault::Missing(format!("app {} has no rule {which:.300?}; `egret net list` shows what it has", app.name))),
        [_] => {}
        several if !all => {
            let ids: Vec<String> = several.iter().map(|rule| rule.id.to_string()).collect();
            return Err(Fault::Refused(format!(
                "app {} has several rules of that host: {}; name one by its number, or add --all",
                app.name,
                ids.join(", ")
            )));
        }
        _ => {}
    }
    for rule in &meant {
        store.remove_grant(&app.id, rule.id)?;
    }
    Ok(Reply::Removed(meant.iter().map(|rule| format!("rule {} ({}) of app {}", rule.id, rule.host, app.name)).collect()))
}

/// One rule, as a manifest writes it.
fn read(text: &str) -> Result<RuleSpec, String> {
    let file = RuleFile::parse(Path::new(NAME), &format!("version = 1\n{text}")).map_err(|faults| {
        let words: Vec<String> = faults.0.iter().map(|fault| format!("{}: {}", fault.key, fault.words)).collect();
        words.join("\n")
    })?;
    match <[RuleSpec; 1]>::try_from(file.net) {
        Ok([spec]) if matches!(file.mode, egret_policy::Mode::Enforce) => Ok(spec),
        Ok(_) | Err(_) => Err("one rule is one table [[net]], and nothing beside it".to_owned()),
    }
}

/// A rule as the store keeps it.
///
/// # Errors
/// `Fault::Store` when it cannot be read, which an older or newer version of Egret may be the reason of.
pub fn rule_of(text: &str) -> Result<RuleSpec, Fault> {
    read(text).map_err(|words| Fault::Store(format!("a rule of the store cannot be read ({words}):\n{text}")))
}

fn kept(grant: &Grant) -> Result<RuleSpec, Fault> {
    read(&grant.rule).map_err(|words| Fault::Store(format!("the kept rule {} cannot be read ({words}); remove it by its number", grant.id)))
}

/// The law has the last word: rules that hold each by itself may contradict each other.
fn judge<'a>(rules: impl Iterator<Item = &'a RuleSpec>) -> Result<(), Fault> {
    Policy::builder().rules(rules.cloned()).build().map(drop).map_err(|faults| {
        let words: Vec<String> = faults.iter().map(ToString::to_string).collect();
        Fault::Invalid(words.join("\n"))
    })
}

/// A rule that cannot be read is still listed, so that it can be removed.
fn view(app: &App, grant: &Grant) -> Result<reply::Rule, Fault> {
    let host = read(&grant.rule).map_or_else(|_| String::new(), |spec| spec.host);
    Ok(reply::Rule {
        id: grant.id,
        app: app.name.clone(),
        deny: grant.deny,
        host,
        rule: grant.rule.clone(),
        created: seconds(grant.created),
        unchanged: false,
    })
}
