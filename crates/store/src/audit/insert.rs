//! Rows as they are written: bound to one statement, in the order of the table's columns.

use super::{Attempt, Ended, Timings};
use crate::{Result, clock};
use rusqlite::{CachedStatement, Connection};
use std::time::Duration;

/// The columns, in the order of the table.
pub const COLUMNS: &str = "time, app, host, outcome, call, hop, function, invocation, door, method, scheme, port, route, path, rule, code, words, \
     change, reported, address, reused, cached, status, sent, received, took, timings, secrets, echoed, weight, \
     retries, hook, cache";

/// What writes rows, prepared once for as many as there are.
pub struct Insert<'a>(CachedStatement<'a>);

impl<'a> Insert<'a> {
    /// Writes through this connection.
    pub fn new(db: &'a Connection) -> Result<Self> {
        let places = vec!["?"; COLUMNS.split(',').count()].join(", ");
        Ok(Self(db.prepare_cached(&format!("INSERT INTO attempts ({COLUMNS}) VALUES ({places})"))?))
    }

    /// Writes one row.
    pub fn row(&mut self, row: &Attempt) -> Result<()> {
        let outcome = Ended::ALL.iter().position(|ended| *ended == row.ended);
        self.0.execute(rusqlite::params![
            clock::kept(row.time),
            &*row.app,
            row.host.as_deref(),
            outcome,
            &*row.call,
            row.hop,
            &*row.function,
            &*row.invocation,
            row.door.as_deref(),
            &*row.method,
            row.scheme.as_deref(),
            row.port,
            row.route.as_deref(),
            row.path.as_deref(),
            row.rule.as_deref(),
            row.code.as_deref(),
            row.words.as_deref(),
            row.change.as_deref(),
            row.reported.as_deref(),
            row.address.as_deref(),
            row.reused,
            row.cached,
            row.status,
            whole(row.sent),
            whole(row.received),
            micros(row.took),
            written(&row.timings),
            names(&row.secrets),
            names(&row.echoed),
            row.weight,
            row.retries,
            row.hook.as_deref(),
            row.cache.as_deref(),
        ])?;
        Ok(())
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

/// Microseconds in the order of the fields, a dash for what is not known; nothing where none is.
fn written(timings: &Timings) -> Option<String> {
    if *timings == Timings::default() {
        return None;
    }
    let Timings { queue, dns, connect, tls, first_byte } = timings;
    let part = |part: &Option<Duration>| part.map_or_else(|| "-".to_owned(), |part| micros(part).to_string());
    Some([queue, dns, connect, tls, first_byte].map(part).join(" "))
}

/// Names have no commas in them.
fn names(names: &[String]) -> Option<String> {
    (!names.is_empty()).then(|| names.join(","))
}
