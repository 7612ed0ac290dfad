//! The sources of one function: files inside the app's folder, each read once.
//!
//! Names come normalised from the guest's resolver. A name is a path below the folder; what it leads to, symbolic links
//! followed, must still be below it.

use super::fault;
use crate::{CodeFault, Source};
use bytes::Bytes;
use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Modules of one function, itself included.
const MOST_MODULES: usize = 256;
/// Bytes of one module.
const MOST_BYTES: u64 = 4 << 20;

pub(super) struct Files {
    /// Canonical; `None` when the app has no folder on disk.
    root: Option<PathBuf>,
    sources: HashMap<String, Bytes>,
    /// Why a module could not be read.
    refused: HashMap<String, String>,
}

impl Files {
    /// The sources below a folder, and the name of the entry.
    pub fn open(root: &Path, source: &Source) -> Result<(Self, String), CodeFault> {
        let mut files = Self { root: root.canonicalize().ok(), sources: HashMap::new(), refused: HashMap::new() };
        let entry = match source {
            Source::File(path) => {
                let name = path.to_string_lossy().into_owned();
                files.read(&name).ok_or_else(|| fault::whole(&name, &files.why(&name)))?;
                name
            }
            Source::Text { name, text } => {
                files.sources.insert(name.clone(), Bytes::copy_from_slice(text.as_bytes()));
                name.clone()
            }
        };
        Ok((files, entry))
    }

    /// A module's source. `None`, with the reason kept, when there is none that may be read.
    pub fn read(&mut self, name: &str) -> Option<Bytes> {
        if let Some(source) = self.sources.get(name) {
            return Some(source.clone());
        }
        match self.load(name) {
            Ok(source) => {
                self.sources.insert(name.to_owned(), source.clone());
                Some(source)
            }
            Err(why) => {
                self.refused.insert(name.to_owned(), why);
                None
            }
        }
    }

    fn load(&self, name: &str) -> Result<Bytes, String> {
        if self.sources.len() >= MOST_MODULES {
            return Err(format!("a function may have {MOST_MODULES} modules"));
        }
        let root = self.root.as_deref().ok_or("the app's folder does not exist")?;
        let path = root.join(name).canonicalize().map_err(|_| format!("there is no file {name}"))?;
        if !path.starts_with(root) {
            return Err("it leads out of the app's folder".to_owned());
        }
        let file = File::open(&path).map_err(|error| error.to_string())?;
        let metadata = file.metadata().map_err(|error| error.to_string())?;
        if !metadata.is_file() {
            return Err("it is no file".to_owned());
        }
        read(file)
    }

    /// Why a module could not be read; the only one, if the name is not known.
    pub fn why(&self, name: &str) -> String {
        self.refused.get(name).or_else(|| self.refused.values().next()).cloned().unwrap_or_default()
    }

    pub fn is_refused(&self) -> bool {
        !self.refused.is_empty()
    }

    /// The line of a module, from 1, on which a text stands first; 0 when it is nowhere.
    pub fn line_of(&self, name: &str, text: &str) -> u32 {
        let Some(source) = self.sources.get(name) else { return 0 };
        let source = String::from_utf8_lossy(source);
        let place = source.find(text).map(|at| source[..at].matches('\n').count() + 1);
        place.and_then(|line| u32::try_from(line).ok()).unwrap_or(0)
    }
}

fn read(file: File) -> Result<Bytes, String> {
    let mut bytes = Vec::new();
    file.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err("a module may have 4 MiB".to_owned());
    }
    if std::str::from_utf8(&bytes).is_err() {
        return Err("it is not UTF-8".to_owned());
    }
    let mark = if bytes.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    Ok(Bytes::from(bytes).slice(mark..))
}
