//! Sums for each minute, app and host, written with the rows that they are the sums of.

use super::insert::{micros, whole};
use super::{Attempt, Ended};
use crate::{Result, Store, clock};
use rusqlite::{Connection, params};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Milliseconds of a minute.
const MINUTE: i64 = 60_000;

/// Sums that one group adds to, at most. Beyond them hosts of an app are summed up as one without a name: whoever calls a new
/// host with every request must not make the sums as long as the log.
const KEYS: usize = 1_024;

/// What an app had to do with a host in one minute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traffic {
    /// When the minute begins.
    pub minute: SystemTime,
    /// The app.
    pub app: String,
    /// The host; empty for URLs that could not be read, and for hosts beyond what is told apart.
    pub host: String,
    /// Attempts, refused ones included.
    pub calls: u64,
    /// Those of them that were refused.
    pub refused: u64,
    /// Those that failed.
    pub failed: u64,
    /// Bytes of requests' bodies.
    pub sent: u64,
    /// Bytes of responses' bodies.
    pub received: u64,
    /// Their durations together.
    pub took: Duration,
    /// The longest of these.
    pub longest: Duration,
}

impl Store {
    /// The sums of the minutes since a time, oldest first, of one app or of all.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn traffic(&self, since: SystemTime, app: Option<&str>) -> Result<Vec<Traffic>> {
        self.read(|db| {
            let sql = "SELECT minute, app, host, calls, refused, failed, sent, received, took, longest FROM traffic \
                WHERE minute >= ?1 AND (?2 IS NULL OR app = ?2) ORDER BY minute, app, host";
            let mut select = db.prepare_cached(sql)?;
            let first = clock::kept(since) / MINUTE;
            let rows = select.query_map(params![first, app], |row| {
                Ok(Traffic {
                    minute: clock::time(row.get::<_, i64>(0)?.saturating_mul(MINUTE)),
                    app: row.get(1)?,
                    host: row.get(2)?,
                    calls: row.get(3)?,
                    refused: row.get(4)?,
                    failed: row.get(5)?,
                    sent: row.get(6)?,
                    received: row.get(7)?,
                    took: Duration::from_micros(row.get(8)?),
                    longest: Duration::from_micros(row.get(9)?),
                })
            })?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }
}

/// The sums of a group.
#[derive(Default)]
pub struct Sums(HashMap<Key, Sum>);

#[derive(PartialEq, Eq, Hash)]
struct Key {
    minute: i64,
    app: Arc<str>,
    host: Option<Arc<str>>,
}

#[derive(Default)]
struct Sum {
    calls: u64,
    refused: u64,
    failed: u64,
    sent: u64,
    received: u64,
    took: Duration,
    longest: Duration,
}

impl Sums {
    /// Adds what a row stands for.
    pub fn add(&mut self, row: &Attempt) {
        let mut key = Key { minute: clock::kept(row.time) / MINUTE, app: Arc::clone(&row.app), host: row.host.clone() };
        if self.0.len() >= KEYS && !self.0.contains_key(&key) {
            key.host = None;
        }
        let weight = u64::from(row.weight);
        let sum = self.0.entry(key).or_default();
        sum.calls += weight;
        match row.ended {
            Ended::Answered | Ended::Abandoned => {}
            Ended::Failed => sum.failed += weight,
            Ended::Refused => sum.refused += weight,
        }
        sum.sent += row.sent + row.others.sent;
        sum.received += row.received + row.others.received;
        sum.took += row.took + row.others.took;
        sum.longest = sum.longest.max(row.took).max(row.others.longest);
    }

    /// Adds them to those of the file.
    pub fn write(&self, db: &Connection) -> Result<()> {
        let sql = "INSERT INTO traffic VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT DO UPDATE SET \
            calls = calls + excluded.calls, refused = refused + excluded.refused, failed = failed + excluded.failed, \
            sent = sent + excluded.sent, received = received + excluded.received, took = took + excluded.took, \
            longest = max(longest, excluded.longest)";
        let mut upsert = db.prepare_cached(sql)?;
        for (Key { minute, app, host }, sum) in &self.0 {
            let host = host.as_deref().unwrap_or_default();
            let counts = [sum.calls, sum.refused, sum.failed, sum.sent, sum.received].map(whole);
            let [calls, refused, failed, sent, received] = counts;
            let (took, longest) = (micros(sum.took), micros(sum.longest));
            upsert.execute(params![minute, &**app, host, calls, refused, failed, sent, received, took, longest])?;
        }
        Ok(())
    }
}
