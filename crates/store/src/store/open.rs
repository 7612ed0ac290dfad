//! Connections to the file: what is looked at before one is used, and what holds for every one of them.

use super::files;
use super::schema::{self, APPLICATION, MIGRATIONS};
use crate::{Key, Result, StoreError, secrets};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior};
use std::path::Path;
use std::time::Duration;

/// How long a connection waits for another process's.
pub const PATIENCE: Duration = Duration::from_secs(3);

/// Pages of the log (4 KiB each) from which on it is taken into the file.
const CHECKPOINT: i64 = 4_000;

/// The tables that are looked over when the store is opened: a start must not take longer the more was logged.
const CONTROL: [&str; 8] = ["sqlite_schema", "meta", "apps", "grants", "secrets", "secret_values", "secret_grants", "settings"];

/// Bytes of the log's file that are kept when it is empty.
const LOG: i64 = 64 * 1024 * 1024;

/// The one connection that writes, to a file that was looked over, has the present form and fits the key.
pub fn writing(path: &Path, key: &Key) -> Result<Connection> {
    files::database(path)?;
    let mut db = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    if identify(&db, path, MIGRATIONS.len())? > 0 {
        for table in CONTROL {
            sound(&db, path, &format!("quick_check('{table}')"))?;
        }
    }
    log_ahead(&db, path)?;
    for (name, value) in [("wal_autocheckpoint", CHECKPOINT), ("journal_size_limit", LOG)] {
        db.pragma_update_and_check(None, name, value, |_| Ok(()))?;
    }
    schema::migrate(&mut db, path, &MIGRATIONS)?;
    fit(&mut db, path, key)?;
    Ok(db)
}

/// A connection that only reads.
pub fn reading(path: &Path) -> Result<Connection> {
    connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
}

/// A connection to a copy that nobody else knows of. It may be one that has to be written to be read, with a log of its own.
pub fn own(path: &Path) -> Result<Connection> {
    connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
}

fn connect(path: &Path, access: OpenFlags) -> Result<Connection> {
    let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let db = Connection::open_with_flags(path, flags).map_err(StoreError::at(path))?;
    db.busy_timeout(PATIENCE)?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    db.set_prepared_statement_cache_capacity(64);
    for (name, value) in [("foreign_keys", "ON"), ("secure_delete", "ON"), ("temp_store", "MEMORY"), ("trusted_schema", "OFF")] {
        db.pragma_update_and_check(None, name, value, |_| Ok(())).optional().map_err(StoreError::at(path))?;
    }
    Ok(db)
}

/// The version of a file of ours, 0 for an empty one; or what else it is.
pub fn identify(db: &Connection, path: &Path, known: usize) -> Result<i64> {
    let number = |name| db.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).map_err(StoreError::at(path));
    let (application, version) = (number("application_id")?, number("user_version")?);
    let tables: i64 = db.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(StoreError::at(path))?;
    match (application, tables) {
        (0, 0) if version == 0 => Ok(0),
        (APPLICATION, _) if version > i64::try_from(known).unwrap_or(i64::MAX) => {
            Err(StoreError::Newer { path: path.to_owned(), version, known: i64::try_from(known).unwrap_or(i64::MAX) })
        }
        (APPLICATION, 1..) if version > 0 => Ok(version),
        _ => Err(StoreError::Foreign { path: path.to_owned() }),
    }
}

/// Has SQLite look the file over; `check` is one of its pragmas that answer `ok` or the first fault.
pub fn sound(db: &Connection, path: &Path, check: &str) -> Result<()> {
    let found: String = db.query_row(&format!("PRAGMA {check}"), [], |row| row.get(0)).map_err(StoreError::at(path))?;
    if found == "ok" { Ok(()) } else { Err(StoreError::Corrupt { path: path.to_owned(), what: found }) }
}

/// Turns the write-ahead log on. SQLite does not wait when two processes do so at once, so we do.
fn log_ahead(db: &Connection, path: &Path) -> Result<()> {
    let turn_on = || db.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0));
    let pause = Duration::from_millis(20);
    let mut waited = Duration::ZERO;
    loop {
        match turn_on().map_err(StoreError::at(path)) {
            Ok(mode) if mode == "wal" => return Ok(()),
            Err(StoreError::Busy) if waited < PATIENCE => std::thread::sleep(pause),
            Ok(mode) => return Err(StoreError::Database(format!("the file system of the data directory allows no log (mode {mode})"))),
            Err(error) => return Err(error),
        }
        waited += pause;
    }
}

/// Whether the key is the one of the store; the first key that it is opened with becomes that.
fn fit(db: &mut Connection, path: &Path, key: &Key) -> Result<()> {
    let changing = db.transaction_with_behavior(TransactionBehavior::Immediate).map_err(StoreError::at(path))?;
    if let Fit::Unknown = fits(&changing, path, key)? {
        changing.execute("INSERT INTO meta (name, value) VALUES ('key', ?1)", [secrets::check_value(key)?])?;
    }
    secrets::expire(&changing)?;
    Ok(changing.commit()?)
}

/// What a store says to a key that is not another's.
pub enum Fit {
    /// It is the store's.
    Same,
    /// The store has none yet.
    Unknown,
}

/// Whether the key is the one of the store.
pub fn fits(db: &Connection, path: &Path, key: &Key) -> Result<Fit> {
    let check: Option<Vec<u8>> = db.query_row("SELECT value FROM meta WHERE name = 'key'", [], |row| row.get(0)).optional()?;
    match check.map(|check| secrets::is_check_value(key, &check)) {
        None => Ok(Fit::Unknown),
        Some(true) => Ok(Fit::Same),
        Some(false) => Err(StoreError::WrongKey { path: path.to_owned() }),
    }
}
