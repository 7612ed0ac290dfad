//! What a caller hands in: who asks, and what for.

use crate::{Budget, Grants, RequestBody, Secrets};
use egret_policy::Place;
use http::{HeaderMap, Method};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Who asks. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The app; connections are never shared between apps (I5).
    pub app: Arc<str>,
    /// The function, for the audit event.
    pub function: Arc<str>,
    /// The invocation, for the audit event.
    pub invocation: Arc<str>,
    /// The way in by which the request came, for the audit event.
    pub door: Door,
    /// What it may reach; each hop is decided by what stands when it begins.
    pub grants: Grants,
    /// The secrets that the kernel may put into its requests.
    pub secrets: Secrets,
    /// When every call of the invocation must have ended (I7).
    pub deadline: Instant,
    /// What the calls of the invocation may spend together.
    pub budget: Budget,
}

/// The way in by which a request comes to the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Door {
    /// `fetch` of a function in JavaScript.
    Js,
    /// A Rust program that has the kernel in it.
    Library,
    /// A command of the owner.
    Command,
    /// The platform itself, under a policy of its own.
    Platform,
}

impl Door {
    /// `js`, `library`, `command` or `platform`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Js => "js",
            Self::Library => "library",
            Self::Command => "command",
            Self::Platform => "platform",
        }
    }
}

impl Caller {
    /// The same caller, for one hop: its secrets stand still.
    pub(crate) fn pinned(&self) -> Self {
        Self { secrets: self.secrets.pinned(), ..self.clone() }
    }
}

/// A request as a guest wishes it; nothing in it is believed.
#[derive(Clone)]
pub struct Draft {
    /// The method, case-sensitive.
    pub method: Method,
    /// An absolute URL.
    pub url: String,
    /// Header fields; framing and routing are the kernel's own.
    pub headers: HeaderMap,
    /// The body. A stream is the same one in all clones of a draft, and is sent once.
    pub body: RequestBody,
    /// What a redirect leads to.
    pub redirect: Redirect,
    /// What becomes of the response's content coding.
    pub decode: Decode,
    /// The secret that the caller wants put in; `None` leaves that to the rule. It can only narrow what the rule says.
    pub auth: Option<CallAuth>,
    /// What it wants of stored answers, where its rule keeps any.
    pub cache: CacheWish,
    /// What the call asks for beyond its rule; it only narrows.
    pub options: CallOptions,
}

/// A caller's wish for stored answers. It only narrows: nothing in it makes an answer be kept, or be used longer.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct CacheWish {
    /// Whether stored answers are used, and whether the answer is stored.
    pub mode: CacheMode,
    /// What the answer depends on beside the request: calls with other keys do not share it.
    pub key: Option<Arc<str>>,
    /// Whether the upstream is asked in any case whether a stored answer still holds.
    pub refresh: bool,
}

/// How a call uses stored answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CacheMode {
    /// As the rule says.
    #[default]
    Default,
    /// None is used, and none is stored.
    NoStore,
    /// None is used; the answer is stored.
    Reload,
    /// Nothing goes out: a stored answer, or the kernel's own 504.
    OnlyIfCached,
}

/// The key may hold what is nobody else's business.
impl fmt::Debug for CacheWish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.key.as_ref().map(|key| key.len());
        f.debug_struct("CacheWish").field("mode", &self.mode).field("key_length", &key).field("refresh", &self.refresh).finish()
    }
}

/// A caller's wish for a secret. The name is as the guest wrote it, and may be none at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallAuth {
    /// The secret's name.
    pub secret: String,
    /// The place; without it the one that is granted for the origin.
    pub place: Option<Place>,
}

/// What a call asks for beyond its rule. Nothing of it widens: the smaller one counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallOptions {
    /// How long the call may take, with all hops and tries, to the end of the response's body.
    pub timeout: Option<Duration>,
    /// Tries of each hop in all; 0 and 1 are one and no second.
    pub tries: Option<u8>,
    /// Bytes of the response's body; of what comes, and of what it is decoded to.
    pub max_bytes: Option<u64>,
}

/// Names of fields only: values, body and the URL may hold secrets.
impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.keys().map(http::HeaderName::as_str).collect();
        f.debug_struct("Draft")
            .field("method", &self.method)
            .field("headers", &names)
            .field("body", &self.body.length())
            .finish_non_exhaustive()
    }
}

/// What to do with a redirect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Redirect {
    /// Return the 3xx itself.
    #[default]
    Return,
    /// Follow, each hop decided again, at most [`crate::Caps::redirects`].
    Follow,
    /// Fail with `policy.redirect.refused`.
    Refuse,
}

/// What becomes of a response's content coding (RFC 9110, 8.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Decode {
    /// Asks for codings unless the caller's own `Accept-Encoding` does, and takes off the one that comes. A coding that is
    /// not known, and that of a part (206), is left on; [`crate::Response::decoded`] tells.
    #[default]
    Auto,
    /// As `Auto`, but asks in its own words alone, and a coding that cannot be taken off is refused. For whoever must read
    /// what comes.
    Required,
    /// Asks for nothing and leaves everything as it came.
    Raw,
}
