//! What is kept of the log, and how the rest goes: oldest first, in small steps between the groups. The pages that become
//! free are used for the next rows, so that the file stops growing where the log stops.

use super::insert::whole;
use crate::{Result, Store, clock};
use rusqlite::{Connection, OptionalExtension};
use std::time::Duration;

/// Rows that go in one step, at most: some milliseconds' work, for which a control write may have to wait. Behind a group of more
/// rows twice as many as it had may go, so that the log shrinks however fast it is written.
const STEP: i64 = 4_096;

/// Milliseconds of a minute.
const MINUTE: i64 = 60_000;

/// How much of the log is kept. Attempts that were written together, 64 at most, go together: when the last of them may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Attempts older than this go. Default 7 days.
    pub age: Duration,
    /// Attempts beyond so many go, oldest first. Default 1,000,000.
    pub rows: u64,
    /// Sums of minutes older than this go. Default 30 days.
    pub traffic: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        let day = Duration::from_secs(24 * 3600);
        Self { age: 7 * day, rows: 1_000_000, traffic: 30 * day }
    }
}

impl Store {
    /// Keeps so much of the log from now on; what is beyond it goes within a minute, in steps. Until this is called nothing goes:
    /// it is for the one process that keeps the log.
    pub fn retain(&self, retention: Retention) {
        self.writer().retain(retention);
    }
}

/// Takes one step, after a group of so many rows. Says whether there may be more to do.
pub fn trim(db: &Connection, keep: &Retention, written: u64) -> Result<bool> {
    let Some((first, behind, newest)) = bounds(db)? else { return trim_sums(db, keep) };
    // Attempts go from the front only, so their numbers count them.
    let keep_from = behind.saturating_sub(whole(keep.rows));
    let step = first.saturating_add(STEP.max(whole(written).saturating_mul(2)));
    let mut gone = 0;
    if first < keep_from {
        let delete = "DELETE FROM attempts WHERE id < ?1 AND id + count <= ?2";
        gone += db.prepare_cached(delete)?.execute([keep_from.min(step), keep_from])?;
    }
    let oldest = clock::before(keep.age);
    if newest < oldest {
        gone += db.prepare_cached("DELETE FROM attempts WHERE id < ?1 AND newest < ?2")?.execute([step, oldest])?;
    }
    Ok(trim_sums(db, keep)? || gone > 0)
}

/// The number of the first attempt, that behind the last, and when the latest of the first pack began.
fn bounds(db: &Connection) -> Result<Option<(i64, i64, i64)>> {
    let bounds = "SELECT id, (SELECT id + count FROM attempts ORDER BY id DESC LIMIT 1), newest FROM attempts ORDER BY id LIMIT 1";
    Ok(db.prepare_cached(bounds)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?)
}

fn trim_sums(db: &Connection, keep: &Retention) -> Result<bool> {
    let first: Option<i64> = db.prepare_cached("SELECT min(minute) FROM traffic")?.query_row([], |row| row.get(0))?;
    let oldest = clock::before(keep.traffic) / MINUTE;
    let Some(first) = first.filter(|first| *first < oldest) else { return Ok(false) };
    db.prepare_cached("DELETE FROM traffic WHERE minute = ?1")?.execute([first])?;
    Ok(true)
}
