//! The socket's file: made beside its place and moved there, so that nobody meets it with another mode; held by a lock.

use crate::Fault;
use rustix::fs::{FlockOperation, Mode, OFlags, flock, open};
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use tokio::net::{UnixListener, UnixStream};

/// The socket's name in the data directory.
pub const SOCKET: &str = "egret.sock";

/// Bytes of a socket's path, at most: `sun_path` with its end (unix(7)).
const LONGEST: usize = 107;

/// A listening socket; its file goes with it.
pub(super) struct Socket {
    listener: UnixListener,
    path: PathBuf,
    /// Held as long as this lives; the system lets go of it however the process ends.
    _lock: OwnedFd,
}

impl Socket {
    pub(super) fn bind(path: &Path) -> Result<Self, Fault> {
        let fresh = beside(path, ".new");
        if fresh.as_os_str().len() > LONGEST {
            let words = format!("{}: the path of a socket has at most {LONGEST} bytes; use a shorter data directory", path.display());
            return Err(Fault::Socket(words));
        }
        let lock = lock(path)?;
        // With the lock ours, whatever lies here was left behind.
        remove(path)?;
        remove(&fresh)?;
        let made = || {
            let listener = UnixListener::bind(&fresh)?;
            fs::set_permissions(&fresh, fs::Permissions::from_mode(0o600))?;
            fs::rename(&fresh, path)?;
            Ok(listener)
        };
        let listener = made().map_err(|error: io::Error| fault(path, "cannot be made", error))?;
        Ok(Self { listener, path: path.to_owned(), _lock: lock })
    }

    pub(super) async fn accept(&self) -> io::Result<UnixStream> {
        Ok(self.listener.accept().await?.0)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // The lock is still ours, so this is our own file.
        let _ = fs::remove_file(&self.path);
    }
}

fn lock(path: &Path) -> Result<OwnedFd, Fault> {
    let file = beside(path, ".lock");
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let held = open(&file, flags, Mode::RUSR | Mode::WUSR).map_err(|error| fault(&file, "cannot be opened", error.into()))?;
    match flock(&held, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(held),
        Err(rustix::io::Errno::WOULDBLOCK) => {
            Err(Fault::Socket(format!("another server runs on this data directory and has {}; stop it first", path.display())))
        }
        Err(error) => Err(fault(&file, "cannot be locked", error.into())),
    }
}

/// Removes a socket, and nothing that is none.
fn remove(path: &Path) -> Result<(), Fault> {
    match path.symlink_metadata() {
        Ok(found) if found.file_type().is_socket() => fs::remove_file(path).map_err(|error| fault(path, "cannot be replaced", error)),
        Ok(_) => Err(Fault::Socket(format!("{} is in the way and no socket; move it elsewhere", path.display()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(fault(path, "cannot be looked at", error)),
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

#[expect(clippy::needless_pass_by_value, reason = "an error that was made to be told here")]
fn fault(path: &Path, what: &str, error: io::Error) -> Fault {
    Fault::Socket(format!("{} {what}: {error}", path.display()))
}
