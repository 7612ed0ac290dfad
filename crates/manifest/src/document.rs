//! A file of keys, in TOML or in JSON: one tree of values with their places, one reader of it, the same faults.

use crate::fault::Faults;
use crate::json;
use crate::section::{Section, Sink};
use crate::shape::Table;
use std::path::Path;
use toml::de::DeTable;

/// Reads a text that is JSON if its file's name ends in `.json`, else TOML. All faults come at once; with a broken syntax only
/// those of the syntax: the tree is partial then, and faults of meaning would be guesses.
pub(crate) fn read<T>(file: &Path, text: &str, shape: &'static Table, read: impl FnOnce(&Section<'_>) -> T) -> Result<T, Faults> {
    let sink = Sink::new(file, text);
    let value = tree(file, text, &sink).map(|table| read(&Section::new("", 0..0, &table, shape, &sink)));
    let faults = sink.into_faults();
    match value {
        Some(value) if faults.is_empty() => Ok(value),
        _ => Err(Faults(faults)),
    }
}

fn tree<'a>(file: &Path, text: &'a str, sink: &Sink<'_>) -> Option<DeTable<'a>> {
    if is_json(file) {
        return json::table(text, sink);
    }
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        sink.report(error.span(), "", error.message());
    }
    errors.is_empty().then(|| table.into_inner())
}

/// Whether a file is JSON, by its name.
#[must_use]
pub fn is_json(file: &Path) -> bool {
    file.extension().is_some_and(|ending| ending == "json")
}
