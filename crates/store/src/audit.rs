//! What was reached and refused: each attempt of the kernel, and sums for each minute, app and host. Written by
//! [`Store::bulk_all`], never waited for; the oldest attempts go by themselves. Those that are written together lie in one row of
//! the file, a pack, but are numbered and read one by one.
//!
//! Deliberately absent: a second index. A question walks the packs, newest first or from a number on, so that writing an attempt
//! costs its bytes at the end of the file and nothing else.

mod insert;
mod pack;
mod read;
mod retention;
mod reuse;
mod traffic;

use crate::bounds;
use std::borrow::Cow;
use std::mem;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

pub use read::Filter;
pub use retention::Retention;
pub use reuse::{Reuse, Reused};
pub use traffic::Traffic;
pub(crate) use {insert::Insert, retention::trim, traffic::Sums};

/// Attempts of a pack, at most. More would be no cheaper to write, and they all go together.
pub(crate) const PACK: usize = 64;

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ended {
    /// A response came and was read to its end.
    Answered,
    /// A response came, and its end was not waited for.
    Abandoned,
    /// The network, the peer or a limit ended it.
    Failed,
    /// It was not allowed.
    Refused,
}

impl Ended {
    /// All of them; their places in this list are what the file holds.
    pub const ALL: [Self; 4] = [Self::Answered, Self::Abandoned, Self::Failed, Self::Refused];

    /// `answered`, `abandoned`, `failed` or `refused`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Abandoned => "abandoned",
            Self::Failed => "failed",
            Self::Refused => "refused",
        }
    }
}

/// How long the parts of an attempt took; `None` for a part that it did not have or that was not measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timings {
    /// Waiting for a free place.
    pub queue: Option<Duration>,
    /// Resolving the name.
    pub dns: Option<Duration>,
    /// Connecting.
    pub connect: Option<Duration>,
    /// The TLS handshake.
    pub tls: Option<Duration>,
    /// From the moment the request began to go out to the head of the response.
    pub first_byte: Option<Duration>,
}

/// One attempt of the kernel. Texts over their bounds are cut when it is written, durations are kept in microseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt {
    /// When it began.
    pub time: SystemTime,
    /// The call's id; the hops of a call share it.
    pub call: Arc<str>,
    /// How many redirects came before.
    pub hop: u8,
    /// The app that asked.
    pub app: Arc<str>,
    /// The function that asked.
    pub function: Arc<str>,
    /// The invocation that asked.
    pub invocation: Arc<str>,
    /// The way in by which the request came, if that is known.
    pub door: Option<Cow<'static, str>>,
    /// The method.
    pub method: Cow<'static, str>,
    /// `http` or `https`; nothing where the URL could not be read.
    pub scheme: Option<Cow<'static, str>>,
    /// The host.
    pub host: Option<Arc<str>>,
    /// The port.
    pub port: Option<u16>,
    /// The path template of the rule that allowed it.
    pub route: Option<Arc<str>>,
    /// The path, where the owner wants paths kept.
    pub path: Option<String>,
    /// The version of the rule that allowed it, if that is known.
    pub rule: Option<Cow<'static, str>>,
    /// How it ended.
    pub ended: Ended,
    /// The dotted code of its refusal or failure.
    pub code: Option<Cow<'static, str>>,
    /// The owner's words for that.
    pub words: Option<String>,
    /// The lines of a manifest that would allow what was refused.
    pub change: Option<String>,
    /// The code of the refusal that would have been, in the report mode.
    pub reported: Option<Cow<'static, str>>,
    /// The address that was connected to, with its port.
    pub address: Option<String>,
    /// Whether a kept connection was used.
    pub reused: bool,
    /// Whether a kept response was used.
    pub cached: bool,
    /// How, in a word, if one was.
    pub cache: Option<Cow<'static, str>>,
    /// What decided or answered in place of a rule or the network.
    pub hook: Option<Arc<str>>,
    /// How many tries of the same hop came before.
    pub retries: u8,
    /// The response's status.
    pub status: Option<u16>,
    /// Bytes of the request's body.
    pub sent: u64,
    /// Bytes of the response's body.
    pub received: u64,
    /// From its beginning to its end.
    pub took: Duration,
    /// The parts of that.
    pub timings: Timings,
    /// The secrets that went into it, by name.
    pub secrets: Vec<String>,
    /// The secrets that came back, by name.
    pub echoed: Vec<String>,
    /// For how many attempts of the same app, host and fate this row stands, itself among them: 1 but under pressure.
    pub weight: u32,
    /// The sums of the others that it stands for; the minute's sums stay right by them. Empty in a row that was read.
    pub others: Others,
}

/// Sums over attempts that have no row of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Others {
    /// Bytes of their requests' bodies.
    pub sent: u64,
    /// Bytes of their responses' bodies.
    pub received: u64,
    /// Their durations together.
    pub took: Duration,
    /// The longest of these.
    pub longest: Duration,
}

impl Attempt {
    /// Takes another attempt under this row.
    pub fn absorb(&mut self, other: &Self) {
        self.weight = self.weight.saturating_add(other.weight);
        self.others.sent += other.sent + other.others.sent;
        self.others.received += other.received + other.others.received;
        self.others.took += other.took + other.others.took;
        self.others.longest = self.others.longest.max(other.took).max(other.others.longest);
    }

    /// The same with its texts cut to what will be kept: what waits is bounded in bytes too.
    pub(crate) fn bound(&mut self) {
        for text in [&mut self.app, &mut self.function, &mut self.invocation, &mut self.call] {
            shorten(text, bounds::NAME);
        }
        self.host.iter_mut().for_each(|host| shorten(host, bounds::HOST));
        self.route.iter_mut().for_each(|route| shorten(route, bounds::EVENT));
        self.hook.iter_mut().for_each(|hook| shorten(hook, bounds::NAME));
        for text in [&mut self.path, &mut self.words, &mut self.change].into_iter().flatten() {
            text.truncate(bounds::cut(text, bounds::EVENT).len());
        }
        for names in [&mut self.secrets, &mut self.echoed] {
            names.truncate(bounds::NAMES);
        }
    }

    /// What it holds of memory while it waits; what it shares with others is counted as its own.
    pub(crate) fn size(&self) -> usize {
        let shared =
            [Some(&self.call), Some(&self.app), Some(&self.function), Some(&self.invocation), self.host.as_ref(), self.route.as_ref()];
        let own = [&self.path, &self.words, &self.change, &self.address].into_iter().flatten();
        let names = self.secrets.iter().chain(&self.echoed).map(|name| mem::size_of::<String>() + name.capacity());
        let shared: usize = shared.into_iter().flatten().map(|text| text.len()).sum();
        mem::size_of::<Self>() + shared + own.map(String::capacity).sum::<usize>() + names.sum::<usize>()
    }
}

fn shorten(text: &mut Arc<str>, most: usize) {
    if text.len() > most {
        *text = bounds::cut(text, most).into();
    }
}
