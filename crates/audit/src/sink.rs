//! Where lines go besides the store: the standard output, a file, the system's log. Each place has a thread of its own, so that a pipe which nobody reads holds up neither the
//! store nor a call; lines that find no room are counted.

mod syslog;

use crate::log::AuditError;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Builder;
use std::time::Duration;
use syslog::Syslog;

/// Batches that wait for one place, at most.
const BATCHES: usize = 64;

/// How long the end waits for lines that are still on their way.
const PATIENCE: Duration = Duration::from_secs(1);

/// A place for lines of JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sink {
    /// The standard output.
    Stdout,
    /// A file, which is made with mode 0600 if it is not there, and again when it was moved away.
    File(PathBuf),
    /// The system's log, through the datagram socket of this path on this machine; one message a line, after RFC 5424.
    Syslog(PathBuf),
}

impl Sink {
    /// Where the system's log is listened for.
    pub const SYSLOG: &str = "/dev/log";
}

/// `stdout`, `file:PATH`, `syslog` or `syslog:PATH`.
impl FromStr for Sink {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match (text, text.split_once(':')) {
            ("stdout", _) => Ok(Self::Stdout),
            ("syslog", _) => Ok(Self::Syslog(Self::SYSLOG.into())),
            (_, Some(("file", path))) if !path.is_empty() => Ok(Self::File(path.into())),
            (_, Some(("syslog", path))) if !path.is_empty() => Ok(Self::Syslog(path.into())),
            _ => Err("write stdout, file:PATH or syslog".to_owned()),
        }
    }
}

/// A batch of whole lines.
struct Batch {
    lines: u64,
    bytes: Arc<[u8]>,
}

/// A place with its thread.
pub struct Drain {
    batches: Option<SyncSender<Batch>>,
    /// Behind a lock only because a receiver has one reader.
    ended: Mutex<Receiver<()>>,
    lost: Arc<AtomicU64>,
}

impl Drain {
    /// Opens the place and starts its thread.
    pub fn open(sink: &Sink) -> Result<Self, AuditError> {
        let mut place = match sink {
            Sink::Stdout => Place::Stdout,
            Sink::Syslog(path) => Place::Syslog(Syslog::open(path).map_err(|source| AuditError::file(path, source))?),
            Sink::File(path) => Place::File { path: path.clone(), file: open(path).map_err(|source| AuditError::file(path, source))? },
        };
        let (batches, taken) = sync_channel::<Batch>(BATCHES);
        let (end, ended) = sync_channel(1);
        let lost = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&lost);
        let write = move || {
            let mut broken = false;
            for batch in taken {
                let missing = place.write(&batch, broken);
                broken = missing > 0;
                counter.fetch_add(missing, Ordering::Relaxed);
            }
            // Whoever waited may have given up.
            let _ = end.send(());
        };
        Builder::new().name("egret-lines".to_owned()).spawn(write).map_err(AuditError::Thread)?;
        Ok(Self { batches: Some(batches), ended: Mutex::new(ended), lost })
    }

    /// Hands lines over, or counts them.
    pub fn hand_over(&self, lines: u64, bytes: &Arc<[u8]>) {
        let batch = Batch { lines, bytes: Arc::clone(bytes) };
        let sent = self.batches.as_ref().map_or(Err(lines), |batches| {
            batches.try_send(batch).map_err(|(TrySendError::Full(batch) | TrySendError::Disconnected(batch))| batch.lines)
        });
        self.lost.fetch_add(sent.err().unwrap_or(0), Ordering::Relaxed);
    }

    /// How many lines were not written.
    pub fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}

impl Drop for Drain {
    fn drop(&mut self) {
        self.batches = None;
        // A pipe that nobody reads must not keep the process from ending.
        let ended = self.ended.get_mut().unwrap_or_else(PoisonError::into_inner);
        let _ = ended.recv_timeout(PATIENCE);
    }
}

enum Place {
    Stdout,
    File { path: PathBuf, file: File },
    Syslog(Syslog),
}

impl Place {
    /// Writes whole lines; after a failure on a line of their own, since the last one may be cut off. Gives how many were not
    /// written.
    fn write(&mut self, batch: &Batch, after_failure: bool) -> u64 {
        let begin: &[u8] = if after_failure { b"\n" } else { b"" };
        let written = match self {
            Self::Stdout => print(begin, &batch.bytes),
            Self::File { path, file } => append(path, file, begin, &batch.bytes),
            Self::Syslog(syslog) => return batch.lines - syslog.send(&batch.bytes),
        };
        if written.is_ok() { 0 } else { batch.lines }
    }
}

fn print(begin: &[u8], bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(begin)?;
    out.write_all(bytes)?;
    out.flush()
}

fn append(path: &Path, file: &mut File, begin: &[u8], bytes: &[u8]) -> io::Result<()> {
    if !is_at(file, path) {
        *file = open(path)?;
    }
    file.write_all(begin)?;
    file.write_all(bytes)
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).mode(0o600).open(path)
}

/// Whether the open file is still the one of that name.
fn is_at(file: &File, path: &Path) -> bool {
    let (ours, named) = (file.metadata(), std::fs::metadata(path));
    matches!((ours, named), (Ok(ours), Ok(named)) if (ours.dev(), ours.ino()) == (named.dev(), named.ino()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_cannot_be_written_are_counted() {
        let drain = Drain::open(&Sink::File("/dev/full".into())).unwrap();
        let lost = Arc::clone(&drain.lost);
        drain.hand_over(3, &Arc::from(*b"1\n2\n3\n"));
        drain.hand_over(1, &Arc::from(*b"4\n"));
        drop(drain);
        assert_eq!(lost.load(Ordering::Relaxed), 4);
    }

    #[test]
    fn a_place_is_named_by_its_kind() {
        let read = |text: &str| text.parse::<Sink>();
        assert_eq!(read("stdout"), Ok(Sink::Stdout));
        assert_eq!(read("file:a:b"), Ok(Sink::File("a:b".into())));
        assert_eq!(read("syslog"), Ok(Sink::Syslog("/dev/log".into())));
        assert_eq!(read("syslog:/run/log"), Ok(Sink::Syslog("/run/log".into())));
        for wrong in ["", "file", "file:", "syslog:", "Stdout", "tcp:log.example:514"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_line_that_was_cut_off_does_not_spoil_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        std::fs::write(&path, "{\"time\":").unwrap();
        let mut place = Place::File { file: open(&path).unwrap(), path: path.clone() };
        assert_eq!(place.write(&Batch { lines: 1, bytes: Arc::from(*b"{}\n") }, true), 0);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "{\"time\":\n{}\n");
    }
}
