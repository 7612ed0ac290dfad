//! Secrets: values sealed at rest, their versions, and where they may go. Values come out for the kernel only.

mod grants;
mod open;
mod seal;

use crate::{Result, Store, StoreError, apps, bounds, clock};
use rusqlite::{Connection, OptionalExtension, params};
use std::time::{Duration, SystemTime};
use zeroize::Zeroizing;

pub use grants::SecretGrantRow;
pub(crate) use open::open;
pub use open::{Former, OpenSecret};
pub(crate) use seal::{check_value, is_check_value};

/// A secret as its owner may see it: everything but its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretInfo {
    /// Its name.
    pub name: String,
    /// Whether code may have the host compute an HMAC with it.
    pub hmac: bool,
    /// Whether its first echo ends its use.
    pub trip: bool,
    /// When it was first set.
    pub created: SystemTime,
    /// Its values, newest first: the one in use, then those that are kept for their time of grace, which may be over.
    pub versions: Vec<VersionInfo>,
    /// Where it may go, oldest first.
    pub grants: Vec<SecretGrantRow>,
}

/// One value of a secret, without the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionInfo {
    /// Its number, which no other value of this app ever had or will have.
    pub version: u64,
    /// When it was set.
    pub created: SystemTime,
    /// When its time of grace ends; none for the one in use.
    pub until: Option<SystemTime>,
}

/// What happens to the values that a new one takes the place of.
#[derive(Clone, Copy)]
enum Before {
    Erased,
    Kept { until: i64 },
}

impl Store {
    /// Sets a secret: a new one, or the only value of one that is there. Earlier values are erased, grants stay. Says the
    /// number of the value.
    ///
    /// # Errors
    /// When there is no such app, it has 1,000 secrets, or the value is empty or has more than 64 KiB.
    pub fn set_secret(&self, app: &str, name: &str, value: Zeroizing<Vec<u8>>) -> Result<u64> {
        bounds::length("the value of a secret", value.len(), bounds::VALUE)?;
        let (app, name, key) = (app.to_owned(), bounds::text("a name", name, bounds::NAME)?, self.key());
        self.erase(move |db| {
            apps::living(db, &app)?;
            let secret = match find(db, &app, &name)? {
                Some(secret) => secret,
                None => create(db, &app, &name)?,
            };
            let version = replace(db, secret, &seal::Label { app: &app, name: &name }, &key, &value, Before::Erased)?;
            apps::changed(db, &app, "secret.set", &name)?;
            Ok(version)
        })
    }

    /// Gives a secret another value; the one in use so far stays usable for a time of grace. Says the number of the new value.
    ///
    /// # Errors
    /// When there is no such secret, 16 of its values are in their time of grace, or the value is empty or has more than 64 KiB.
    pub fn rotate_secret(&self, app: &str, name: &str, value: Zeroizing<Vec<u8>>, grace: Duration) -> Result<u64> {
        bounds::length("the value of a secret", value.len(), bounds::VALUE)?;
        let (app, name, key) = (app.to_owned(), name.to_owned(), self.key());
        self.erase(move |db| {
            let secret = existing(db, &app, &name)?;
            let until = clock::after(grace);
            let version = replace(db, secret, &seal::Label { app: &app, name: &name }, &key, &value, Before::Kept { until })?;
            apps::changed(db, &app, "secret.rotated", &name)?;
            Ok(version)
        })
    }

    /// Removes a secret with its values and grants.
    ///
    /// # Errors
    /// When there is no such secret.
    pub fn remove_secret(&self, app: &str, name: &str) -> Result<()> {
        let (app, name) = (app.to_owned(), name.to_owned());
        self.erase(move |db| {
            db.execute("DELETE FROM secrets WHERE id = ?1", [existing(db, &app, &name)?])?;
            apps::changed(db, &app, "secret.removed", &name)
        })
    }

    /// Lets code have the host compute an HMAC with a secret, or no longer.
    ///
    /// # Errors
    /// When there is no such secret.
    pub fn set_hmac(&self, app: &str, name: &str, hmac: bool) -> Result<()> {
        self.set_flag(app, name, "hmac", hmac)
    }

    /// Lets the first echo of a secret end its use, or no longer.
    ///
    /// # Errors
    /// When there is no such secret.
    pub fn set_trip(&self, app: &str, name: &str, trip: bool) -> Result<()> {
        self.set_flag(app, name, "trip", trip)
    }

