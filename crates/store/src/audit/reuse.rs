//! Sums over answers that were used again, by app and host. They are of the newest rows alone: there is no index, and no roll-up has them.

use super::Ended;
use crate::{Result, Store, clock};
use rusqlite::{Connection, named_params};
use std::time::SystemTime;

/// What stored answers did for an app with a host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reused {
    /// The app.
    pub app: String,
    /// The host.
    pub host: String,
    /// Attempts that a fresh stored answer answered.
    pub hits: u64,
    /// Those that a stale one answered.
    pub stale: u64,
    /// Those that a stored one answered of which the upstream said that it still holds.
    pub revalidated: u64,
    /// Those that wanted a stored answer alone where there was none.
    pub absent: u64,
    /// `GET` and `HEAD` that the upstream itself answered.
    pub upstream: u64,
    /// Bytes of bodies that came out of the store; of the attempts that have a row.
    pub stored_bytes: u64,
    /// Bytes of bodies that came from the upstream, for `GET` and `HEAD`; of the attempts that have a row.
    pub upstream_bytes: u64,
}

/// The sums, and how far they go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reuse {
    /// By app and host, in their order.
    pub hosts: Vec<Reused>,
    /// Whether all rows since the time that was asked for were looked at; older ones were left out otherwise.
    pub is_whole: bool,
}

/// The newest rows, so many.
const WALKED: &str = "SELECT time, app, host, method, outcome, status, cache, weight, received FROM attempts ORDER BY id DESC LIMIT :most";

impl Store {
    /// What stored answers did since a time, for one app or for all. At most so many rows are looked at, the newest.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn reuse(&self, since: SystemTime, app: Option<&str>, most: usize) -> Result<Reuse> {
        let (since, most) = (clock::kept(since), i64::try_from(most).unwrap_or(i64::MAX));
        self.read(|db| Ok(Reuse { hosts: hosts(db, since, app, most)?, is_whole: is_whole(db, since, most)? }))
    }
}

fn hosts(db: &Connection, since: i64, app: Option<&str>, most: i64) -> Result<Vec<Reused>> {
    let count = |of: &str, what: &str, name: &str| format!("sum(CASE WHEN {of} THEN {what} ELSE 0 END) AS {name}");
    let upstream = "cache IS NULL AND status IS NOT NULL AND method IN ('GET', 'HEAD') AND outcome IN (:answered, :abandoned)";
    let sums = [
        count("cache = 'hit'", "weight", "hits"),
        count("cache = 'stale'", "weight", "stale"),
        count("cache = 'revalidated'", "weight", "revalidated"),
        count("cache = 'absent'", "weight", "absent"),
        count(upstream, "weight", "upstream"),
        count("cache IS NOT NULL", "received", "stored_bytes"),
        count(upstream, "received", "upstream_bytes"),
    ];
    let sql = format!(
        "SELECT app, host, {} FROM ({WALKED}) WHERE time >= :since AND host IS NOT NULL AND (:app IS NULL OR app = :app) \
         AND (cache IS NOT NULL OR ({upstream})) GROUP BY app, host ORDER BY app, host",
        sums.join(", ")
    );
    let place = |ended: Ended| Ended::ALL.iter().position(|one| *one == ended);
    let mut select = db.prepare_cached(&sql)?;
    let parameters = named_params! {
        ":most": most,
        ":since": since,
        ":app": app,
        ":answered": place(Ended::Answered),
        ":abandoned": place(Ended::Abandoned),
    };
    let rows = select.query_map(parameters, |row| {
        Ok(Reused {
            app: row.get("app")?,
            host: row.get("host")?,
            hits: row.get("hits")?,
            stale: row.get("stale")?,
            revalidated: row.get("revalidated")?,
            absent: row.get("absent")?,
            upstream: row.get("upstream")?,
            stored_bytes: row.get("stored_bytes")?,
            upstream_bytes: row.get("upstream_bytes")?,
        })
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Whether no row of that time lies behind those that were walked.
fn is_whole(db: &Connection, since: i64, most: i64) -> Result<bool> {
    let sql = "SELECT count(*) FROM (SELECT time FROM attempts ORDER BY id DESC LIMIT 1 OFFSET ?1) WHERE time >= ?2";
    Ok(db.prepare_cached(sql)?.query_row([most, since], |row| row.get::<_, i64>(0))? == 0)
}
