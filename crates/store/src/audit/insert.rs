//! Packs as they are written: each a row, numbered behind the last.

use super::pack::pack;
use super::{Attempt, PACK};
use crate::{Result, clock};
use rusqlite::{CachedStatement, Connection, OptionalExtension, params};
use std::time::Duration;

/// What writes the attempts of one transaction.
pub struct Insert<'a> {
    db: &'a Connection,
    insert: CachedStatement<'a>,
    /// The number of the next attempt, once the file was asked. Nobody else writes while the transaction is open.
    next: Option<i64>,
    bytes: Vec<u8>,
}

impl<'a> Insert<'a> {
    /// Writes through this connection.
    pub fn new(db: &'a Connection) -> Result<Self> {
        let insert = db.prepare_cached("INSERT INTO attempts (id, count, oldest, newest, pack) VALUES (?1, ?2, ?3, ?4, ?5)")?;
        Ok(Self { db, insert, next: None, bytes: Vec::new() })
    }

    /// Writes attempts that belong together, [`PACK`] of them at most: all or none.
    pub fn pack(&mut self, attempts: &[&Attempt]) -> Result<()> {
        debug_assert!(attempts.len() <= PACK, "a pack has its bounds");
        let times = attempts.iter().map(|attempt| attempt.time);
        let Some((oldest, newest)) = times.clone().min().zip(times.max()) else { return Ok(()) };
        let id = self.next()?;
        self.bytes.clear();
        pack(attempts, &mut self.bytes);
        self.insert.execute(params![id, attempts.len(), clock::kept(oldest), clock::kept(newest), self.bytes])?;
        self.next = Some(id.saturating_add(whole(attempts.len() as u64)));
        Ok(())
    }

    fn next(&self) -> Result<i64> {
        let behind = || {
            let mut last = self.db.prepare_cached("SELECT id + count FROM attempts ORDER BY id DESC LIMIT 1")?;
            last.query_row([], |row| row.get(0)).optional()
        };
        Ok(self.next.map_or_else(behind, |next| Ok(Some(next)))?.unwrap_or(1))
    }
}

/// A count as SQLite has numbers.
pub fn whole(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A duration in microseconds.
pub fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}
