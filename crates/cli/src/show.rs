//! How things are shown: text for people, JSON for programs. The one place that turns errors and denials into output.

mod attempt;
mod compared;
mod explain;
mod learned;
mod live;
mod queue;
mod reply;
mod reuse;
mod story;
mod traffic;

pub use attempt::{HEAD, attempt};
pub use compared::{Compared, compared, compared_json};
pub use egret_app::terminal::{printable, printable_line};
pub use explain::{explanation, explanation_json, json_line, json_text};
pub use learned::{Learning, learned, learned_json};
pub use live::{Terminal, call, event_json};
pub use queue::Queue;
pub use reply::{closed_words, fault_json, reply, reply_json};
pub use reuse::{reuse, reuse_json};
pub use story::{Decider, advice, story};
pub use traffic::{Hosts, hosts, hosts_json};

use egret_app::config::Faults;
use egret_policy::{Change, Mode, RuleSpec};
use serde_json::{Value, json};
use std::path::Path;

/// Every line behind a prefix.
pub fn indented(text: &str, prefix: &str) -> String {
    text.lines().map(|line| format!("{prefix}{line}\n")).collect()
}

/// What a mode means, in words that cannot be overlooked; `None` for the one that refuses what no rule allows.
pub const fn mode_words(mode: &Mode) -> Option<&'static str> {
    match mode {
        Mode::Enforce => None,
        Mode::Report => Some("mode REPORT: what no rule allows is let through to every public host"),
        Mode::Open(_) => Some("mode OPEN: every public https host is allowed"),
        Mode::Denylist(_) => Some("mode DENYLIST: every public https host is allowed but those that deny rules name"),
    }
}

/// A mode as a manifest writes it.
pub const fn mode_name(mode: &Mode) -> &'static str {
    match mode {
        Mode::Enforce => "enforce",
        Mode::Report => "report",
        Mode::Open(_) => "open",
        Mode::Denylist(_) => "denylist",
    }
}

/// Where the rules stand that refused something: what would allow it is written there.
#[derive(Clone, Copy)]
pub enum Home<'a> {
    /// In a manifest or a file of rules.
    File(&'a Path),
    /// In the store, for the app of this name.
    App(&'a str),
}

/// What would allow what was refused: the lines, as the file writes them that they belong to, or the command.
pub fn change(change: &Change, home: Home<'_>) -> String {
    match home {
        Home::File(file) => lines(change, file),
        Home::App(app) if is_said_by_options(&change.rule) => {
            format!("to allow it:\n{}", indented(&printable_line(&command(&change.rule, app)), "  "))
        }
        Home::App(_) => format!("to allow it, add to the app's manifest:\n{}", indented(&printable(&change.to_toml()), "  ")),
    }
}

fn lines(change: &Change, file: &Path) -> String {
    let toml = change.to_toml();
    let json = egret_manifest::is_json(file).then(|| toml.parse::<toml::Table>().ok()).flatten().map(|table| format!("{:#}", json!(table)));
    let name = file.file_name().map_or_else(String::new, |name| printable_line(&name.to_string_lossy()));
    format!("to allow it, add to {name}:\n{}", indented(&printable(&json.unwrap_or(toml)), "  "))
}

/// Whether `net allow` has an option for all that a rule says.
fn is_said_by_options(rule: &RuleSpec) -> bool {
    let routes = rule.routes.iter().flatten();
    let plain = |route: &egret_policy::RouteSpec| !route.encoded_slash && route.extent == egret_policy::Extent::default();
    !rule.override_headers
        && !rule.forwarding_headers
        && rule.tls.is_none()
        && rule.actions.is_none()
        && routes.clone().count() <= 1
        && routes.clone().all(plain)
}

/// The command that adds a rule which the law proposed.
fn command(rule: &RuleSpec, app: &str) -> String {
    let mut words = vec!["egret net allow".to_owned(), quoted(&rule.host)];
    let mut option = |name: &str, values: &[String]| {
        if !values.is_empty() {
            words.push(format!("{name} {}", quoted(&values.join(","))));
        }
    };
    let route = rule.routes.iter().flatten().next();
    option("--ports", &rule.ports.iter().flatten().map(ToString::to_string).collect::<Vec<_>>());
    option("--path", route.map(|route| route.path.clone()).as_slice());
    option("--methods", route.and_then(|route| route.methods.clone()).unwrap_or_default().as_slice());
    rule.private.iter().for_each(|network| option("--private", std::slice::from_ref(network)));
    if !rule.https_only {
        words.push("--http".to_owned());
    }
    words.push(format!("--app {}", quoted(app)));
    words.join(" ")
}

/// A word of a command as a shell takes it. The law's own texts have no quotes in them; a path may have anything else.
pub fn quoted(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:,".contains(&byte);
    if word.bytes().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
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
