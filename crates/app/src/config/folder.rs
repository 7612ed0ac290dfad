//! An app's folder as it lies on disk: manifest, `.env`, functions. Read whole, or not at all.

use super::fault::{Fault, Faults};
use super::manifest::{MAX_MANIFEST, Manifest};
use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The manifest's file name.
pub const MANIFEST: &str = "egret.toml";
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
    /// Its manifest.
    pub manifest: Manifest,
    /// The manifest's text, for the consent that is remembered for it.
    pub manifest_text: String,
    /// Variables of the manifest, overlaid with those of `.env`.
    pub env: BTreeMap<String, String>,
    /// The folder of functions.
    pub functions: PathBuf,
}

impl Folder {
    /// Reads an app's folder.
    ///
    /// # Errors
    /// All faults of the manifest and the `.env` at once.
    pub fn read(root: &Path) -> Result<Self, Faults> {
        let file = root.join(MANIFEST);
        let text = read_text(&file).map_err(|words| Manifest::fault(&file, words))?;
        let manifest = Manifest::parse(&file, &text);
        let dotenv = read_dotenv(&root.join(".env"));
        let (manifest, dotenv) = match (manifest, dotenv) {
            (Ok(manifest), Ok(dotenv)) => (manifest, dotenv),
            (manifest, dotenv) => {
                return Err(Faults([manifest.err(), dotenv.err()].into_iter().flatten().flat_map(|faults| faults.0).collect()));
            }
        };
        let functions = root.join(FUNCTIONS);
        if !functions.is_dir() {
            return Err(Faults(vec![Fault::of_file(functions, "the folder of functions is missing; `egret new` makes an app with one")]));
        }
        let mut env = manifest.vars.clone();
        env.extend(dotenv);
        Ok(Self { root: root.to_owned(), manifest, manifest_text: text, env, functions })
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

fn read_text(file: &Path) -> Result<String, String> {
    let mut text = String::new();
    let missing = |error: &std::io::Error| error.kind() == std::io::ErrorKind::NotFound;
    let opened = fs::File::open(file).map_err(|error| {
        if missing(&error) { "there is no such file; an app's folder has an egret.toml".to_owned() } else { error.to_string() }
    })?;
    opened.take(MAX_MANIFEST + 1).read_to_string(&mut text).map_err(|error| error.to_string())?;
    if text.len() as u64 > MAX_MANIFEST { Err("is over 1 MiB".to_owned()) } else { Ok(text) }
}

fn read_dotenv(file: &Path) -> Result<BTreeMap<String, String>, Faults> {
    if !file.exists() {
        return Ok(BTreeMap::new());
    }
    let text = read_text(file).map_err(|words| Faults(vec![Fault::of_file(file, words)]))?;
    super::dotenv::parse(file, &text)
}
