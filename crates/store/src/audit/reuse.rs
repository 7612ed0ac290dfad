//! Sums over answers that were used again, by app and host. They are of the newest rows alone: there is no index, and no roll-up has them.

use super::read::walk;
use super::{Attempt, Ended};
use crate::{Result, Store};
use std::collections::BTreeMap;
use std::sync::Arc;
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

impl Store {
    /// What stored answers did since a time, for one app or for all. At most so many rows are looked at, the newest.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn reuse(&self, since: SystemTime, app: Option<&str>, most: usize) -> Result<Reuse> {
        self.read(|db| {
            let (mut hosts, mut seen, mut is_whole) = (BTreeMap::new(), 0, true);
            walk(db, |row| {
                // Rows lie in the order in which they ended, so that an early one may lie among later ones.
                let is_late = row.time >= since;
                if seen == most {
                    is_whole = !is_late;
                    return false;
                }
                seen += 1;
                if is_late && app.is_none_or(|app| *app == *row.app) {
                    add(&mut hosts, &row);
                }
                true
            })?;
            Ok(Reuse { hosts: hosts.into_values().collect(), is_whole })
        })
    }
}

fn add(hosts: &mut BTreeMap<(Arc<str>, Arc<str>), Reused>, row: &Attempt) {
    let Some(host) = &row.host else { return };
    let answered = row.status.is_some() && matches!(row.ended, Ended::Answered | Ended::Abandoned);
    let is_upstreams = row.cache.is_none() && answered && matches!(&*row.method, "GET" | "HEAD");
    if row.cache.is_none() && !is_upstreams {
        return;
    }
    let sums = hosts.entry((Arc::clone(&row.app), Arc::clone(host))).or_insert_with(|| Reused {
        app: row.app.to_string(),
        host: host.to_string(),
        ..Reused::default()
    });
    let (count, bytes) = match row.cache.as_deref() {
        Some("hit") => (&mut sums.hits, &mut sums.stored_bytes),
        Some("stale") => (&mut sums.stale, &mut sums.stored_bytes),
        Some("revalidated") => (&mut sums.revalidated, &mut sums.stored_bytes),
        Some(_) => (&mut sums.absent, &mut sums.stored_bytes),
        None => (&mut sums.upstream, &mut sums.upstream_bytes),
    };
    *count += u64::from(row.weight);
    *bytes += row.received;
}
