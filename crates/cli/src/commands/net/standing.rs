//! The rules that an app has now, read from the store and from its manifest: what it was given counts beside what that asks for.

use egret_admin::{Fault, rule_of};
use egret_app::config::{Written, written_rules};
use egret_policy::{Mode, RuleSpec};
use egret_store::{App, Store};

/// An app's rules, and where each of them stands.
pub struct Standing {
    pub app: String,
    pub mode: Mode,
    pub of_manifest: Vec<RuleSpec>,
    /// Those that it was given with `net allow` and `net deny`.
    pub kept: Vec<RuleSpec>,
    /// Where the rules of [`Standing::net`] stand, in words.
    pub places: Vec<String>,
    /// What the owner should know of how they were read.
    pub note: Option<String>,
}

impl Standing {
    /// The rules of an app, or of the only one that there is.
    pub fn read(store: &Store, name: Option<String>) -> Result<Self, Fault> {
        let app = find(store, name)?;
        let mut standing =
            Self { app: app.name, mode: Mode::Enforce, of_manifest: Vec::new(), kept: Vec::new(), places: Vec::new(), note: None };
        match app.folder.map(|folder| (written_rules(&folder), folder)) {
            Some((Ok(Written::Manifest(_, manifest)), _)) => {
                for (table, rules) in [("net", manifest.net), ("dev.net", manifest.dev_net)] {
                    let places =
                        rules.iter().enumerate().map(|(at, rule)| format!("[[{table}]] number {} of its manifest ({})", at + 1, rule.host));
                    standing.places.extend(places);
                    standing.of_manifest.extend(rules);
                }
                standing.mode = manifest.mode;
            }
            Some((Ok(Written::Rules(_)) | Err(_), folder)) => {
                standing.note =
                    Some(format!("the manifest in {} cannot be read; only what `egret net list` shows counts", folder.display()));
            }
            None => {}
        }
        for grant in store.grants(&app.id)? {
            let rule = rule_of(&grant.rule)?;
            // One that says what the manifest says is the same rule.
            if !standing.of_manifest.contains(&rule) {
                standing.places.push(format!("rule {} of `egret net list` ({})", grant.id, rule.host));
                standing.kept.push(rule);
            }
        }
        Ok(standing)
    }

    /// All of them, those of the manifest first.
    pub fn net(&self) -> Vec<RuleSpec> {
        self.of_manifest.iter().chain(&self.kept).cloned().collect()
    }
}

/// With several nothing is guessed.
fn find(store: &Store, name: Option<String>) -> Result<App, Fault> {
    if let Some(name) = name {
        return store.app(&name)?.ok_or_else(|| Fault::Missing(format!("there is no app {name:.80?}; `egret app list` shows all")));
    }
    let mut apps = store.apps()?;
    match (apps.pop(), apps.is_empty()) {
        (Some(only), true) => Ok(only),
        (None, _) => Err(none_yet()),
        (Some(_), false) => Err(Fault::Invalid("there are several apps; say which with --app (`egret app list` shows all)".to_owned())),
    }
}

/// Where there is no app, nothing can be asked.
pub fn none_yet() -> Fault {
    Fault::Missing("there is no app yet; `egret dev` and `egret app create` make one".to_owned())
}
