//! The `.env` file of development: names and values, read as they are written.
//!
//! One entry a line: `NAME=value`, also behind `export `. `#` begins a comment at the start of a line, and behind a value
//! where a blank stands before it. Single quotes keep everything; double quotes know `\n`, `\r`, `\t`, `\"`, `\\` and `\$`;
//! a value without quotes is taken as it stands, without the blanks around it. Of two entries with one name the last counts.
//!
//! Deliberately absent: substitution. `$NAME` stays what it is, so nothing of the process's own environment can get into an
//! app. No part of a line appears in a fault: what does not look like an entry may be the middle of a key.

use egret_manifest::{Fault, Faults, is_name};
use std::collections::BTreeMap;
use std::path::Path;

/// Entries of one file, at most.
const MAX_ENTRIES: usize = 1_000;

const NO_ENTRY: &str = "is no NAME=value";
const NO_NAME: &str = "a variable's name has letters, digits and underscores, and begins with no digit";
const UNCLOSED: &str = "the value's quote is not closed on its line; write \\n in double quotes for a line break";
const TRAILING: &str = "behind a quoted value only a comment may stand";
const ESCAPE: &str = "in double quotes a backslash stands before n, r, t, \", \\ or $; single quotes keep everything as it is";

/// Reads a `.env` text.
pub(super) fn parse(file: &Path, text: &str) -> Result<BTreeMap<String, String>, Faults> {
    let mut values = BTreeMap::new();
    let mut faults = Vec::new();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
    let entries = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    for (count, (number, line)) in entries.enumerate() {
        if count == MAX_ENTRIES {
            faults.push(Fault::at(file, number, 1, format!("there are more than {MAX_ENTRIES} entries")));
            break;
        }
        match entry(line) {
            Ok((name, value)) => drop(values.insert(name.to_owned(), value)),
            Err(words) => faults.push(Fault::at(file, number, 1, words)),
        }
    }
    if faults.is_empty() { Ok(values) } else { Err(Faults(faults)) }
}

fn entry(line: &str) -> Result<(&str, String), &'static str> {
    let exported = line.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t']));
    let (name, text) = exported.unwrap_or(line).split_once('=').ok_or(NO_ENTRY)?;
    let name = name.trim();
    if is_name(name) { Ok((name, value(text)?)) } else { Err(NO_NAME) }
}

/// What stands behind the `=`.
fn value(text: &str) -> Result<String, &'static str> {
    let begun = text.trim_start();
    let (value, rest) = match begun.chars().next() {
        Some('\'') => begun[1..].split_once('\'').map(|(value, rest)| (value.to_owned(), rest)).ok_or(UNCLOSED)?,
        Some('"') => double_quoted(&begun[1..])?,
        _ => return Ok(without_comment(text).trim().to_owned()),
    };
    if without_comment(rest).trim().is_empty() { Ok(value) } else { Err(TRAILING) }
}

/// The text up to a `#` with a blank before it.
fn without_comment(text: &str) -> &str {
    let comment = text.match_indices('#').find(|(at, _)| text[..*at].ends_with([' ', '\t']));
    comment.map_or(text, |(at, _)| &text[..at])
}

/// The value up to the closing quote, and what stands behind it.
fn double_quoted(text: &str) -> Result<(String, &str), &'static str> {
    // As long as it can get: a value that moved while it grew would leave a copy behind, and it may be a secret.
    let mut value = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => return Ok((value, chars.as_str())),
            '\\' => value.push(escaped(chars.next().ok_or(UNCLOSED)?)?),
            _ => value.push(c),
        }
    }
    Err(UNCLOSED)
}

const fn escaped(c: char) -> Result<char, &'static str> {
    match c {
        'n' => Ok('\n'),
        'r' => Ok('\r'),
        't' => Ok('\t'),
        '"' | '\\' | '$' => Ok(c),
        _ => Err(ESCAPE),
    }
}

#[cfg(test)]
mod tests;
