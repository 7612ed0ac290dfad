//! What is not built yet: classes and ids with the issue that brings them. Counted apart, never as passed.

use super::Case;
use anyhow::Context;

/// The list of `later.toml`.
#[derive(Debug, Default)]
pub struct Later(Vec<Entry>);

#[derive(Debug)]
struct Entry {
    class: String,
    ids: Vec<String>,
    reason: String,
}

impl Later {
    /// Reads `[[later]]` tables with `class`, `reason` and optionally `ids`; without ids the whole class is meant.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let table: toml::Table = text.parse()?;
        let list = table.get("later").and_then(toml::Value::as_array).context("has no [[later]] tables")?;
        list.iter().map(entry).collect::<anyhow::Result<Vec<_>>>().map(Self)
    }

    /// Why a case waits, if it does.
    pub fn reason(&self, case: &Case) -> Option<&str> {
        let of_case = |entry: &&Entry| entry.class == case.class && (entry.ids.is_empty() || entry.ids.contains(&case.id));
        self.0.iter().find(of_case).map(|entry| entry.reason.as_str())
    }
}

fn entry(value: &toml::Value) -> anyhow::Result<Entry> {
    let text = |key: &str| {
        value.get(key).and_then(toml::Value::as_str).map(str::to_owned).with_context(|| format!("a [[later]] table has no {key}"))
    };
    let ids = value.get("ids").and_then(toml::Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let ids = ids.iter().map(|id| id.as_str().map(str::to_owned).context("an id is no string")).collect::<anyhow::Result<Vec<_>>>()?;
    Ok(Entry { class: text("class")?, reason: text("reason")?, ids })
}
