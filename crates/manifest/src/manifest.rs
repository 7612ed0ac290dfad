//! The manifest of an app, `egret.toml` or `egret.json`: read whole, checked whole, every fault with its line.

use crate::document;
use crate::fault::Faults;
use crate::keys::{DEFAULTS, DEV, LIMITS, MANIFEST, UPSTREAM, VARS};
use crate::rules::{self, Placed};
use crate::secrets::{self, Asks};
use crate::section::Section;
use egret_limits::{LIMITS as REGISTRY, Scope, Settings};
use egret_policy::{Mode, Policy, Reach, RuleSpec};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The key of the mode, which is also how the law names it in its faults.
const MODE: &str = "mode";

/// A checked manifest.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// The app's name: a label for people.
    pub name: String,
    /// How strict the rules are. Default: what no rule allows is refused.
    pub mode: Mode,
    /// The middleware of every request, by name, from the outside in.
    pub middleware: Vec<String>,
    /// What the app asks to reach.
    pub net: Vec<RuleSpec>,
    /// What it asks to reach in development only.
    pub dev_net: Vec<RuleSpec>,
    /// Plain values, `env.NAME` in code.
    pub vars: BTreeMap<String, String>,
    /// The secrets that the app asks for, by name.
    pub secrets: Asks,
    /// The limits that it asks for; what it does not name counts as the server says.
    pub limits: Settings,
    /// Upstreams that `egret dev` starts beside the app.
    pub upstreams: Vec<Upstream>,
}

/// A stand-in for a real upstream: a folder of functions, served over TLS on loopback under a name of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// The name that the app's functions call.
    pub host: String,
    /// The port, the same in the URL and on 127.0.0.1.
    pub port: u16,
    /// The folder of its functions, relative to the app's.
    pub functions: String,
}

impl Manifest {
    /// Reads and checks a manifest's text, which is JSON if the file's name ends in `.json`, else TOML.
    ///
    /// # Errors
    /// All faults at once.
    pub fn parse(file: &Path, text: &str) -> Result<Self, Faults> {
        document::read(file, text, &MANIFEST, read)
    }
}

fn read(root: &Section<'_>) -> Manifest {
    version(root);
    let name = name(root);
    let mode = mode(root);
    let middleware = middleware(root);
    let net = rules::read(root, "net", 0);
    let vars = root.section("vars", &VARS).map(vars).unwrap_or_default();
    let asks = secrets::read(root, &vars);
    let limits = root.section("limits", &LIMITS).map(limits).unwrap_or_default();
    let (dev_net, upstreams) = root.section("dev", &DEV).map(|section| dev(section, net.len())).unwrap_or_default();
    root.finish();
    check_rules(&mode, &net, &dev_net, root);
    secrets::check_rules(&asks, net.iter().chain(&dev_net), root);
    let specs = |rules: Vec<Placed>| rules.into_iter().map(|rule| rule.spec).collect();
    Manifest { name, mode, middleware, net: specs(net), dev_net: specs(dev_net), vars, secrets: asks, limits, upstreams }
}

/// The version, and the other key that says nothing of the app: an editor's place of the schema.
pub(crate) fn version(root: &Section<'_>) {
    root.text("$schema");
    match root.get("version") {
        Some(value) if Section::decimal(value) == Some("1") => {}
        Some(value) => root.report(value.span(), "version", "this Egret reads version 1"),
        None => root.report(0..0, "version", "is missing; this Egret reads version 1"),
    }
}

/// Lower-case letters, digits and hyphens: it appears in file names and logs.
fn name(root: &Section<'_>) -> String {
    let Some((name, span)) = root.text("name") else {
        if root.get("name").is_none() {
            root.report(0..0, "name", "is missing; write for example \"shop\"");
        }
        return String::new();
    };
    if !is_app_name(name) {
        root.report(span, "name", "may have 1 to 63 lower-case letters, digits and hyphens");
    }
    name.to_owned()
}

/// The open modes reach what their defaults say: https on its own port, with the default methods.
pub(crate) fn mode(root: &Section<'_>) -> Mode {
    let Some((text, span)) = root.text(MODE) else { return Mode::Enforce };
    match text {
        "enforce" => Mode::Enforce,
        "report" => Mode::Report,
        "open" => Mode::Open(Reach::default()),
        "denylist" => Mode::Denylist(Reach::default()),
        _ => {
            root.report(span, MODE, format!("{text:?} is no mode; write \"enforce\", \"report\", \"open\" or \"denylist\""));
            Mode::Enforce
        }
    }
}

