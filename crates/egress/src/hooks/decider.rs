//! The policy hook: asked where no rule claims a host, before DNS and again with the addresses. It can only say yes or no: deny rules,
//! the ceiling and the judgement of addresses stand whatever it says, and a hook that fails has said no.

use super::Hooks;
use crate::draft::Caller;
use egret_policy::{Code, Denial, Scheme, Target};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::Method;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// How long the hook may take for one answer: as long as asking DNS.
const LIMIT: Duration = Duration::from_secs(3);

/// What a policy hook is asked about.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The app that calls.
    pub app: &'a str,
    /// The function that calls.
    pub function: &'a str,
    /// The method.
    pub method: &'a Method,
    /// The host, canonical: a name, or an address in its one spelling.
    pub host: &'a str,
    /// The scheme.
    pub scheme: Scheme,
    /// The port.
    pub port: u16,
    /// The path, canonical; no query, which may hold what is nobody's business.
    pub path: &'a str,
    /// How many redirects came before.
    pub hop: u8,
    /// `None` before the name is resolved; then the addresses that would be dialled, all of them judged and admitted already.
    pub addresses: Option<&'a [IpAddr]>,
}

/// Decides on requests to hosts that no rule names, for policies that leave them to it.
pub trait PolicyHook: Send + Sync + 'static {
    /// Whether the request may go on. Asked twice for each request that is sent on; it may take 3 s, and the caller's deadline.
    ///
    /// # Errors
    /// Words for the log; the request is refused.
    fn allows(&self, asked: Asked<'_>) -> impl Future<Output = Result<bool, String>> + Send;
}

/// A policy hook behind a pointer.
pub(super) trait Deciding: Send + Sync {
    fn allows<'a>(&'a self, asked: Asked<'a>) -> BoxFuture<'a, Result<bool, String>>;
}

impl<H: PolicyHook> Deciding for H {
    fn allows<'a>(&'a self, asked: Asked<'a>) -> BoxFuture<'a, Result<bool, String>> {
        Box::pin(PolicyHook::allows(self, asked))
    }
}

/// Asks the hook. `Ok` is its yes and nothing else.
///
/// # Errors
/// `policy.hook.refused` for its no, `policy.hook.failed` where it gave no answer.
pub(crate) async fn ask(
    hooks: &Hooks,
    caller: &Caller,
    (method, target): (&Method, &Target),
    hop: u8,
    addresses: Option<&[IpAddr]>,
) -> Result<(), Denial> {
    let host = target.host().to_string();
    let failed = |words: &str| Denial::new(Code::HookFailed, format!("the policy hook gave no answer for {host}: {words}"));
    let hook = hooks.policy.as_ref().ok_or_else(|| failed("there is none"))?;
    let (scheme, port, path) = (target.scheme(), target.port(), target.path());
    let asked = Asked { app: &caller.app, function: &caller.function, method, host: &host, scheme, port, path, hop, addresses };
    let until = caller.deadline.min(Instant::now() + LIMIT);
    let answer = AssertUnwindSafe(async { hook.allows(asked).await }).catch_unwind();
    match timeout_at(until, answer).await {
        Ok(Ok(Ok(true))) => Ok(()),
        Ok(Ok(Ok(false))) => Err(Denial::new(Code::HookRefused, format!("the policy hook refuses {host}"))),
        Ok(Ok(Err(words))) => Err(failed(&words)),
        Ok(Err(_)) => Err(failed("it panicked")),
        Err(_) => Err(failed("it took too long")),
    }
}
