//! Questions about attempts: a list, what came after one that was seen, all of one call.

use super::insert::COLUMNS;
use super::{Attempt, Ended, Others, Timings};
use crate::{Result, Store, clock};
use rusqlite::types::ToSql;
use rusqlite::{Connection, Row, named_params};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Which attempts; what is `None` or `false` does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this app.
    pub app: Option<String>,
    /// To this host.
    pub host: Option<String>,
    /// Begun at this time or later.
    pub since: Option<SystemTime>,
    /// Begun before this time.
    pub until: Option<SystemTime>,
    /// Only those that were refused.
    pub refused: bool,
    /// With this dotted code, or with one that goes on from it behind a dot.
    pub code: Option<String>,
    /// Of the call, or of the invocation, of this id.
    pub id: Option<String>,
}

const MATCHES: &str = "(:app IS NULL OR app = :app) AND (:host IS NULL OR host = :host) AND (:since IS NULL OR time >= :since) \
     AND (:until IS NULL OR time < :until) AND (:outcome IS NULL OR outcome = :outcome) AND (:code IS NULL OR code = :code OR substr(code, 1, length(:code) + 1) = :code || '.') \
     AND (:id IS NULL OR call = :id OR invocation = :id)";

impl Store {
    /// The oldest attempts behind a number, oldest first, each with its own number: to follow what happens, ask again with the
    /// last number that came. It is 0 before the first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn attempts(&self, filter: &Filter, after: i64, most: usize) -> Result<Vec<(i64, Attempt)>> {
        self.read(|db| select(db, filter, after, "ASC", most))
    }

    /// The newest attempts, newest first, each with its number.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn latest_attempts(&self, filter: &Filter, most: usize) -> Result<Vec<(i64, Attempt)>> {
        self.read(|db| select(db, filter, 0, "DESC", most))
    }

    /// The whole story of one call, or of all calls of an invocation: what of their attempts has a row, in the order in which they
    /// began. The oldest ones, where there are more than `most`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn story(&self, id: &str, most: usize) -> Result<Vec<Attempt>> {
        let filter = Filter { id: Some(id.to_owned()), ..Filter::default() };
        let mut attempts: Vec<Attempt> = self.attempts(&filter, 0, most)?.into_iter().map(|(_, attempt)| attempt).collect();
        attempts.sort_by(|one, other| (one.time, &one.call, one.hop).cmp(&(other.time, &other.call, other.hop)));
        Ok(attempts)
    }
}

fn select(db: &Connection, filter: &Filter, after: i64, order: &str, most: usize) -> Result<Vec<(i64, Attempt)>> {
    let sql = format!("SELECT id, {COLUMNS} FROM attempts WHERE id > :after AND {MATCHES} ORDER BY id {order} LIMIT :most");
    let mut select = db.prepare_cached(&sql)?;
    let refused = Ended::ALL.iter().position(|ended| *ended == Ended::Refused);
    let parameters: &[(&str, &dyn ToSql)] = named_params! {
        ":after": after,
        ":app": filter.app,
        ":host": filter.host,
        ":since": filter.since.map(clock::kept),
        ":until": filter.until.map(clock::kept),
        ":outcome": refused.filter(|_| filter.refused),
        ":code": filter.code,
        ":id": filter.id,
        ":most": i64::try_from(most).unwrap_or(i64::MAX),
    };
    let rows = select.query_map(parameters, |row| Ok((row.get("id")?, attempt(row)?)))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn attempt(row: &Row<'_>) -> rusqlite::Result<Attempt> {
    let text = |column| row.get::<_, Option<String>>(column);
    let shared = |column| row.get::<_, String>(column).map(Arc::from);
    let outcome: usize = row.get("outcome")?;
    Ok(Attempt {
        time: clock::time(row.get("time")?),
        call: shared("call")?,
        hop: row.get("hop")?,
        app: shared("app")?,
        function: shared("function")?,
        invocation: shared("invocation")?,
        door: text("door")?.map(Into::into),
        method: row.get::<_, String>("method")?.into(),
        scheme: text("scheme")?.map(Into::into),
        host: text("host")?.map(Into::into),
        port: row.get("port")?,
        route: text("route")?.map(Into::into),
        path: text("path")?,
        rule: text("rule")?.map(Into::into),
        ended: Ended::ALL.get(outcome).copied().unwrap_or(Ended::Failed),
        code: text("code")?.map(Into::into),
        words: text("words")?,
        change: text("change")?,
        reported: text("reported")?.map(Into::into),
        address: text("address")?,
        reused: row.get("reused")?,
        cached: row.get("cached")?,
        cache: text("cache")?.map(Into::into),
        hook: text("hook")?.map(Into::into),
        retries: row.get("retries")?,
        status: row.get("status")?,
        sent: row.get("sent")?,
        received: row.get("received")?,
        took: Duration::from_micros(row.get("took")?),
        timings: timings(text("timings")?.as_deref().unwrap_or_default()),
        secrets: names(text("secrets")?),
        echoed: names(text("echoed")?),
        weight: row.get("weight")?,
        others: Others::default(),
    })
}

fn timings(text: &str) -> Timings {
    let mut parts = text.split(' ').map(|part| part.parse().ok().map(Duration::from_micros));
    let mut next = || parts.next().flatten();
    Timings { queue: next(), dns: next(), connect: next(), tls: next(), first_byte: next() }
}

fn names(text: Option<String>) -> Vec<String> {
    text.iter().flat_map(|text| text.split(',')).map(str::to_owned).collect()
}
