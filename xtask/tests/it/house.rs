//! The workspace as files: what the other tests look at.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders of the workspace that hold nothing of ours. (A module may well be called `target`.)
const FOREIGN: [&str; 3] = ["target", ".git", "crates/runtime-js/guest/sources/target"];

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

pub fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Every file below a folder of the workspace with one of these endings, sorted, relative to the workspace.
pub fn files(folder: &str, endings: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    walk(&root().join(folder), &mut found);
    let relative = found.iter().map(|path| path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned());
    let mut files: Vec<String> = relative.filter(|file| endings.iter().any(|ending| file.ends_with(ending))).collect();
    files.sort();
    files
}

/// The Rust sources of the house.
pub fn sources() -> Vec<String> {
    [files("crates", &[".rs"]), files("xtask", &[".rs"])].concat()
}

/// What people read.
pub fn documents() -> Vec<String> {
    files("", &[".md"])
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_foreign = FOREIGN.iter().any(|foreign| path == root().join(foreign));
        if path.is_dir() && !is_foreign {
            walk(&path, found);
        } else if path.is_file() {
            found.push(path);
        }
    }
}
