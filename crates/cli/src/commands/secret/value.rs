//! Where a secret's value is read from. It is read into one piece of memory that is wiped, and repeated by nothing.

use egret_admin::{Fault, Value};
use egret_app::config::Environment;
use rustix::fd::AsFd;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;
use zeroize::Zeroizing;

/// Bytes of a value, at most. The store takes no more.
const MOST: usize = 64 << 10;

/// What keys send (ASCII): Ctrl-C, Ctrl-D and the two that take a character back.
const INTERRUPT: u8 = 0x03;
const END: u8 = 0x04;
const BACKSPACE: u8 = 0x08;
const DELETE: u8 = 0x7f;

/// Where a value comes from.
#[derive(clap::Args)]
pub struct Source {
    /// Read the value from standard input
    #[arg(long, conflicts_with_all = ["from_file", "from_env"])]
    from_stdin: bool,
    /// Read it from a file
    #[arg(long, value_name = "FILE", conflicts_with = "from_env")]
    from_file: Option<PathBuf>,
    /// Take it from an environment variable
    #[arg(long, value_name = "VARIABLE")]
    from_env: Option<String>,
    /// Take a value under 12 bytes too, although one so short cannot be told from chance where it comes back
    #[arg(long)]
    pub force: bool,
}

impl Source {
    /// Reads the value, with notes on what was done to it.
    pub fn read(&self, name: &str) -> Result<(Value, Vec<String>), Fault> {
        let (bytes, notes) = match (self.from_stdin, &self.from_file, &self.from_env) {
            (true, _, _) => without_line_break(from_stdin()?),
            (false, Some(file), _) => from_file(file)?,
            (false, None, Some(variable)) => (from_variable(variable)?, Vec::new()),
            (false, None, None) => (prompt(name)?, Vec::new()),
        };
        match bytes.len() {
            0 => Err(Fault::Invalid("the value is empty".to_owned())),
            length if length > MOST => Err(Fault::Invalid("a secret's value has at most 64 KiB".to_owned())),
            _ => Ok((Value::new(bytes), notes)),
        }
    }
}

/// `10s`, `5m`, `1h`, `7d`.
pub fn time(text: &str) -> Result<Duration, String> {
    let words = || format!("{text:?} is no time; write a number and s, m, h or d, for example 1h");
    let (digits, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(words)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(words()),
    };
    let number: u32 = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten().ok_or_else(words)?;
    Ok(Duration::from_secs(u64::from(number) * seconds))
}

fn from_stdin() -> Result<Zeroizing<Vec<u8>>, Fault> {
    if io::stdin().is_terminal() {
        return Err(Fault::Invalid(
            "standard input is a terminal and would show the value; leave --from-stdin away to be asked".to_owned(),
        ));
    }
    all(rustix::stdio::stdin()).map_err(|error| Fault::Invalid(format!("standard input: {error}")))
}

fn from_file(path: &Path) -> Result<(Zeroizing<Vec<u8>>, Vec<String>), Fault> {
    let fault = |error: io::Error| Fault::Invalid(format!("{}: {error}", path.display()));
    let file = std::fs::File::open(path).map_err(fault)?;
    let mode = file.metadata().map_err(fault)?.permissions().mode();
    let (bytes, mut notes) = without_line_break(all(&file).map_err(fault)?);
    if mode & 0o077 != 0 {
        notes.push(format!("others can use {} (mode {:03o}); remove it, or chmod 600 it", path.display(), mode & 0o777));
    }
    Ok((bytes, notes))
}

fn from_variable(name: &str) -> Result<Zeroizing<Vec<u8>>, Fault> {
    // Somebody who writes the value here in place of the name must not find it in a log.
    let words = "--from-env names a variable, and none of that name is set";
    Environment::value_of(name).ok_or_else(|| Fault::Invalid(words.to_owned()))
}

