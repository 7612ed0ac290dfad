//! The sources of one function: files inside the app's folder, each read once.
//!
//! Names come normalised from the guest's resolver. A name is a path below the folder; what it leads to, symbolic links
//! followed, must still be below it, which the opening itself decides: see `files/place.rs`.

mod place;

use super::fault;
use crate::{CodeFault, Source};
use bytes::Bytes;
use place::{File, Root};
use std::collections::HashMap;
use std::path::Path;

/// Modules of one function, itself included.
const MOST_MODULES: usize = 256;
/// Bytes of one module.
const MOST_BYTES: usize = 4 << 20;
/// Bytes of all modules together. A file that has several names counts for each, for each is compiled.
const MOST_SUM: usize = 16 << 20;

pub(super) struct Files {
    /// `None` when the app has no folder on disk.
    root: Option<Root>,
    sources: HashMap<String, Bytes>,
    /// The same by file, whatever its name: device and inode.
    read: HashMap<(u64, u64), Bytes>,
    /// Bytes of `sources`.
    sum: usize,
    /// Why a module could not be read.
    refused: HashMap<String, String>,
}

impl Files {
    /// The sources below a folder, and the name of the entry.
    pub fn open(root: &Path, source: &Source) -> Result<(Self, String), CodeFault> {
        let root = Root::open(root).ok();
        let mut files = Self { root, sources: HashMap::new(), read: HashMap::new(), sum: 0, refused: HashMap::new() };
        let entry = match source {
            Source::File(path) => {
                let name = path.to_string_lossy().into_owned();
                files.read(&name).ok_or_else(|| fault::whole(&name, &files.why(&name)))?;
                name
            }
            Source::Text { name, text } => {
                files.keep(name, Bytes::copy_from_slice(text.as_bytes()));
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
                self.keep(name, source.clone());
                Some(source)
            }
            Err(why) => {
                self.refused.insert(name.to_owned(), why);
                None
            }
        }
    }

    fn keep(&mut self, name: &str, source: Bytes) {
        self.sum += source.len();
        self.sources.insert(name.to_owned(), source);
    }

    fn load(&mut self, name: &str) -> Result<Bytes, String> {
        if self.sources.len() >= MOST_MODULES {
            return Err(format!("a function may have {MOST_MODULES} modules"));
        }
        let file = self.root.as_ref().ok_or("the app's folder does not exist")?.file(name)?;
        let source = match self.read.get(&file.identity) {
            Some(source) => source.clone(),
            None => source(file, &mut self.read)?,
        };
        if self.sum + source.len() > MOST_SUM {
            return Err(format!("the modules of a function may have {} MiB together", MOST_SUM >> 20));
        }
        Ok(source)
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

/// Reads a file that was not read before.
fn source(file: File, read: &mut HashMap<(u64, u64), Bytes>) -> Result<Bytes, String> {
    let identity = file.identity;
    let Some(bytes) = file.read(MOST_BYTES)? else {
        return Err(format!("a module may have {} MiB", MOST_BYTES >> 20));
    };
    if std::str::from_utf8(&bytes).is_err() {
        return Err("it is not UTF-8".to_owned());
    }
    let mark = if bytes.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
    let source = Bytes::from(bytes).slice(mark..);
    read.insert(identity, source.clone());
    Ok(source)
}
