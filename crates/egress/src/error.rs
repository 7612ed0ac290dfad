//! One error, two faces: a class with safe words for the guest, the reason with its dotted code for the log.

mod auth;
mod hook;
mod limit;
mod reason;

pub use auth::AuthFault;
pub use hook::HookFault;
pub use limit::{Limit, RateScope};
pub use reason::{Phase, Reason};

use crate::Detail;
use egret_policy::Denial;
use std::fmt;
use std::time::Duration;

/// The guest's class of an error (DESIGN 3.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// Refused by the policy.
    Blocked,
    /// A secret is missing, not granted, or not for this origin: which of these is not told.
    Auth,
    /// A phase or the whole call took too long.
    Timeout,
    /// Too many calls, open calls or bytes: of the invocation, the app or all apps.
    Limit,
    /// Calls come too often.
    Rate,
    /// A part is over its cap.
    Size,
    /// The name could not be resolved.
    Dns,
    /// The TLS handshake or the certificate failed.
    Tls,
    /// No connection.
    Connect,
    /// The peer does not speak HTTP, or stopped in the middle.
    Protocol,
    /// The caller's own body failed while it was sent.
    Body,
}

impl Code {
    /// The stable name, for example `NET_BLOCKED`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Blocked => "NET_BLOCKED",
            Self::Auth => "NET_AUTH",
            Self::Timeout => "NET_TIMEOUT",
            Self::Limit => "NET_LIMIT",
            Self::Rate => "NET_RATE",
            Self::Size => "NET_SIZE",
            Self::Dns => "NET_DNS",
            Self::Tls => "NET_TLS",
            Self::Connect => "NET_CONNECT",
            Self::Protocol => "NET_PROTOCOL",
            Self::Body => "NET_BODY",
        }
    }

    const fn safe_words(self) -> &'static str {
        match self {
            Self::Blocked => "this request is not allowed",
            Self::Auth => "a secret that this request needs is not available to it",
            Self::Timeout => "the request took too long",
            Self::Limit => "there are too many requests, or too much is sent and received",
            Self::Rate => "requests come too often",
            Self::Size => "the request or its response is too large",
            Self::Dns => "the host's name could not be resolved",
            Self::Tls => "the host could not be authenticated",
            Self::Connect => "the host could not be reached",
            Self::Protocol => "the host gave no valid response",
            Self::Body => "the request's own body failed before its end",
        }
    }
}

/// Why a call failed.
pub struct Error(Box<Inner>);

struct Inner {
    reason: Reason,
    hop: u8,
    message: String,
}

impl Error {
    pub(crate) fn new(reason: Reason, hop: u8, detail: Detail, advice: &str) -> Self {
        let message = match detail {
            Detail::Safe => reason.code().safe_words().to_owned(),
            Detail::Full => format!("{reason} [{}]{advice}", reason.path()),
        };
        Self(Box::new(Inner { reason, hop, message }))
    }

    /// The guest's class.
    #[must_use]
    pub fn code(&self) -> Code {
        self.0.reason.code()
    }

    /// The stable dotted code of the log, for example `egress.addr.loopback`.
    #[must_use]
    pub fn path(&self) -> &'static str {
        self.0.reason.path()
    }

    /// Whether the same call may succeed later.
    #[must_use]
    pub fn retryable(&self) -> bool {
        let passes = matches!(&self.0.reason, Reason::Limit(limit, _) if limit.passes());
        passes
            || matches!(self.0.reason, Reason::Rate(_, Some(_)) | Reason::Breaker(..))
            || matches!(self.code(), Code::Timeout | Code::Dns | Code::Connect)
    }

    /// When it may, if that is known.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        if let Reason::Breaker(_, after) = &self.0.reason {
            return Some(*after);
        }
        if let Reason::Limit(_, after) | Reason::Rate(_, after) = &self.0.reason { *after } else { None }
    }

    /// The phase that took too long.
    #[must_use]
    pub fn phase(&self) -> Option<&'static str> {
        if let Reason::Timeout(phase) = &self.0.reason { Some(phase.as_str()) } else { None }
    }

    /// How many redirects were followed before.
    #[must_use]
    pub fn hop(&self) -> u8 {
        self.0.hop
    }

    /// What the guest is told: safe words, or in development everything.
    #[must_use]
    pub fn guest_message(&self) -> &str {
        &self.0.message
    }

    /// The log's face, without query or header values.
    #[must_use]
    pub fn reason(&self) -> &Reason {
        &self.0.reason
    }

    /// The refusal, if it was one.
    #[must_use]
    pub fn denial(&self) -> Option<&Denial> {
        self.0.reason.denial()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code().as_str(), self.0.message)
    }
}

/// The log's words, but where secrets are concerned the guest's: a refused and an absent one must look alike wherever a guest looks.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} at hop {}: ", self.code().as_str(), self.path(), self.0.hop)?;
        if matches!(self.0.reason, Reason::Auth(_)) { f.write_str(&self.0.message) } else { fmt::Display::fmt(&self.0.reason, f) }
    }
}

impl std::error::Error for Error {}
