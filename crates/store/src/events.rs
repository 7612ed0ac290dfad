//! What the owner did: one row for each change of apps, grants, secrets and settings, in the transaction of the change. Names
//! only, never a secret's value. The rows outlive the app that they speak of.

use crate::{Result, Store, bounds, clock};
use rusqlite::{CachedStatement, Connection, Row, params};
use std::time::SystemTime;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its number; later ones have greater.
    pub id: i64,
    /// When.
    pub time: SystemTime,
    /// The app's id, if it was about one.
    pub app: Option<String>,
    /// What kind of thing, such as `grant.added`.
    pub kind: String,
    /// What more is to be said: a rule, the name of a secret.
    pub text: String,
}

impl Store {
    /// The newest events, newest first, of one app or of all.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn events(&self, app: Option<&str>, most: usize) -> Result<Vec<Event>> {
        self.read(|db| {
            let sql = "SELECT id, time, app, kind, text FROM events WHERE ?1 IS NULL OR app = ?1 ORDER BY id DESC LIMIT ?2";
            let mut select = db.prepare_cached(sql)?;
            let most = i64::try_from(most).unwrap_or(i64::MAX);
            let events = select.query_map(params![app, most], read)?.collect::<rusqlite::Result<_>>()?;
            Ok(events)
        })
    }
}

/// Writes an event down as of now.
pub fn log(db: &Connection, app: Option<&str>, kind: &str, text: &str) -> Result<()> {
    Insert::new(db)?.row(clock::now(), app, kind, text)
}

/// What writes rows, prepared once for as many as there are.
pub struct Insert<'a>(CachedStatement<'a>);

impl<'a> Insert<'a> {
    /// Writes through this connection.
    pub fn new(db: &'a Connection) -> Result<Self> {
        Ok(Self(db.prepare_cached("INSERT INTO events (time, app, kind, text) VALUES (?1, ?2, ?3, ?4)")?))
    }

    /// Writes one row; texts that are too long are cut.
    pub fn row(&mut self, time: i64, app: Option<&str>, kind: &str, text: &str) -> Result<()> {
        let app = app.map(|app| bounds::cut(app, bounds::NAME));
        self.0.execute(params![time, app, bounds::cut(kind, bounds::KIND), bounds::cut(text, bounds::EVENT)])?;
        Ok(())
    }
}

fn read(row: &Row<'_>) -> rusqlite::Result<Event> {
    Ok(Event { id: row.get(0)?, time: clock::time(row.get(1)?), app: row.get(2)?, kind: row.get(3)?, text: row.get(4)? })
}
