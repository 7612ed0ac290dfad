//! An app's folder as it lies on disk: manifest, `.env`, functions. Read whole, or not at all, and never through a link.

use super::place::{self, Refused};
use egret_egress::SecretValue;
use egret_manifest::{Fault, Faults, Manifest, RuleFile};
use egret_policy::SecretName;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The manifest's file name.
pub const MANIFEST: &str = "egret.toml";
/// Its name where it is written as JSON. An app has one or the other.
pub const MANIFEST_JSON: &str = "egret.json";
/// The folder of functions.
const FUNCTIONS: &str = "functions";
/// Files below a folder of functions, at most, and how deep they may lie.
const MAX_FILES: usize = 10_000;
const MAX_DEPTH: usize = 16;

/// An app as it lies on disk.
#[derive(Clone, Debug)]
pub struct Folder {
    /// The app's folder.
    pub root: PathBuf,
    /// The manifest's file: `egret.toml` or `egret.json`.
    pub file: PathBuf,
    /// Its manifest.
    pub manifest: Manifest,
    /// The manifest's text, for the consent that is remembered for it.
    pub manifest_text: String,
    /// Variables of the manifest, overlaid with those of `.env`. No secret that the manifest asks for is among them.
    pub env: BTreeMap<String, String>,
    /// The values that `.env` has for secrets. An empty one is none.
    pub secrets: BTreeMap<SecretName, SecretValue>,
    /// The folder of functions.
    pub functions: PathBuf,
}

impl Folder {
    /// Reads an app's folder.
    ///
    /// # Errors
    /// All faults of the manifest and the `.env` at once.
    pub fn read(root: &Path) -> Result<Self, Faults> {
        let file = manifest_file(root)?;
        let text = place::text(&file).map_err(|refused| fault(&file, no_manifest(&refused)))?;
        let manifest = Manifest::parse(&file, &text);
        let dotenv = read_dotenv(&root.join(".env"));
        let (manifest, mut dotenv) = match (manifest, dotenv) {
            (Ok(manifest), Ok(dotenv)) => (manifest, dotenv),
            (manifest, dotenv) => {
                return Err(Faults([manifest.err(), dotenv.err()].into_iter().flatten().flat_map(|faults| faults.0).collect()));
            }
        };
        let functions = root.join(FUNCTIONS);
        place::folder(root, &functions).map_err(|refused| Faults(vec![Fault::of_file(&functions, no_functions(&refused))]))?;
        let secrets = take_secrets(&manifest, &mut dotenv);
        let mut env = manifest.vars.clone();
        env.extend(dotenv);
        Ok(Self { root: root.to_owned(), file, manifest, manifest_text: text, env, secrets, functions })
    }

    /// A folder inside the app's, given relative to it.
    ///
    /// # Errors
    /// Words that say why it is none: missing, a link, or reached through a link that leads out.
    pub fn inside(&self, relative: &str) -> Result<PathBuf, String> {
        let folder = self.root.join(relative);
        match place::folder(&self.root, &folder) {
            Ok(()) => Ok(folder),
            Err(Refused::Missing) => Err(format!("there is no such folder {relative:?}")),
            Err(refused) => Err(format!("the folder {relative:?} {refused}")),
        }
    }

    /// Every file below a folder, relative to it, sorted. Links are not followed.
    ///
    /// # Errors
    /// A fault if the folder cannot be read or holds too much.
    pub fn files(folder: &Path) -> Result<Vec<PathBuf>, Faults> {
        let mut files = Vec::new();
        walk(folder, folder, 0, &mut files).map_err(|words| Faults(vec![Fault::of_file(folder, words)]))?;
        files.sort();
        Ok(files)
    }
}

/// The one of two names that is there. Both would be two answers to one question, so it is not guessed which of them counts.
fn manifest_file(root: &Path) -> Result<PathBuf, Faults> {
    let [toml, json] = [MANIFEST, MANIFEST_JSON].map(|name| root.join(name));
    // A link counts as there: it is refused when it is read.
    match (toml.symlink_metadata().is_ok(), json.symlink_metadata().is_ok()) {
        (true, true) => Err(fault(&json, format!("an app has one manifest, and beside this one lies {MANIFEST}; remove one of them"))),
        (false, true) => Ok(json),
        (true | false, false) => Ok(toml),
    }
}

