//! Secrets with their values, for the kernel. What is over by the reader's clock does not come out.

use super::{SecretGrantRow, grants, seal};
use crate::{Key, Result, Store, clock};
use rusqlite::Connection;
use std::fmt;
use std::time::SystemTime;
use zeroize::Zeroizing;

/// A secret with its values, which are wiped from memory when it goes.
#[derive(Clone, PartialEq, Eq)]
pub struct OpenSecret {
    /// Its name.
    pub name: String,
    /// The number of the value in use; another value of the app never has it.
    pub version: u64,
    /// The value in use.
    pub value: Zeroizing<Vec<u8>>,
    /// Earlier values in their time of grace, newest first.
    pub former: Vec<Former>,
    /// Where it may go.
    pub grants: Vec<SecretGrantRow>,
    /// Whether code may have the host compute an HMAC with it.
    pub hmac: bool,
    /// Whether its first echo ends its use.
    pub trip: bool,
}

/// An earlier value in its time of grace.
#[derive(Clone, PartialEq, Eq)]
pub struct Former {
    /// Its number.
    pub version: u64,
    /// The value.
    pub value: Zeroizing<Vec<u8>>,
    /// When its time is over: nothing in the store changes then, so whoever holds it looks at the clock.
    pub until: SystemTime,
}

/// Names only: the values are not for logs.
impl fmt::Debug for OpenSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenSecret").field("name", &self.name).field("version", &self.version).finish_non_exhaustive()
    }
}

impl fmt::Debug for Former {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Former").field("version", &self.version).field("until", &self.until).finish_non_exhaustive()
    }
}

impl Store {
    /// The secrets of an app with their values, by name, as they stand now.
    ///
    /// # Errors
    /// When the store cannot be read, or a value was tampered with.
    pub fn open_secrets(&self, app: &str) -> Result<Vec<OpenSecret>> {
        self.open_secrets_at(app, SystemTime::now())
    }

    /// The same by another clock: a value whose grace ends at `now` or before does not come.
    ///
    /// # Errors
    /// As for [`Store::open_secrets`].
    pub fn open_secrets_at(&self, app: &str, now: SystemTime) -> Result<Vec<OpenSecret>> {
        let key = self.key();
        self.read(|db| open(db, &key, app, now))
    }
}

/// The secrets of an app with their values, by name.
pub fn open(db: &Connection, key: &Key, app: &str, now: SystemTime) -> Result<Vec<OpenSecret>> {
    let mut select = db.prepare_cached("SELECT id, name, hmac, trip FROM secrets WHERE app = ?1 ORDER BY name")?;
    let rows = select.query_map([app], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get(2)?, row.get(3)?)))?;
    let mut secrets = Vec::new();
    for row in rows {
        let (id, name, hmac, trip) = row?;
        let (current, former) = values(db, key, id, &seal::Label { app, name: &name }, now)?;
        // A secret always has a value in use; one without could only come from a file that somebody changed.
        if let Some((version, value)) = current {
            secrets.push(OpenSecret { name, version, value, former, grants: grants::list(db, id)?, hmac, trip });
        }
    }
    Ok(secrets)
}

type Values = (Option<(u64, Zeroizing<Vec<u8>>)>, Vec<Former>);

fn values(db: &Connection, key: &Key, secret: i64, label: &seal::Label<'_>, now: SystemTime) -> Result<Values> {
    let sql = "SELECT version, sealed, until FROM secret_values WHERE secret = ?1 AND (until IS NULL OR until > ?2) ORDER BY version DESC";
    let mut select = db.prepare_cached(sql)?;
    let mut rows = select.query([secret, clock::kept(now)])?;
    let (mut current, mut former) = (None, Vec::new());
    while let Some(row) = rows.next()? {
        let (version, until) = (row.get(0)?, row.get::<_, Option<i64>>(2)?);
        let value = seal::open(key, label, version, row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?)?;
        match until {
            None => current = Some((version, value)),
            Some(until) => former.push(Former { version, value, until: clock::time(until) }),
        }
    }
    Ok((current, former))
}