/// The middleware of every request.
pub(crate) fn middleware(root: &Section<'_>) -> Vec<String> {
    let Some(section) = root.section("defaults", &DEFAULTS) else { return Vec::new() };
    let names = section.texts("middleware", true).unwrap_or_default();
    section.finish();
    let list: Vec<String> = names.iter().map(|(name, _)| name.clone()).collect();
    if let Err(faults) = Policy::builder().middleware(list.clone()).build() {
        faults.iter().for_each(|fault| section.report(section.span.clone(), &fault.field, &fault.words));
    }
    list
}

/// Whether a text may name an app: 1 to 63 lower-case letters, digits and hyphens, no hyphen first.
#[must_use]
pub fn is_app_name(name: &str) -> bool {
    let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    (1..=63).contains(&name.len()) && plain && !name.starts_with('-')
}

/// Whether a text may name a variable: letters, digits and underscores, no digit first.
#[must_use]
pub fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn vars(section: Section<'_>) -> BTreeMap<String, String> {
    let mut vars = BTreeMap::new();
    for (name, span, value) in section.entries() {
        let key = section.key(name);
        if !is_name(name) {
            section.report(span, &key, "a variable's name has letters, digits and underscores, and begins with no digit");
        }
        match value.get_ref().as_str() {
            Some(text) => drop(vars.insert(name.to_owned(), text.to_owned())),
            None => section.wrong(value, &key, "a string"),
        }
    }
    vars
}

/// The limits that a manifest may set: those of the registry that have a key here, within their ranges.
fn limits(section: Section<'_>) -> Settings {
    let mut limits = Settings::default();
    for limit in REGISTRY.iter().filter(|limit| !limit.key.is_empty() && limit.has(Scope::App).is_ok()) {
        let Some((text, span)) = section.text(limit.key) else { continue };
        match limit.read(text) {
            Ok(value) => limits.set(limit, value),
            Err(egret_limits::Fault::Range(_)) => section.report(span, &section.key(limit.key), format!("may be {}", limit.range())),
            Err(fault) => section.report(span, &section.key(limit.key), fault.to_string()),
        }
    }
    section.finish();
    limits
}

fn dev(section: Section<'_>, rules: usize) -> (Vec<Placed>, Vec<Upstream>) {
    let net = rules::read(&section, "net", rules);
    let list = section.list("upstream", false).unwrap_or_default();
    let path = section.key("upstream");
    let tables = list.into_iter().enumerate().filter_map(|(index, value)| section.as_section(value, format!("{path}[{index}]"), &UPSTREAM));
    let upstreams = tables.filter_map(upstream).collect();
    section.finish();
    (net, upstreams)
}

fn upstream(section: Section<'_>) -> Option<Upstream> {
    let host = section.text("host");
    let functions = section.text("functions");
    let port = section.get("port").and_then(|value| {
        let port = Section::decimal(value).and_then(|port| port.parse::<u16>().ok()).filter(|port| *port > 0);
        if port.is_none() {
            section.wrong(value, &section.key("port"), "a port from 1 to 65535");
        }
        port
    });
    let whole = host.clone().zip(functions.clone()).zip(port);
    if whole.is_none() {
        section.report(
            section.span.clone(),
            &section.path,
            "needs host, port and functions, for example \"upstream.test\", 8443 and \"upstream\"",
        );
    }
    if let Some((folder, span)) = functions {
        let leaves = Path::new(folder).components().any(|part| !matches!(part, std::path::Component::Normal(_)));
        if leaves || folder.is_empty() {
            section.report(span, &section.key("functions"), "must be a folder inside the app's own");
        }
    }
    section.finish();
    let (((host, _), (functions, _)), port) = whole?;
    Some(Upstream { host: host.to_owned(), port, functions: functions.to_owned() })
}

/// The law's own check of the rules, once with and once without those for development: each set must stand alone.
pub(crate) fn check_rules(mode: &Mode, net: &[Placed], dev_net: &[Placed], root: &Section<'_>) {
    let all: Vec<&Placed> = net.iter().chain(dev_net).collect();
    let build = |rules: &[&Placed]| Policy::builder().mode(mode.clone()).rules(rules.iter().map(|rule| rule.spec.clone())).build();
    let Err(faults) = build(&all).and_then(|_| build(&all[..net.len()])) else { return };
    let of_mode: BTreeSet<&str> = faults.iter().filter(|fault| fault.field == MODE).map(|fault| fault.words.as_str()).collect();
    let span = root.get(MODE).map_or(0..0, |value| value.span());
    of_mode.into_iter().for_each(|words| root.report(span.clone(), MODE, words));
    for fault in faults.iter().filter(|fault| fault.field != MODE) {
        let Some(rule) = all.get(fault.rule) else { continue };
        root.report(rule.span(&fault.field), &format!("{}.{}", rule.path, fault.field), &fault.words);
    }
}

#[cfg(test)]
mod tests;
