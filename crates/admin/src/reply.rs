//! What a command comes to. Names, versions and times of secrets, never a value.

use egret_policy::Closed;
use serde::{Deserialize, Serialize};

/// What a command came to. As JSON it is one object with one key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    /// What answers.
    Status(Status),
    /// One app.
    App(App),
    /// All apps, by name.
    Apps(Vec<Listed>),
    /// What is closed after a command that closes or opens.
    Standing {
        /// The app's name; absent, all apps.
        app: Option<String>,
        /// What is closed.
        #[serde(flatten)]
        standing: Standing,
    },
    /// Stored answers that are to be forgotten.
    Cleared {
        /// The app's name; absent, all apps.
        app: Option<String>,
        /// The host in its canonical form; absent, all hosts.
        host: Option<String>,
    },
    /// One rule that was added, or was there already.
    Rule(Rule),
    /// Rules of an app.
    Rules(Vec<Rule>),
    /// One secret as it now is.
    Secret(Secret),
    /// An app's secrets, by name.
    Secrets(Vec<Secret>),
    /// Limits, in the order of the registry.
    Limits(Vec<Limit>),
    /// What is gone: an app, rules, a secret.
    Removed(Vec<String>),
    /// Where the copy lies.
    Backup(String),
    /// A backup has taken the store's place.
    Restored {
        /// Where the store lies that was there before.
        kept: Option<String>,
    },
}

/// What answers a command, and what it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The version of Egret.
    pub version: String,
    /// The process.
    pub pid: u32,
    /// How many apps there are.
    pub apps: usize,
}

/// An app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct App {
    /// Its identity; a removed app's name may be used again, its id never is.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The folder of its code.
    pub folder: Option<String>,
    /// When it was made, in seconds since 1970 (UTC).
    pub created: u64,
    /// One more with each change of its rules and secrets.
    pub generation: u64,
    /// What the owner has closed.
    #[serde(default, skip_serializing_if = "Standing::is_open")]
    pub standing: Standing,
    /// Its rules.
    pub rules: Vec<Rule>,
    /// Its secrets.
    pub secrets: Vec<Secret>,
}

/// An app in a list of all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Its identity.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The folder of its code.
    pub folder: Option<String>,
    /// When it was made, in seconds since 1970 (UTC).
    pub created: u64,
    /// One more with each change of its rules and secrets.
    pub generation: u64,
    /// What the owner has closed.
    #[serde(default, skip_serializing_if = "Standing::is_open")]
    pub standing: Standing,
}

/// What an owner has closed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The network of all apps is locked down.
    pub everywhere: bool,
    /// The app's own network is locked down.
    pub lockdown: bool,
    /// The app is paused.
    pub paused: bool,
}

impl Standing {
    /// Whether nothing is closed.
    #[must_use]
    pub fn is_open(&self) -> bool {
        *self == Self::default()
    }

    /// Why a policy is closed, if it is: first what holds for all.
    #[must_use]
    pub const fn closed(self) -> Option<Closed> {
        match self {
            Self { everywhere: true, .. } => Some(Closed::Everywhere),
            Self { lockdown: true, .. } => Some(Closed::App),
            Self { paused: true, .. } => Some(Closed::Paused),
            Self { .. } => None,
        }
    }
}

impl From<egret_store::Standing> for Standing {
    fn from(standing: egret_store::Standing) -> Self {
        let egret_store::Standing { everywhere, lockdown, paused } = standing;
        Self { everywhere, lockdown, paused }
    }
}

/// A rule that the owner granted, or a refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Its id within the store.
    pub id: i64,
    /// The app's name.
    pub app: String,
    /// Whether it refuses what it matches.
    pub deny: bool,
    /// The host that it names.
    pub host: String,
    /// The rule as a manifest writes it.
    pub rule: String,
    /// When it was added, in seconds since 1970 (UTC).
    pub created: u64,
    /// Whether one that says the same was there already.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unchanged: bool,
}

/// A limit, for the server or for one app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// Its name.
    pub name: String,
    /// The app's name; none for the server.
    pub app: Option<String>,
    /// What counts.
    pub value: String,
    /// By whose word: `default`, `server` or `app`. What the app's own manifest asks for is not looked at here.
    pub from: String,
    /// What it was set to for this app where that is wider than what the server's owner set since, and so does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set: Option<String>,
    /// What it is where nobody has set it.
    pub default: String,
    /// What it may be set to.
    pub range: String,
    /// Who may set it: `server`, `app`.
    pub scopes: Vec<String>,
    /// Whether a running server takes a change over at once.
    pub live: bool,
    /// What it bounds.
    pub about: String,
}

/// What is known of a secret without its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret {
    /// Its name.
    pub name: String,
    /// The app's name.
    pub app: String,
    /// Its values, newest first: the one in use, then those in their time of grace.
    pub versions: Vec<Version>,
    /// Whether code may have the host compute an HMAC with it.
    pub hmac: bool,
    /// Whether its first echo ends its use.
    #[serde(default)]
    pub trip: bool,
    /// Where it may go.
    pub grants: Vec<Grant>,
}

/// One value of a secret, without the value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// Its number; no other value of the app ever has it.
    pub version: u64,
    /// When it was set, in seconds since 1970 (UTC).
    pub created: u64,
    /// When its time of grace ends, in the same seconds; none for the one in use.
    pub until: Option<u64>,
}

/// Where a secret may go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The origin, with its port where that is not the scheme's own.
    pub to: String,
    /// The place in a request.
    #[serde(rename = "as")]
    pub place: String,
    /// The only rule under which it holds, if it is bound to one.
    pub rule: Option<String>,
}
