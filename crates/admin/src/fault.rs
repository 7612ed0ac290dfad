//! Why a command did nothing. A value of a secret is in none of it.

use serde::{Deserialize, Serialize};

/// Why a command did nothing. The words are for the owner and say what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "kind", content = "message", rename_all = "snake_case")]
pub enum Fault {
    /// There is no such app, rule, secret or grant.
    #[error("{0}")]
    Missing(String),
    /// What was asked cannot be read: a name, a target, a place.
    #[error("{0}")]
    Invalid(String),
    /// It was understood, and is not done as things stand.
    #[error("{0}")]
    Refused(String),
    /// The store cannot be opened, read or written.
    #[error("{0}")]
    Store(String),
    /// The control socket is in the way, belongs to somebody else, or broke off.
    #[error("{0}")]
    Socket(String),
}

impl Fault {
    /// The stable name of its kind, as it stands in JSON.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Missing(_) => "missing",
            Self::Invalid(_) => "invalid",
            Self::Refused(_) => "refused",
            Self::Store(_) => "store",
            Self::Socket(_) => "socket",
        }
    }
}