/// Everything up to the end, or one byte more than there may be.
fn all(from: impl AsFd) -> io::Result<Zeroizing<Vec<u8>>> {
    // Of this size from the start: a buffer that grew would leave copies behind.
    let mut bytes = Zeroizing::new(vec![0; MOST + 3]);
    let mut length = 0;
    while length < bytes.len() {
        match rustix::io::read(&from, &mut bytes[length..]) {
            Ok(0) => break,
            Ok(more) => length += more,
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    bytes.truncate(length);
    Ok(bytes)
}

/// Files and `echo` end with a line break that is hardly ever part of the value.
fn without_line_break(mut bytes: Zeroizing<Vec<u8>>) -> (Zeroizing<Vec<u8>>, Vec<String>) {
    let length = bytes.len();
    if bytes.ends_with(b"\n") {
        bytes.pop();
        if bytes.ends_with(b"\r") {
            bytes.pop();
        }
    }
    let note = (bytes.len() < length).then(|| "the line break at the end of the value was removed".to_owned());
    (bytes, note.into_iter().collect())
}

/// Asks at the terminal and shows nothing of what is typed.
fn prompt(name: &str) -> Result<Zeroizing<Vec<u8>>, Fault> {
    let input = rustix::stdio::stdin();
    let Ok(before) = tcgetattr(input) else {
        let words = "where does the value come from? Say --from-stdin, --from-file FILE or --from-env VARIABLE";
        return Err(Fault::Invalid(words.to_owned()));
    };
    // Before the question: what is typed at once must be neither shown nor lost.
    let silent = Silent::set(&before).map_err(|error| Fault::Invalid(format!("the terminal: {error}")))?;
    eprint!("value of {name} (not shown): ");
    let _ = io::stderr().flush();
    let typed = typed();
    drop(silent);
    eprintln!();
    typed.ok_or_else(|| Fault::Refused("nothing was set".to_owned()))
}

/// A terminal that shows nothing and gives each key at once, until this goes.
struct Silent<'a>(&'a Termios);

impl<'a> Silent<'a> {
    fn set(before: &'a Termios) -> io::Result<Self> {
        let mut silent = before.clone();
        // Without signals by key, an interruption cannot leave the terminal like this.
        silent.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
        tcsetattr(rustix::stdio::stdin(), OptionalActions::Flush, &silent)?;
        Ok(Self(before))
    }
}

impl Drop for Silent<'_> {
    fn drop(&mut self) {
        let _ = tcsetattr(rustix::stdio::stdin(), OptionalActions::Flush, self.0);
    }
}

/// What is typed up to Enter; `None` if it was broken off by Ctrl-C or Ctrl-D.
fn typed() -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(MOST + 1));
    let mut key = Zeroizing::new([0]);
    while bytes.len() <= MOST {
        match (rustix::io::read(rustix::stdio::stdin(), &mut *key), key[0]) {
            (Ok(1), b'\r' | b'\n') => return Some(bytes),
            (Ok(1), DELETE | BACKSPACE) => while bytes.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {},
            (Ok(1), INTERRUPT | END) => return None,
            (Ok(1), byte) => bytes.push(byte),
            (Err(rustix::io::Errno::INTR), _) => {}
            (Ok(_) | Err(_), _) => return None,
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_unit() {
        assert_eq!(time("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(time("7d"), Ok(Duration::from_secs(7 * 86_400)));
        for bad in ["", "1", "h", "-1h", "1.5h", "1w", "1 h", "é", "99999999999h"] {
            assert!(time(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn one_line_break_at_the_end_is_removed_and_said() {
        let cut = |text: &[u8]| {
            let (bytes, notes) = without_line_break(Zeroizing::new(text.to_vec()));
            (bytes.to_vec(), notes.len())
        };
        assert_eq!(cut(b"key\n"), (b"key".to_vec(), 1));
        assert_eq!(cut(b"key\r\n"), (b"key".to_vec(), 1));
        assert_eq!(cut(b"key\n\n"), (b"key\n".to_vec(), 1));
        assert_eq!(cut(b"key \r"), (b"key \r".to_vec(), 0));
    }
}
