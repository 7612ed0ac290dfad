//! A fault in a file: where it is and what to write instead. All faults of a file are reported at once.
//!
//! The texts of a fault come from the file and its name; as words they are shown safe for a terminal.

use crate::terminal::{printable, printable_line};
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Bytes of a line that is shown, at most.
const MAX_EXCERPT: usize = 500;

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file.
    pub file: PathBuf,
    /// Line and column, both from 1; `None` where the file as a whole is at fault.
    pub place: Option<(usize, usize)>,
    /// The line's text, to be shown under the message; `None` for one that is too long to be looked at.
    pub excerpt: Option<String>,
    /// The key it belongs to, for example `net[1].routes[0].path`; may be empty.
    pub key: String,
    /// What is wrong and what to do.
    pub words: String,
}

impl Fault {
    /// A fault of a whole file.
    pub fn of_file(file: impl Into<PathBuf>, words: impl Into<String>) -> Self {
        Self { file: file.into(), place: None, excerpt: None, key: String::new(), words: words.into() }
    }

    /// A fault at a place that something else has found.
    pub fn at(file: impl Into<PathBuf>, line: usize, column: usize, words: impl Into<String>) -> Self {
        Self { place: Some((line, column)), ..Self::of_file(file, words) }
    }

    /// A fault at a byte range of a text.
    pub(crate) fn in_text(file: &Path, text: &str, span: Option<Range<usize>>, key: &str, words: String) -> Self {
        let fault = Self { key: key.to_owned(), ..Self::of_file(file, words) };
        let Some(before) = span.and_then(|span| text.get(..span.start)) else { return fault };
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let excerpt = text.lines().nth(line - 1).filter(|line| line.len() <= MAX_EXCERPT);
        Self { place: Some((line, column)), excerpt: excerpt.map(str::to_owned), ..fault }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printable_line(&self.file.to_string_lossy()))?;
        if let Some((line, column)) = self.place {
            write!(f, ":{line}:{column}")?;
        }
        let colon = if self.key.is_empty() { "" } else { ": " };
        write!(f, "{colon}{}: {}", printable_line(&self.key), printable(&self.words))?;
        if let (Some((_, column)), Some(excerpt)) = (self.place, &self.excerpt) {
            write!(f, "\n    {}\n    {}^", printable_line(excerpt), " ".repeat(column.saturating_sub(1)))?;
        }
        Ok(())
    }
}

/// All faults of a folder; never empty when it is an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            write!(f, "{}{fault}", if index > 0 { "\n" } else { "" })?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_file_says_moves_the_cursor() {
        let text = "\"a\\nb\u{1b}[2J\" = 1 # \u{9b}2J";
        let fault = Fault::in_text(Path::new("x\u{1b}\ny"), text, Some(0..1), "a\nb\u{1b}", "no \u{1b}[1A".to_owned()).to_string();
        assert_eq!(fault.lines().count(), 3, "{fault}");
        assert!(!fault.contains(['\u{1b}', '\u{9b}']), "{fault:?}");
    }
}
