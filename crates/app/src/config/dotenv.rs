//! The `.env` file of development: names and values, read without touching the process's own environment.

use super::fault::{Fault, Faults};
use std::collections::BTreeMap;
use std::path::Path;

/// Letters, digits and underscores, no digit first.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Reads a `.env` text; its values are never part of a fault.
pub(super) fn parse(file: &Path, text: &str) -> Result<BTreeMap<String, String>, Faults> {
    let mut values = BTreeMap::new();
    let mut faults = Vec::new();
    for (index, line) in dotenvy::from_read_iter(text.as_bytes()).enumerate() {
        match line {
            Ok((name, value)) => drop(values.insert(name, value)),
            Err(_) => faults.push(Fault::of_file(file, format!("entry {} is no NAME=value; quote values with spaces", index + 1))),
        }
    }
    if faults.is_empty() { Ok(values) } else { Err(Faults(faults)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_and_faults_do_not_show_them() {
        let values = parse(Path::new(".env"), "# comment\nA=1\nB=\"two words\"\n").unwrap();
        assert_eq!((values["A"].as_str(), values["B"].as_str()), ("1", "two words"));
        let faults = parse(Path::new(".env"), "hunter2 is no entry\n").unwrap_err().to_string();
        assert!(!faults.contains("hunter2"), "{faults}");
    }
}
