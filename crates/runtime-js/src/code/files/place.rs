//! Opening files below a folder. The kernel itself refuses what leads out (openat2 with `RESOLVE_BENEATH`), so nothing
//! that is swapped between a check and the opening matters; and nothing that is opened can block, for a named pipe
//! would wait for its other end.
//!
//! A kernel or container without openat2 gets one component after another, and symbolic links are then not followed.

use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{FileType, Mode, OFlags, ResolveFlags, fstat, open, openat, openat2};
use rustix::io::Errno;
use std::io::Read;
use std::path::{Component, Path};

/// The folder.
#[derive(Debug)]
pub(super) struct Root(OwnedFd);

/// A regular file that was opened below it.
#[derive(Debug)]
pub(super) struct File {
    file: std::fs::File,
    /// Device and inode: which file it is, whatever its name.
    pub identity: (u64, u64),
}

const FOLDER: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
const FILE: OFlags = OFlags::NONBLOCK.union(OFlags::NOCTTY).union(OFlags::CLOEXEC);

impl Root {
    pub fn open(path: &Path) -> Result<Self, Errno> {
        open(path, FOLDER, Mode::empty()).map(Self)
    }

    /// Opens a file by its path below the folder. The error is in words for a developer.
    pub fn file(&self, name: &str) -> Result<File, String> {
        let beneath = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
        let opened = match openat2(&self.0, name, FILE, Mode::empty(), beneath) {
            // Containers' filters refuse calls that they do not know as not permitted.
            Err(Errno::NOSYS | Errno::PERM) => self.step_by_step(Path::new(name)),
            opened => opened,
        };
        File::check(opened.map_err(|error| words(name, error))?)
    }

    fn step_by_step(&self, name: &Path) -> Result<OwnedFd, Errno> {
        let mut folder: Option<OwnedFd> = None;
        let mut components = name.components().peekable();
        while let Some(component) = components.next() {
            let at = folder.as_ref().map_or(self.0.as_fd(), AsFd::as_fd);
            let Component::Normal(part) = component else { return Err(Errno::XDEV) };
            if components.peek().is_none() {
                return openat(at, part, FILE | OFlags::NOFOLLOW, Mode::empty());
            }
            folder = Some(openat(at, part, FOLDER | OFlags::NOFOLLOW, Mode::empty())?);
        }
        Err(Errno::NOENT)
    }
}

impl File {
    fn check(opened: OwnedFd) -> Result<Self, String> {
        let status = fstat(&opened).map_err(|error| error.to_string())?;
        if FileType::from_raw_mode(status.st_mode) != FileType::RegularFile {
            return Err("it is no file".to_owned());
        }
        Ok(Self { file: opened.into(), identity: (status.st_dev, status.st_ino) })
    }

    /// The contents; `None` when there are more than `most` bytes.
    pub fn read(self, most: usize) -> Result<Option<Vec<u8>>, String> {
        let mut bytes = Vec::new();
        self.file.take(most as u64 + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
        Ok((bytes.len() <= most).then_some(bytes))
    }
}

fn words(name: &str, error: Errno) -> String {
    match error {
        Errno::XDEV => "it leads out of the app's folder".to_owned(),
        Errno::LOOP => "it is a symbolic link that cannot be followed".to_owned(),
        Errno::NOENT | Errno::NOTDIR => format!("there is no file {name}"),
        error => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The crate's own sources are a folder with folders.
    fn sources() -> Root {
        Root::open(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))).unwrap()
    }

    #[test]
    fn both_ways_open_the_same_file() {
        let step = File::check(sources().step_by_step(Path::new("code/files.rs")).unwrap()).unwrap();
        assert_eq!(step.identity, sources().file("code/files.rs").unwrap().identity);
        assert!(step.read(1 << 20).unwrap().unwrap().starts_with(b"//!"));
    }

    #[test]
    fn neither_way_leads_out() {
        for name in ["../Cargo.toml", "code/../../Cargo.toml", "/etc/passwd"] {
            assert_eq!(sources().file(name).unwrap_err(), "it leads out of the app's folder", "{name}");
            assert_eq!(sources().step_by_step(Path::new(name)).unwrap_err(), Errno::XDEV, "{name}");
        }
    }

    #[test]
    fn folders_and_what_is_absent_are_no_files() {
        assert_eq!(sources().file("code").unwrap_err(), "it is no file");
        assert_eq!(sources().file("code/nothing.js").unwrap_err(), "there is no file code/nothing.js");
        assert_eq!(sources().step_by_step(Path::new("code/nothing.js")).unwrap_err(), Errno::NOENT);
    }
}
