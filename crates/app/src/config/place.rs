//! Opening what lies in an app's folder: regular files and real folders of its own, nothing through a link.
//!
//! A folder may come from anybody. A link in it would have Egret read, as its owner, what its author cannot:
//! `.env -> /proc/self/environ` is the owner's shell.

use rustix::fs::OFlags;
use rustix::io::Errno;
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The longest manifest or `.env` that is read.
const MAX_BYTES: u64 = 1 << 20;

/// Why something is not read.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    /// It is not there.
    #[error("there is no such file")]
    Missing,
    /// It is a link.
    #[error("is a symbolic link, and links are not followed; put the file or folder itself there")]
    Link,
    /// A folder, a pipe, a device.
    #[error("is no regular file")]
    Irregular,
    /// A file in place of a folder.
    #[error("is no folder")]
    NoFolder,
    /// A link on the way to it.
    #[error("leads out of the app's folder through a symbolic link")]
    Outside,
    /// It is too long.
    #[error("is over 1 MiB")]
    Long,
    /// What the system says.
    #[error("{0}")]
    System(io::Error),
}

impl From<io::Error> for Refused {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::NotFound { Self::Missing } else { Self::System(error) }
    }
}

/// Reads a regular file of at most [`MAX_BYTES`].
pub(super) fn text(file: &Path) -> Result<String, Refused> {
    let mut text = String::new();
    regular(file)?.take(MAX_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_BYTES { Err(Refused::Long) } else { Ok(text) }
}

/// The kind is asked of what was opened, not of its name: between two looks at a name it may come to mean something else.
fn regular(file: &Path) -> Result<File, Refused> {
    // Without NONBLOCK, opening a pipe waits for somebody to write to it.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    let opened = OpenOptions::new()
        .read(true)
        .custom_flags(flags)
        .open(file)
        .map_err(|error| if Errno::from_io_error(&error) == Some(Errno::LOOP) { Refused::Link } else { error.into() })?;
    if opened.metadata()?.is_file() { Ok(opened) } else { Err(Refused::Irregular) }
}

/// Sees that a folder is one, and lies below `root` whatever links are on the way to it.
pub(super) fn folder(root: &Path, folder: &Path) -> Result<(), Refused> {
    let kind = folder.symlink_metadata()?.file_type();
    match (kind.is_symlink(), kind.is_dir()) {
        (true, _) => Err(Refused::Link),
        (false, false) => Err(Refused::NoFolder),
        (false, true) if folder.canonicalize()?.starts_with(root.canonicalize()?) => Ok(()),
        (false, true) => Err(Refused::Outside),
    }
}
