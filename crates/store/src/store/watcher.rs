//! How a process learns what another one wrote: SQLite's `data_version` tells that the file has changed, for next to nothing, and a
//! counter in the file tells whether a control write did it.

use crate::Result;
use rusqlite::Connection;
use std::sync::{Mutex, PoisonError};

/// A connection of its own, on which nothing is ever written: to it every change is another's.
pub struct Watcher(Mutex<Seen>);

struct Seen {
    db: Connection,
    /// What `data_version` was when the counter was read; SQLite never gives 0.
    version: i64,
    changes: u64,
}

impl Watcher {
    /// Watches through this connection.
    pub fn new(db: Connection) -> Self {
        Self(Mutex::new(Seen { db, version: 0, changes: 0 }))
    }

    /// The counter as it stands.
    pub fn changes(&self) -> Result<u64> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let version: i64 = seen.db.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))?;
        if version != seen.version {
            let counter = "SELECT value FROM meta WHERE name = 'changes'";
            let changes = seen.db.prepare_cached(counter)?.query_row([], |row| row.get(0))?;
            seen.changes = changes;
            seen.version = version;
        }
        Ok(seen.changes)
    }
}
