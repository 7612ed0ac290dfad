//! Lines as messages of the system's log (RFC 5424) over its datagram socket, which is a file of this machine: nothing leaves it here.
//!
//! A reader that is slow is waited for, on this thread alone and for a second at most; one that was started anew is found again.

use crate::time::rfc3339;
use std::fmt::Write;
use std::io;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Facility 13, "log audit", at severity 6, "informational" (RFC 5424, 6.2.1).
const PRIORITY: u8 = 13 * 8 + 6;

/// How long one message may wait for room. A reader that takes nothing for so long gets nothing of the batch.
const PATIENCE: Duration = Duration::from_secs(1);

/// The socket of the system's log.
pub struct Syslog {
    path: PathBuf,
    socket: UnixDatagram,
}

impl Syslog {
    /// Connects to whoever reads there.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), socket: connect(path)? })
    }

    /// Sends a message for each line. Gives how many were taken.
    pub fn send(&mut self, lines: &[u8]) -> u64 {
        let text = String::from_utf8_lossy(lines);
        let head = head();
        text.lines().take_while(|line| self.send_one(&message(&head, line)).is_ok()).count() as u64
    }

    fn send_one(&mut self, message: &str) -> io::Result<()> {
        match self.socket.send(message.as_bytes()) {
            Ok(_) => Ok(()),
            // Nobody waits for what a full socket does not take.
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => Err(error),
            Err(_) => {
                self.socket = connect(&self.path)?;
                self.socket.send(message.as_bytes()).map(drop)
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "gate: lines of the audit log to the socket of this machine's own log")]
fn connect(path: &Path) -> io::Result<UnixDatagram> {
    let socket = UnixDatagram::unbound()?;
    socket.set_write_timeout(Some(PATIENCE))?;
    socket.connect(path)?;
    Ok(socket)
}

/// Everything before the message: the machine's name is for whoever reads to add, as it does for every local program.
fn head() -> String {
    format!("<{PRIORITY}>1 {} - egret {} call - ", rfc3339(SystemTime::now()), std::process::id())
}

/// A message that is not told to be UTF-8 (by a mark at its beginning, which readers of JSON stumble over) is best in ASCII.
fn message(head: &str, line: &str) -> String {
    let mut message = String::with_capacity(head.len() + line.len());
    message.push_str(head);
    for c in line.chars() {
        if c.is_ascii() {
            message.push(c);
        } else {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| _ = write!(message, "\\u{unit:04x}"));
        }
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(socket: &UnixDatagram) -> String {
        let mut buffer = [0; 4096];
        let length = socket.recv(&mut buffer).unwrap();
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    }

    #[test]
    fn each_line_is_one_message_in_ascii() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let reader = UnixDatagram::bind(&path).unwrap();
        let mut syslog = Syslog::open(&path).unwrap();
        assert_eq!(syslog.send("{\"app\":\"caf\u{e9}\"}\n{}\n".as_bytes()), 2);
        let first = received(&reader);
        let parts: Vec<&str> = first.splitn(8, ' ').collect();
        assert_eq!(
            (parts[0], parts[2], parts[3], parts[5], parts[6], parts[7]),
            ("<110>1", "-", "egret", "call", "-", "{\"app\":\"caf\\u00e9\"}")
        );
        assert!(received(&reader).ends_with(" {}"));
    }

    #[test]
    fn a_reader_that_is_gone_loses_lines_and_one_that_comes_back_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        assert!(Syslog::open(&path).is_err());
        let reader = UnixDatagram::bind(&path).unwrap();
        let mut syslog = Syslog::open(&path).unwrap();
        drop(reader);
        assert_eq!(syslog.send(b"{}\n{}\n"), 0);
        std::fs::remove_file(&path).unwrap();
        let reader = UnixDatagram::bind(&path).unwrap();
        assert_eq!(syslog.send(b"{}\n"), 1);
        assert!(received(&reader).ends_with("{}"));
    }
}
