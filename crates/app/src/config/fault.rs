//! A fault in a file: where it is and what to write instead. All faults of a file are reported at once.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file.
    pub file: PathBuf,
    /// Line and column, both from 1; `None` where the file as a whole is at fault.
    pub place: Option<(usize, usize)>,
    /// The line's text, to be shown under the message.
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
    pub(super) fn in_text(file: &Path, text: &str, span: Option<Range<usize>>, key: &str, words: String) -> Self {
        let fault = Self { key: key.to_owned(), ..Self::of_file(file, words) };
        let Some(before) = span.and_then(|span| text.get(..span.start)) else { return fault };
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        Self { place: Some((line, column)), excerpt: text.lines().nth(line - 1).map(str::to_owned), ..fault }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some((line, column)) = self.place {
            write!(f, ":{line}:{column}")?;
        }
        let colon = if self.key.is_empty() { "" } else { ": " };
        write!(f, "{colon}{}: {}", self.key, self.words)?;
        if let (Some((_, column)), Some(excerpt)) = (self.place, &self.excerpt) {
            write!(f, "\n    {excerpt}\n    {}^", " ".repeat(column - 1))?;
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
