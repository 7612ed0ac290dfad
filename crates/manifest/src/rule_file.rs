//! A file of rules alone, without an app: the keys `version`, `mode` and `net` of a manifest, in TOML or JSON.

use crate::document;
use crate::fault::Faults;
use crate::keys::RULE_FILE;
use crate::manifest;
use crate::rules::{self, Placed};
use crate::section::Section;
use egret_policy::{Mode, RuleSpec};
use std::path::{Path, PathBuf};

/// Checked rules, and where they stand.
#[derive(Clone, Debug)]
pub struct RuleFile {
    /// The file.
    pub file: PathBuf,
    /// How strict the rules are. Default: what no rule allows is refused.
    pub mode: Mode,
    /// The middleware of every request, by name, from the outside in.
    pub middleware: Vec<String>,
    /// What may be reached, and what must not be.
    pub net: Vec<RuleSpec>,
}

impl RuleFile {
    /// Reads and checks a file's text, which is JSON if its name ends in `.json`, else TOML.
    ///
    /// # Errors
    /// All faults at once.
    pub fn parse(file: &Path, text: &str) -> Result<Self, Faults> {
        let (mode, middleware, net) = document::read(file, text, &RULE_FILE, read)?;
        Ok(Self { file: file.to_owned(), mode, middleware, net })
    }
}

fn read(root: &Section<'_>) -> (Mode, Vec<String>, Vec<RuleSpec>) {
    manifest::version(root);
    let mode = manifest::mode(root);
    let middleware = manifest::middleware(root);
    let net = rules::read(root, "net", 0);
    root.finish();
    manifest::check_rules(&mode, &net, &[], root);
    (mode, middleware, net.into_iter().map(|rule: Placed| rule.spec).collect())
}
