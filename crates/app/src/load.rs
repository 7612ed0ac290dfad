//! From a folder to what can be served: routes by file names, and compiled code.

use crate::config::{Fault, Faults, Folder, RuleFile};
use egret_egress::{Grants, Secrets};
use egret_gateway::Routes;
use egret_policy::{Mode, Policy, RuleSpec};
use egret_runtime_js::{AppCode, Bounds, CodeFault, FunctionCode, JsApp, JsRuntime, Source};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

/// File endings of functions.
const EXTENSIONS: [&str; 2] = ["js", "mjs"];

/// The routes that the files of a function folder make.
///
/// # Errors
/// All faults of all files.
pub fn routes(functions: &Path) -> Result<Routes, Faults> {
    let files = Folder::files(functions)?;
    Routes::from_files(files, &EXTENSIONS)
        .map_err(|faults| Faults(faults.iter().map(|fault| Fault::of_file(functions, fault.to_string())).collect()))
}

/// The policy of a folder's manifest: its mode, its rules, and those for development where they are wanted.
///
/// # Errors
/// As [`policy_with`].
pub fn policy(folder: &Folder, development: bool) -> Result<Policy, Faults> {
    policy_with(folder, development, &[])
}

/// The same with the rules that the owner keeps for the app. One that says what the manifest says is the same rule.
///
/// # Errors
/// When they contradict each other, or name middleware: a server has none to run.
pub fn policy_with(folder: &Folder, development: bool, kept: &[RuleSpec]) -> Result<Policy, Faults> {
    let manifest = &folder.manifest;
    let dev: &[_] = if development { &manifest.dev_net } else { &[] };
    let own = || manifest.net.iter().chain(dev);
    let rules = own().chain(kept.iter().filter(|rule| !own().any(|own| own == *rule)));
    let policy = build(&folder.file, (&manifest.mode, &manifest.middleware), rules)?;
    let unknown = policy.middleware().map(|name| Fault::of_file(&folder.file, format!("no middleware is registered under {name:?}")));
    let unknown: Vec<Fault> = unknown.collect();
    if unknown.is_empty() { Ok(policy) } else { Err(Faults(unknown)) }
}

/// The policy of a file of rules.
///
/// # Errors
/// Never for a checked file; the law has the last word all the same.
pub fn rules(file: &RuleFile) -> Result<Policy, Faults> {
    build(&file.file, (&file.mode, &file.middleware), file.net.iter())
}

fn build<'a>(file: &Path, (mode, middleware): (&Mode, &[String]), rules: impl Iterator<Item = &'a RuleSpec>) -> Result<Policy, Faults> {
    Policy::builder()
        .mode(mode.clone())
        .middleware(middleware.iter().cloned())
        .rules(rules.cloned())
        .build()
        .map_err(|faults| Faults(faults.iter().map(|fault| Fault::of_file(file, fault.to_string())).collect()))
}

/// One set of functions below an app's folder.
#[derive(Debug)]
pub struct Code<'a> {
    /// The app's name.
    pub name: &'a str,
    /// The app's folder; modules may be imported from all of it.
    pub root: &'a Path,
    /// The folder of the functions, below the app's.
    pub functions: &'a Path,
    /// What `env` holds.
    pub env: BTreeMap<String, String>,
    /// What the functions may reach.
    pub grants: Grants,
    /// The secrets that the kernel may put into their requests.
    pub secrets: Secrets,
    /// What each invocation is held to; without it, to what the runtime's configuration says.
    pub bounds: Option<Bounds>,
}

/// Compiles the functions that the routes lead to. Blocks while it does.
///
/// # Errors
/// All faults of all functions, with their lines.
pub fn compile(runtime: &JsRuntime, routes: &Routes, code: Code<'_>) -> Result<Arc<JsApp>, Faults> {
    let folder = code.functions.strip_prefix(code.root).unwrap_or(code.functions);
    let files: BTreeSet<Arc<str>> = routes.list().iter().map(|route| Arc::clone(&route.file)).collect();
    let function = |file: Arc<str>| FunctionCode { source: Source::File(folder.join(&*file)), name: file };
    let app = AppCode {
        name: code.name.into(),
        env: code.env,
        grants: code.grants,
        secrets: code.secrets,
        bounds: code.bounds,
        root: code.root.to_owned(),
        functions: files.into_iter().map(function).collect(),
    };
    runtime.load(app).map_err(|faults| Faults(faults.iter().map(|fault| placed(code.root, fault)).collect()))
}

fn placed(root: &Path, fault: &CodeFault) -> Fault {
    let file = root.join(&fault.file);
    match (fault.line, fault.column) {
        (0, _) => Fault::of_file(file, &fault.message),
        (line, column) => Fault::at(file, line as usize, (column as usize).max(1), &fault.message),
    }
}
