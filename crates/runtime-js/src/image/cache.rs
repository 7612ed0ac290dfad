//! The cache of native code. What lies there is run as it is, so it is sealed with a key that only we can read
//! (HMAC-SHA256 over its name and contents) and ignored, with a warning, when anything about it is not as we left it.

use aws_lc_rs::{hmac, rand};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use wasmtime::{Engine, Module};

const KEY_LEN: usize = 32;
const SEAL_LEN: usize = 32;
/// More than any image could be; nothing larger is read.
const MAX_FILE: u64 = 256 << 20;

/// One file of the cache and the key to its seal.
pub(super) struct Cache {
    file: PathBuf,
    name: String,
    key: hmac::Key,
}

impl Cache {
    /// Opens the folder, making it and the key when they are absent.
    pub fn open(folder: &Path, name: &str) -> Result<Self, String> {
        let wrong = |what: &str, error: io::Error| format!("the engine's image is not cached: {what} {}: {error}", folder.display());
        make_folder(folder).map_err(|error| wrong("cannot use", error))?;
        let key = key(&folder.join("key")).map_err(|error| wrong("no key in", error))?;
        Ok(Self { file: folder.join(format!("{name}.image")), name: name.to_owned(), key: hmac::Key::new(hmac::HMAC_SHA256, &key) })
    }

    /// The cached code, if it is there and as we left it.
    pub fn load(&self, engine: &Engine, warnings: &mut Vec<String>) -> Option<Module> {
        match self.read() {
            Ok(None) => None,
            Ok(Some(native)) => match deserialize(engine, &native) {
                Ok(module) => Some(module),
                Err(error) => self.ignore(warnings, &format!("{error:#}")),
            },
            Err(why) => self.ignore(warnings, &why),
        }
    }

    /// Keeps native code for the next start: written aside, then renamed, so that no half file is ever seen.
    pub fn store(&self, native: &[u8]) -> Result<(), String> {
        self.write(native).map_err(|error| format!("the engine's image is not cached: {}: {error}", self.file.display()))
    }

    fn ignore(&self, warnings: &mut Vec<String>, why: &str) -> Option<Module> {
        warnings.push(format!("the cached image {} is ignored and made again: {why}", self.file.display()));
        None
    }

    fn read(&self) -> Result<Option<Vec<u8>>, String> {
        let file = match File::open(&self.file) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.to_string()),
        };
        let mut bytes = private_contents(file, MAX_FILE)?;
        if bytes.len() < SEAL_LEN {
            return Err("it is cut short".to_owned());
        }
        let native = bytes.split_off(SEAL_LEN);
        hmac::verify(&self.key, &self.sealed(&native), &bytes).map_err(|_| "its seal is broken".to_owned())?;
        Ok(Some(native))
    }

    fn write(&self, native: &[u8]) -> io::Result<()> {
        let mut nonce = [0; 8];
        rand::fill(&mut nonce).map_err(|_| io::Error::other("no randomness"))?;
        let aside = self.file.with_extension(format!("{:016x}", u64::from_le_bytes(nonce)));
        let seal = hmac::sign(&self.key, &self.sealed(native));
        let written = write_private(&aside, &[seal.as_ref(), native]).and_then(|()| fs::rename(&aside, &self.file));
        written.inspect_err(|_| drop(fs::remove_file(&aside)))?;
        self.forget_others();
        Ok(())
    }

    /// Removes the images of other versions. One that is in use has long been read; whoever misses one makes it again.
    fn forget_others(&self) {
        let Some(entries) = self.file.parent().and_then(|folder| fs::read_dir(folder).ok()) else { return };
        let others = entries.flatten().map(|entry| entry.path()).filter(|path| *path != self.file);
        for other in others.filter(|path| path.extension().is_some_and(|end| end == "image")) {
            drop(fs::remove_file(other));
        }
    }

    /// What the seal is over: the name too, so that one image cannot be put in another's place.
    fn sealed(&self, native: &[u8]) -> Vec<u8> {
        [self.name.as_bytes(), b"\0", native].concat()
    }
}

/// Native code that carried our seal.
#[expect(unsafe_code, reason = "gate: native code that this process or an earlier one made and sealed")]
fn deserialize(engine: &Engine, native: &[u8]) -> wasmtime::Result<Module> {
    // SAFETY: the bytes are what `Module::serialize` gave us: they carry a seal under a key in a file that only our
    // own user can read, and wasmtime checks that its version and settings are the same.
    unsafe { Module::deserialize(engine, native) }
}

fn make_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let metadata = fs::metadata(folder)?;
    if metadata.uid() != rustix::process::geteuid().as_raw() || metadata.mode() & 0o077 != 0 {
        return Err(io::Error::other("others may read or write it (it must be ours alone, mode 0700)"));
    }
    Ok(())
}

/// The key, made at the first start.
fn key(path: &Path) -> io::Result<[u8; KEY_LEN]> {
    if let Err(error) = make_key(path)
        && error.kind() != io::ErrorKind::AlreadyExists
    {
        return Err(error);
    }
    let bytes = private_contents(File::open(path)?, KEY_LEN as u64).map_err(io::Error::other)?;
    bytes.try_into().map_err(|_| io::Error::other("the key file does not hold 32 bytes"))
}

/// Makes the key aside and links it into place: whoever is first wins, and nobody sees half a key.
fn make_key(path: &Path) -> io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    let mut key = [0; KEY_LEN];
    let mut nonce = [0; 8];
    rand::fill(&mut key).and_then(|()| rand::fill(&mut nonce)).map_err(|_| io::Error::other("no randomness"))?;
    let aside = path.with_extension(format!("{:016x}", u64::from_le_bytes(nonce)));
    let made = write_private(&aside, &[&key]).and_then(|()| fs::hard_link(&aside, path));
    fs::remove_file(&aside)?;
    made
}

fn write_private(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    parts.iter().try_for_each(|part| file.write_all(part))?;
    file.sync_all()
}

/// The contents of a file that must be a plain file of ours which nobody else may read or write.
fn private_contents(file: File, cap: u64) -> Result<Vec<u8>, String> {
    let metadata = file.metadata().map_err(|error| error.to_string())?;
    if !metadata.is_file() || metadata.uid() != rustix::process::geteuid().as_raw() || metadata.mode() & 0o077 != 0 {
        return Err("it is not a file that is ours alone (mode 0600)".to_owned());
    }
    if metadata.len() > cap {
        return Err("it is too large".to_owned());
    }
    let mut bytes = Vec::new();
    file.take(cap).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    Ok(bytes)
}
