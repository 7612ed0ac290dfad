//! What an app asked for, by kinds: attempts with one method, origin, path and fate, counted. What learning and comparing begin
//! with. Pure: rows come in one by one, from wherever they are kept.

use crate::record::PATH;
use egret_policy::{Denial, Request};
use egret_store::{Attempt, Ended};
use http::{HeaderMap, Method};
use std::collections::BTreeMap;
use std::time::SystemTime;

/// Kinds that are told apart, at most; what comes behind them is counted in [`Past::beyond`].
pub const KINDS: usize = 20_000;

/// What became of an attempt, as far as rules go.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// A rule or the mode let it go; the network may have failed it all the same.
    Allowed,
    /// The report mode let it go; enforced, it is refused with this code.
    Reported(String),
    /// Refused, with this code.
    Refused(String),
}

/// One kind of attempt.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    /// The host, as the log writes it.
    pub host: String,
    /// The port.
    pub port: u16,
    /// `http` or `https`.
    pub scheme: String,
    /// The path, where the log kept it whole.
    pub path: Option<String>,
    /// The method.
    pub method: String,
    /// The path template of the rule that let it go.
    pub route: Option<String>,
    /// What became of it.
    pub fate: Fate,
}

/// How often, and when the last time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// Attempts.
    pub calls: u64,
    /// When the last of them began.
    pub last: SystemTime,
    /// The owner's words of the last refusal.
    pub words: Option<String>,
}

/// All kinds of a span of time.
#[derive(Clone, Debug, Default)]
pub struct Past {
    /// The kinds.
    pub calls: BTreeMap<Call, Tally>,
    /// Rows that were looked at.
    pub rows: u64,
    /// Attempts for which another one's row stands: their own paths and methods may be others.
    pub thinned: u64,
    /// Attempts whose URL could not be read: no rule is about them.
    pub unread: u64,
    /// Attempts of more kinds than are told apart.
    pub beyond: u64,
}

impl Past {
    /// Takes one row in.
    pub fn add(&mut self, row: &Attempt) {
        self.rows += 1;
        self.thinned += u64::from(row.weight.saturating_sub(1));
        let tally = Tally { calls: u64::from(row.weight), last: row.time, words: row.words.clone() };
        match Call::of(row) {
            None => self.unread += tally.calls,
            Some(call) if self.calls.len() >= KINDS && !self.calls.contains_key(&call) => self.beyond += tally.calls,
            Some(call) => {
                self.calls.entry(call).and_modify(|known| known.add(&tally)).or_insert(tally);
            }
        }
    }
}

impl Tally {
    /// Takes another one in.
    pub fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        if other.last >= self.last {
            (self.last, self.words) = (other.last, other.words.clone());
        }
    }
}

impl Call {
    fn of(row: &Attempt) -> Option<Self> {
        let fate = match (row.ended, &row.code, &row.reported) {
            (Ended::Refused, Some(code), _) => Fate::Refused(code.to_string()),
            (_, _, Some(code)) => Fate::Reported(code.to_string()),
            (Ended::Answered | Ended::Abandoned | Ended::Failed | Ended::Refused, _, None) => Fate::Allowed,
        };
        Some(Self {
            host: row.host.as_deref()?.to_owned(),
            port: row.port?,
            scheme: row.scheme.as_deref()?.to_owned(),
            // One that fills its place may have been cut.
            path: row.path.clone().filter(|path| path.len() < PATH),
            method: row.method.to_string(),
            route: row.route.as_deref().map(ToOwned::to_owned),
            fate,
        })
    }

    /// Scheme, host, and the port where it is not the scheme's own.
    #[must_use]
    pub fn origin(&self) -> String {
        let host = if self.host.contains(':') && !self.host.starts_with('[') { format!("[{}]", self.host) } else { self.host.clone() };
        match (self.scheme.as_str(), self.port) {
            ("https", 443) | ("http", 80) => format!("{}://{host}", self.scheme),
            (scheme, port) => format!("{scheme}://{host}:{port}"),
        }
    }

    /// The request that it was, with this path and without its fields: the log has none.
    ///
    /// # Errors
    /// What [`Request::parse`] refuses; a method that is none.
    pub fn request(&self, path: &str) -> Result<Request, Denial> {
        let method = Method::from_bytes(self.method.as_bytes());
        let method = method.map_err(|_| Denial::new(egret_policy::Code::MethodToken, egret_policy::Code::MethodToken.about()))?;
        Request::parse(method, &format!("{}{path}", self.origin()), HeaderMap::new())
    }
}