/// Reads and checks a file of rules alone: at most 1 MiB, named `*.toml` or `*.json`.
///
/// # Errors
/// All faults at once.
pub fn rule_file(file: &Path) -> Result<RuleFile, Faults> {
    if !file.extension().is_some_and(|ending| ending == "toml" || ending == "json") {
        return Err(fault(file, "must be named *.toml or *.json, which says how to read it"));
    }
    let text = place::text(file).map_err(|refused| fault(file, refused.to_string()))?;
    RuleFile::parse(file, &text)
}

/// Rules as somebody wrote them, and what kind of file they stand in.
#[derive(Clone, Debug)]
pub enum Written {
    /// A manifest.
    Manifest(PathBuf, Box<Manifest>),
    /// A file of rules alone.
    Rules(RuleFile),
}

/// Reads a manifest, by its folder or its file, or a file of rules alone. A file of another name than a manifest's is taken for
/// rules, and for a manifest where it is whole as one.
///
/// # Errors
/// All faults at once: of the manifest for a folder and a manifest's name, else of the rules.
pub fn written_rules(path: &Path) -> Result<Written, Faults> {
    let file = if path.is_dir() { manifest_file(path)? } else { path.to_owned() };
    let is_named = file.file_name().is_some_and(|name| name == MANIFEST || name == MANIFEST_JSON);
    let rules = if is_named { None } else { Some(rule_file(&file)) };
    if let Some(Ok(rules)) = rules {
        return Ok(Written::Rules(rules));
    }
    let text = place::text(&file).map_err(|refused| fault(&file, no_manifest(&refused)));
    match (text.and_then(|text| Manifest::parse(&file, &text)), rules) {
        (Ok(manifest), _) => Ok(Written::Manifest(file, Box::new(manifest))),
        (Err(_), Some(Err(faults))) | (Err(faults), _) => Err(faults),
    }
}

fn fault(file: &Path, words: impl Into<String>) -> Faults {
    Faults(vec![Fault::of_file(file, words)])
}

fn walk(root: &Path, folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), String> {
    if depth > MAX_DEPTH {
        return Err(format!("folders lie deeper than {MAX_DEPTH}"));
    }
    for entry in fs::read_dir(folder).map_err(|error| error.to_string())? {
        let entry = entry.map_err(|error| error.to_string())?;
        let kind = entry.file_type().map_err(|error| error.to_string())?;
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if kind.is_dir() && !hidden && entry.file_name() != "node_modules" {
            walk(root, &entry.path(), depth + 1, files)?;
        } else if kind.is_file() {
            files.extend(entry.path().strip_prefix(root).map(Path::to_owned));
        }
        if files.len() > MAX_FILES {
            return Err(format!("there are more than {MAX_FILES} files"));
        }
    }
    Ok(())
}

fn no_manifest(refused: &Refused) -> String {
    let hint = if matches!(refused, Refused::Missing) { "; an app's folder has an egret.toml or an egret.json" } else { "" };
    format!("{refused}{hint}")
}

fn no_functions(refused: &Refused) -> String {
    if matches!(refused, Refused::Missing) {
        "the folder of functions is missing; `egret new` makes an app with one".to_owned()
    } else {
        refused.to_string()
    }
}

/// Takes the values of secrets out of what becomes plain variables.
fn take_secrets(manifest: &Manifest, dotenv: &mut BTreeMap<String, String>) -> BTreeMap<SecretName, SecretValue> {
    let taken = manifest.secrets.names().filter_map(|name| Some((name.clone(), dotenv.remove(name.as_str())?)));
    let values = taken.filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name, SecretValue::new(value.into_bytes())));
    values.collect()
}

fn read_dotenv(file: &Path) -> Result<BTreeMap<String, String>, Faults> {
    match place::text(file) {
        // It may hold secrets, whose only copy is to be the kernel's.
        Ok(text) => super::dotenv::parse(file, &Zeroizing::new(text)),
        Err(Refused::Missing) => Ok(BTreeMap::new()),
        Err(refused) => Err(Faults(vec![Fault::of_file(file, refused.to_string())])),
    }
}
