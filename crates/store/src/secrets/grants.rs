//! Where a secret may go: an origin, a place in a request to it, and by wish one rule only.

use super::existing;
use crate::{Result, Store, StoreError, apps, bounds, clock};
use rusqlite::{Connection, Row, params};
use std::fmt;

/// One grant of a secret. All of its texts are canonical already and opaque here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretGrantRow {
    /// `https`, or `http` where the owner wrote it for this origin.
    pub scheme: String,
    /// The host.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The place, such as `bearer` or `header:x-api-key`.
    pub place: String,
    /// The only rule under which it holds, if it is bound to one.
    pub rule: Option<String>,
}

impl fmt::Display for SecretGrantRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}:{} as {}", self.scheme, self.host, self.port, self.place)?;
        self.rule.as_ref().map_or(Ok(()), |rule| write!(f, " under {rule}"))
    }
}

impl Store {
    /// Lets a secret go somewhere; where it may go there already, nothing changes.
    ///
    /// # Errors
    /// When there is no such secret, it has 100 grants, or a text is empty or too long.
    pub fn grant_secret(&self, app: &str, name: &str, grant: SecretGrantRow) -> Result<()> {
        check(&grant)?;
        let (app, name) = (app.to_owned(), name.to_owned());
        self.control(move |db| {
            let secret = existing(db, &app, &name)?;
            let grants = list(db, secret)?;
            if grants.contains(&grant) {
                return Ok(());
            }
            bounds::room("grants of the secret", i64::try_from(grants.len()).unwrap_or(i64::MAX), bounds::SECRET_GRANTS)?;
            let insert = "INSERT INTO secret_grants (secret, scheme, host, port, place, rule, created) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
            db.execute(insert, params![secret, grant.scheme, grant.host, grant.port, grant.place, grant.rule, clock::now()])?;
            apps::changed(db, &app, "secret.granted", &format!("{name} to {grant}"))
        })
    }

    /// No longer lets a secret go somewhere.
    ///
    /// # Errors
    /// When there is no such secret, or it has no such grant.
    pub fn revoke_secret(&self, app: &str, name: &str, grant: &SecretGrantRow) -> Result<()> {
        let (app, name, grant) = (app.to_owned(), name.to_owned(), grant.clone());
        self.control(move |db| {
            let secret = existing(db, &app, &name)?;
            let delete =
                "DELETE FROM secret_grants WHERE secret = ?1 AND scheme = ?2 AND host = ?3 AND port = ?4 AND place = ?5 AND rule IS ?6";
            match db.execute(delete, params![secret, grant.scheme, grant.host, grant.port, grant.place, grant.rule])? {
                0 => Err(StoreError::NoSuch { what: "grant", name: format!("of {name} to {grant}") }),
                _ => apps::changed(db, &app, "secret.revoked", &format!("{name} to {grant}")),
            }
        })
    }
}

fn check(grant: &SecretGrantRow) -> Result<()> {
    bounds::length("a scheme", grant.scheme.len(), bounds::SCHEME)?;
    bounds::length("a host", grant.host.len(), bounds::HOST)?;
    bounds::length("a place", grant.place.len(), bounds::HOST)?;
    bounds::length("a rule", grant.rule.as_ref().map_or(1, String::len), bounds::TEXT)
}

/// The grants of a secret, oldest first.
pub fn list(db: &Connection, secret: i64) -> Result<Vec<SecretGrantRow>> {
    let mut select = db.prepare_cached("SELECT scheme, host, port, place, rule FROM secret_grants WHERE secret = ?1 ORDER BY id")?;
    let grants = select.query_map([secret], read)?.collect::<rusqlite::Result<_>>()?;
    Ok(grants)
}

fn read(row: &Row<'_>) -> rusqlite::Result<SecretGrantRow> {
    Ok(SecretGrantRow { scheme: row.get(0)?, host: row.get(1)?, port: row.get(2)?, place: row.get(3)?, rule: row.get(4)? })
}