    /// `flag` is the column's name, and one of ours.
    fn set_flag(&self, app: &str, name: &str, flag: &'static str, on: bool) -> Result<()> {
        let (app, name) = (app.to_owned(), name.to_owned());
        self.control(move |db| {
            let secret = existing(db, &app, &name)?;
            match db.execute(&format!("UPDATE secrets SET {flag} = ?2 WHERE id = ?1 AND {flag} <> ?2"), params![secret, on])? {
                0 => Ok(()),
                _ => apps::changed(db, &app, &format!("secret.{flag}"), &format!("{name}: {}", if on { "yes" } else { "no" })),
            }
        })
    }

    /// The secrets of an app by name, never with a value; none for an app that is not there.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn secrets(&self, app: &str) -> Result<Vec<SecretInfo>> {
        self.read(|db| {
            let mut select = db.prepare_cached("SELECT id, name, hmac, trip, created FROM secrets WHERE app = ?1 ORDER BY name")?;
            let rows = select
                .query_map([app], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?, (row.get(2)?, row.get(3)?), clock::time(row.get(4)?))))?;
            rows.map(|row| {
                let (id, name, (hmac, trip), created) = row?;
                Ok(SecretInfo { name, hmac, trip, created, versions: versions(db, id)?, grants: grants::list(db, id)? })
            })
            .collect()
        })
    }
}

/// The number of a secret, if it is there.
fn find(db: &Connection, app: &str, name: &str) -> Result<Option<i64>> {
    let mut select = db.prepare_cached("SELECT id FROM secrets WHERE app = ?1 AND name = ?2")?;
    Ok(select.query_row([app, name], |row| row.get(0)).optional()?)
}

/// The number of a secret that must be there.
fn existing(db: &Connection, app: &str, name: &str) -> Result<i64> {
    let missing = || StoreError::NoSuch { what: "secret", name: bounds::cut(name, bounds::NAME).to_owned() };
    find(db, app, name)?.ok_or_else(missing)
}

fn create(db: &Connection, app: &str, name: &str) -> Result<i64> {
    let count = db.query_row("SELECT count(*) FROM secrets WHERE app = ?1", [app], |row| row.get(0))?;
    bounds::room("secrets", count, bounds::SECRETS)?;
    db.execute("INSERT INTO secrets (app, name, created) VALUES (?1, ?2, ?3)", params![app, name, clock::now()])?;
    Ok(db.last_insert_rowid())
}

/// Seals a value in the place of those that are there. Its number is the app's next one, so that a value set after a removal is
/// another credential than the one before.
fn replace(db: &Connection, secret: i64, label: &seal::Label<'_>, key: &crate::Key, value: &[u8], before: Before) -> Result<u64> {
    retire(db, secret, before)?;
    let next = "UPDATE apps SET versions = versions + 1 WHERE id = ?1 RETURNING versions";
    let version: u64 = db.query_row(next, [label.app], |row| row.get(0))?;
    let sealed = seal::seal(key, label, version, value)?;
    db.prepare_cached("INSERT INTO secret_values (secret, version, sealed, created) VALUES (?1, ?2, ?3, ?4)")?.execute(params![
        secret,
        version,
        sealed,
        clock::now()
    ])?;
    Ok(version)
}

/// Erases what need not be kept, and gives the value in use its time of grace.
fn retire(db: &Connection, secret: i64, before: Before) -> Result<()> {
    let Before::Kept { until } = before else {
        db.execute("DELETE FROM secret_values WHERE secret = ?1", [secret])?;
        return Ok(());
    };
    db.execute("UPDATE secret_values SET until = ?2 WHERE secret = ?1 AND until IS NULL", [secret, until])?;
    expire(db)?;
    let former = db.query_row("SELECT count(*) FROM secret_values WHERE secret = ?1", [secret], |row| row.get(0))?;
    bounds::room("former values", former, bounds::FORMER + 1)
}

/// Erases the values of all secrets whose time of grace is over.
pub(crate) fn expire(db: &Connection) -> Result<()> {
    db.execute("DELETE FROM secret_values WHERE until <= ?1", [clock::now()])?;
    Ok(())
}

fn versions(db: &Connection, secret: i64) -> Result<Vec<VersionInfo>> {
    let mut select = db.prepare_cached("SELECT version, created, until FROM secret_values WHERE secret = ?1 ORDER BY version DESC")?;
    let read = |row: &rusqlite::Row<'_>| {
        let until = row.get::<_, Option<i64>>(2)?.map(clock::time);
        Ok(VersionInfo { version: row.get(0)?, created: clock::time(row.get(1)?), until })
    };
    let versions = select.query_map([secret], read)?.collect::<rusqlite::Result<_>>()?;
    Ok(versions)
}
