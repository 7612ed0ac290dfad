//! The rows of the log that learning and comparing look at: the newest, page by page, so that a long log costs time and no memory.

use egret_audit::past::Past;
use egret_store::{Filter, Store, StoreError};

/// Rows that are looked at, at most.
pub const MOST: i64 = 200_000;

/// Rows that are read at once.
const PAGE: usize = 1_000;

/// What was found.
#[derive(Default)]
pub struct Looked {
    pub past: Past,
    /// Whether there were older ones of that span of time, which were not looked at.
    pub cut: bool,
}

/// Reads what matches. What is written while it reads is not waited for.
pub fn look(store: &Store, filter: &Filter) -> Result<Looked, StoreError> {
    let end = store.latest_attempts(&Filter::default(), 1)?.first().map_or(0, |(id, _)| *id);
    let mut after = end.saturating_sub(MOST).max(0);
    let oldest = store.attempts(filter, 0, 1)?;
    let mut looked = Looked { cut: oldest.first().is_some_and(|(id, _)| *id <= after), ..Looked::default() };
    while after < end {
        let rows = store.attempts(filter, after, PAGE)?;
        rows.iter().for_each(|(_, row)| looked.past.add(row));
        after = rows.last().filter(|_| rows.len() == PAGE).map_or(end, |(id, _)| *id);
    }
    Ok(looked)
}
