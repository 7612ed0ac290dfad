//! The forms that the file has had, and how one becomes the next. The list only ever grows at its end.

use super::{backup, files};
use crate::{Result, StoreError};
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;

#[cfg(test)]
mod tests;

/// Says that a database is ours: "Egrt" in the header of the file.
pub const APPLICATION: i64 = 0x4567_7274;

/// One step from a version to the next.
pub struct Migration {
    /// What it does.
    pub sql: &'static str,
    /// Whether an older egret, or a mistake in it, could not be helped without the file as it was.
    pub breaking: bool,
}

/// All of them: the first makes version 1 of nothing.
pub const MIGRATIONS: [Migration; 4] = [
    Migration { sql: include_str!("schema/v1.sql"), breaking: false },
    Migration { sql: include_str!("schema/v2.sql"), breaking: false },
    Migration { sql: include_str!("schema/v3.sql"), breaking: false },
    Migration { sql: include_str!("schema/v4.sql"), breaking: false },
];

/// Brings a file to the newest of these versions, in one transaction. Before a breaking step it is copied to
/// `egret.db.before-N`, where N is the version that it becomes. Another process may do the same at the same time.
pub fn migrate(db: &mut Connection, path: &Path, migrations: &[Migration]) -> Result<()> {
    let known = i64::try_from(migrations.len()).unwrap_or(i64::MAX);
    if version(db)? == known {
        return Ok(());
    }
    let changing = db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(StoreError::at(path))?;
    let found = version(&changing)?;
    let steps = migrations.get(usize::try_from(found).unwrap_or(usize::MAX)..);
    let steps = steps.ok_or_else(|| StoreError::Newer { path: path.to_owned(), version: found, known })?;
    if found > 0 && steps.iter().any(|step| step.breaking) {
        keep(path, known)?;
    }
    for step in steps {
        changing.execute_batch(step.sql)?;
    }
    changing.pragma_update(None, "application_id", APPLICATION)?;
    changing.pragma_update(None, "user_version", known)?;
    changing.commit().map_err(StoreError::at(path))
}

/// The version of a file; 0 for an empty one.
pub fn version(db: &Connection) -> Result<i64> {
    Ok(db.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

/// Whether a file of a version that is known has the tables and indexes of that version, and nothing else.
pub fn is_of(db: &Connection, version: i64) -> Result<bool> {
    let ours = Connection::open_in_memory()?;
    for step in MIGRATIONS.iter().take(usize::try_from(version).unwrap_or(0)) {
        ours.execute_batch(step.sql)?;
    }
    Ok(definitions(db)? == definitions(&ours)?)
}

fn definitions(db: &Connection) -> Result<Vec<(String, String)>> {
    // What has no definition is an index that SQLite made for one of the tables.
    let mut select = db.prepare("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name")?;
    let definitions = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?;
    Ok(definitions)
}

/// Copies the file as it is before the transaction under way. A copy of the same name is of an attempt that did not come to its end.
fn keep(path: &Path, known: i64) -> Result<()> {
    let folder = path.parent().unwrap_or(path);
    let copy = folder.join(format!("{}.before-{known}", files::DATABASE));
    let draft = backup::draft(path, folder)?;
    std::fs::rename(&draft, &copy).map_err(StoreError::io(&copy))?;
    files::sync(folder)
}
