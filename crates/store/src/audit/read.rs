//! Questions about attempts: a list, what came after one that was seen, all of one call.

use super::pack::{Row, unpack};
use super::{Attempt, Ended};
use crate::{Result, Store, StoreError, clock};
use rusqlite::{Connection, params};
use std::time::SystemTime;

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

impl Filter {
    fn takes(&self, row: &Row<'_>) -> bool {
        let same = |asked: &Option<String>, is: Option<&str>| asked.is_none() || asked.as_deref() == is;
        same(&self.app, row.app())
            && same(&self.host, row.host())
            && self.since.is_none_or(|since| row.time() >= clock::kept(since))
            && self.until.is_none_or(|until| row.time() < clock::kept(until))
            && (!self.refused || row.ended() == Some(Ended::Refused))
            && self.code.as_deref().is_none_or(|code| row.code().is_some_and(|is| goes_on(is, code)))
            && self.id.as_deref().is_none_or(|id| row.ids().contains(&Some(id)))
    }
}

/// Whether a dotted code is another, or goes on from it behind a dot.
fn goes_on(code: &str, from: &str) -> bool {
    code.strip_prefix(from).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

/// Which come first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum First {
    Oldest,
    Newest,
}

impl Store {
    /// The oldest attempts behind a number, oldest first, each with its own number: to follow what happens, ask again with the
    /// last number that came. It is 0 before the first.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn attempts(&self, filter: &Filter, after: i64, most: usize) -> Result<Vec<(i64, Attempt)>> {
        self.read(|db| select(db, filter, after, First::Oldest, most))
    }

    /// The newest attempts, newest first, each with its number.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn latest_attempts(&self, filter: &Filter, most: usize) -> Result<Vec<(i64, Attempt)>> {
        self.read(|db| select(db, filter, 0, First::Newest, most))
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

fn select(db: &Connection, filter: &Filter, after: i64, first: First, most: usize) -> Result<Vec<(i64, Attempt)>> {
    // The pack that begins at that number or before it may go on behind it.
    let sql = format!(
        "SELECT id, count, pack FROM attempts WHERE id >= coalesce((SELECT max(id) FROM attempts WHERE id <= ?1), 0) AND id + count - 1 > ?1 \
         AND (?2 IS NULL OR newest >= ?2) AND (?3 IS NULL OR oldest < ?3) ORDER BY id {}",
        if first == First::Oldest { "ASC" } else { "DESC" }
    );
    let mut select = db.prepare_cached(&sql)?;
    let mut packs = select.query(params![after, filter.since.map(clock::kept), filter.until.map(clock::kept)])?;
    let mut found = Vec::new();
    while found.len() < most
        && let Some(pack) = packs.next()?
    {
        let id = pack.get(0)?;
        let rows = unpack(pack.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?, pack.get(1)?).ok_or_else(|| damaged(id))?;
        let numbered = (0..).map(|index| id.saturating_add(index)).zip(&rows);
        let mut asked: Vec<_> = numbered.filter(|(number, row)| *number > after && filter.takes(row)).collect();
        if first == First::Newest {
            asked.reverse();
        }
        for (number, row) in asked.into_iter().take(most - found.len()) {
            found.push((number, row.attempt().ok_or_else(|| damaged(number))?));
        }
    }
    Ok(found)
}

/// Shows the attempts, newest first, as long as whoever looks wants more.
pub fn walk(db: &Connection, mut look: impl FnMut(Attempt) -> bool) -> Result<()> {
    let mut select = db.prepare_cached("SELECT id, count, pack FROM attempts ORDER BY id DESC")?;
    let mut packs = select.query([])?;
    while let Some(pack) = packs.next()? {
        let id = pack.get(0)?;
        let rows = unpack(pack.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?, pack.get(1)?).ok_or_else(|| damaged(id))?;
        for row in rows.iter().rev() {
            if !look(row.attempt().ok_or_else(|| damaged(id))?) {
                return Ok(());
            }
        }
    }
    Ok(())
}

fn damaged(number: i64) -> StoreError {
    StoreError::Database(format!("the log is damaged at the attempt with the number {number}"))
}
