//! Grants: the rules that the owner allows or denies an app. What a rule says is opaque here.

use crate::{Result, Store, StoreError, apps, bounds, clock};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::time::SystemTime;

/// One rule that the owner granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Its number, which no other grant of this store ever had or will have.
    pub id: i64,
    /// The app's id.
    pub app: String,
    /// The rule, in the canonical text that it was given in.
    pub rule: String,
    /// Whether it denies instead of allowing.
    pub deny: bool,
    /// When it was made.
    pub created: SystemTime,
}

/// What became of a grant that was added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Added {
    /// It is new.
    New(Grant),
    /// There was an equal one, which stays as it was; nothing has changed.
    Was(Grant),
}

impl Added {
    /// The grant, new or not.
    #[must_use]
    pub fn grant(self) -> Grant {
        match self {
            Self::New(grant) | Self::Was(grant) => grant,
        }
    }
}

const COLUMNS: &str = "id, app, rule, deny, created";

impl Store {
    /// Grants an app a rule. Two rules are equal when their texts are, so the caller writes them in one canonical form.
    ///
    /// # Errors
    /// When there is no such app, the text has more than 64 KiB, or the app has 10,000 grants.
    pub fn add_grant(&self, app: &str, rule: &str, deny: bool) -> Result<Added> {
        let (app, rule) = (app.to_owned(), bounds::text("a rule", rule, bounds::TEXT)?);
        self.control(move |db| {
            apps::living(db, &app)?;
            if let Some(grant) = find(db, &app, &rule, deny)? {
                return Ok(Added::Was(grant));
            }
            bounds::room("grants", db.query_row("SELECT count(*) FROM grants WHERE app = ?1", [&app], |row| row.get(0))?, bounds::GRANTS)?;
            db.prepare_cached("INSERT INTO grants (app, rule, deny, created) VALUES (?1, ?2, ?3, ?4)")?.execute(params![
                app,
                rule,
                deny,
                clock::now()
            ])?;
            apps::changed(db, &app, "grant.added", &rule)?;
            find(db, &app, &rule, deny)?.map(Added::New).ok_or(StoreError::Closed)
        })
    }

    /// Takes a grant away from an app.
    ///
    /// # Errors
    /// When the app has no grant of this number.
    pub fn remove_grant(&self, app: &str, id: i64) -> Result<Grant> {
        let app = app.to_owned();
        self.control(move |db| {
            let sql = format!("DELETE FROM grants WHERE app = ?1 AND id = ?2 RETURNING {COLUMNS}");
            let removed = db.prepare_cached(&sql)?.query_row(params![app, id], read).optional()?;
            let grant = removed.ok_or_else(|| StoreError::NoSuch { what: "grant", name: id.to_string() })?;
            apps::changed(db, &app, "grant.removed", &grant.rule)?;
            Ok(grant)
        })
    }

    /// The grants of an app, oldest first; none for an app that is not there.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn grants(&self, app: &str) -> Result<Vec<Grant>> {
        self.read(|db| list(db, app))
    }
}

/// The grants of an app, oldest first.
pub fn list(db: &Connection, app: &str) -> Result<Vec<Grant>> {
    let mut select = db.prepare_cached(&format!("SELECT {COLUMNS} FROM grants WHERE app = ?1 ORDER BY id"))?;
    let grants = select.query_map([app], read)?.collect::<rusqlite::Result<_>>()?;
    Ok(grants)
}

fn find(db: &Connection, app: &str, rule: &str, deny: bool) -> Result<Option<Grant>> {
    let mut select = db.prepare_cached(&format!("SELECT {COLUMNS} FROM grants WHERE app = ?1 AND rule = ?2 AND deny = ?3"))?;
    Ok(select.query_row(params![app, rule, deny], read).optional()?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Grant> {
    Ok(Grant { id: row.get(0)?, app: row.get(1)?, rule: row.get(2)?, deny: row.get(3)?, created: clock::time(row.get(4)?) })
}
