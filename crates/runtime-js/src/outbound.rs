//! What the runtime asks of the kernel, as a trait: `fetch.rs` is the kernel's side, tests have a scripted one.
//!
//! No judgement happens here. A call is what a guest wishes; it is decided behind [`Outbound::call`].

use bytes::Bytes;
use egret_egress::{Budget, CacheWish, CallAuth, CallOptions, Grants, Secrets};
use egret_policy::Denial;
use http::{HeaderMap, StatusCode};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Something that makes calls for guests, and computes with secrets that they do not have.
pub trait Outbound: Send + Sync + 'static {
    /// Makes one call. Dropping the future, or the response's [`Rest`], ends it at once.
    fn call(&self, who: Who, call: Call) -> Pending<Reply>;

    /// Refuses a call that cannot be made of what the guest gave. It is an attempt all the same, and is noted as one (I8).
    fn refuse(&self, who: Who, call: Unsendable) -> Rejection;

    /// Computes an HMAC. Blocks for as long as that takes, which is the guest's own CPU time: 10 MiB are some milliseconds.
    ///
    /// # Errors
    /// One and the same `NET_AUTH` for a secret that is missing and for one that the app may not use so.
    fn sign(&self, who: &Who, hmac: &Hmac) -> Result<Bytes, Rejection>;

    /// Whether this is the HMAC, by the secret's value or by an earlier one in its time of grace. A wrong one takes as long.
    ///
    /// # Errors
    /// As for [`Outbound::sign`].
    fn verify(&self, who: &Who, hmac: &Hmac, signature: &[u8]) -> Result<bool, Rejection>;
}

/// A result that is still being worked on.
pub type Pending<T> = Pin<Box<dyn Future<Output = Result<T, Rejection>> + Send>>;

/// Who calls.
#[derive(Clone, Debug)]
pub struct Who {
    /// The app.
    pub app: Arc<str>,
    /// Its function.
    pub function: Arc<str>,
    /// The invocation's id.
    pub invocation: Arc<str>,
    /// What the app may reach, with its changes.
    pub grants: Grants,
    /// The secrets that the kernel may put into its requests.
    pub secrets: Secrets,
    /// When the invocation must have ended.
    pub deadline: Instant,
    /// What its calls may spend together.
    pub budget: Budget,
}

/// What a guest wishes.
#[derive(Clone, Debug)]
pub struct Call {
    /// The method; only its syntax has been checked.
    pub method: http::Method,
    /// The URL as the URL standard serialises it, without a fragment.
    pub url: String,
    /// The fields that the guest set.
    pub headers: HeaderMap,
    /// The whole body; empty for none.
    pub body: Bytes,
    /// What a redirect leads to.
    pub redirect: RedirectMode,
    /// The secret that the guest wants put in; it can only narrow what the rule says.
    pub auth: Option<CallAuth>,
    /// What the guest wants of stored answers; it only narrows.
    pub cache: CacheWish,
    /// What the guest asks for beyond the rule; it only narrows.
    pub options: CallOptions,
}

/// An HMAC (RFC 2104) that a guest wishes to have computed.
#[derive(Clone, Debug)]
pub struct Hmac {
    /// The secret's name as the guest wrote it; it may be none at all.
    pub secret: String,
    /// The hash function.
    pub hash: Hash,
    /// What it is computed over.
    pub data: Bytes,
}

/// The hash function of an HMAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// SHA-1, which older webhooks sign with.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// A call with a header field that no message can hold.
#[derive(Clone, Debug)]
pub struct Unsendable {
    /// The method; only its syntax has been checked.
    pub method: http::Method,
    /// The URL as the URL standard serialises it, without a fragment.
    pub url: String,
    /// Why it cannot be sent.
    pub denial: Denial,
}

/// The `redirect` of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectMode {
    /// Follow it.
    Follow,
    /// Return the 3xx itself.
    Manual,
    /// Fail.
    Error,
}

/// A response whose body is still to be read.
pub struct Reply {
    /// Its status.
    pub status: StatusCode,
    /// Its fields.
    pub headers: HeaderMap,
    /// Where it came from.
    pub url: String,
    /// Whether redirects were followed.
    pub redirected: bool,
    /// Its body.
    pub body: Box<dyn Rest>,
}

/// The unread rest of a response.
pub trait Rest: Send + 'static {
    /// Reads it to its end; more than `cap` bytes is a rejection.
    fn collect(self: Box<Self>, cap: usize) -> Pending<Bytes>;
}

/// Why a call failed, as the guest may know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The stable code, for example `NET_TIMEOUT` (DESIGN 3.5).
    pub code: &'static str,
    /// Safe words.
    pub message: String,
    /// Whether the same call may succeed later.
    pub retryable: bool,
    /// When it may.
    pub retry_after: Option<Duration>,
    /// The phase that took too long.
    pub phase: Option<&'static str>,
    /// How many redirects had been followed.
    pub hop: u8,
}

impl Rejection {
    /// A rejection that the runtime itself makes.
    pub(crate) fn new(code: &'static str, retryable: bool, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), retryable, retry_after: None, phase: None, hop: 0 }
    }
}
