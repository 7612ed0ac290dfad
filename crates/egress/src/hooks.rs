//! Middleware and the policy hook: code of the embedding program's that stands around requests, known to the kernel by name.
//!
//! Rules name the middleware that runs for their requests; a name that is not registered is refused. A hook sees placeholders and
//! never a secret, and whatever it makes of a request is decided again before anything is sent (I2).

mod chain;
mod context;
mod data;
mod decider;
mod reply;

pub use chain::Next;
pub(crate) use chain::{Chain, Exchange, Failed};
pub use context::Context;
pub(crate) use decider::ask;
pub use decider::{Asked, PolicyHook};
pub use reply::Reply;

use crate::{Error, Grants, HookFault, Secrets};
use chain::Boxed;
use decider::Deciding;
use egret_policy::Policy;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// What stands around the requests of rules that name it.
///
/// It may change the request, look at the response or replace it, and answer without any network call. It runs on every hop, anew.
pub trait Middleware: Send + Sync + 'static {
    /// Handles one hop. It hands the request on by [`Next::run`], which can be done once, or gives an answer of its own by
    /// [`Context::answer`]; a hook that does neither fails the call. Dropped when the caller's time is up.
    ///
    /// # Errors
    /// What the call then fails with. A guest sees nothing of the words, but in development.
    fn handle(&self, context: &mut Context, next: Next<'_>) -> impl Future<Output = Result<(), HookError>> + Send;
}

/// Why a hook fails: for a reason of its own, or because what it called did.
#[derive(Debug)]
pub struct HookError(pub(crate) Cause);

#[derive(Debug)]
pub(crate) enum Cause {
    /// The hook's own words, for the log.
    Own(String),
    /// The request that it handed on failed.
    Call(Box<Error>),
    /// A hook further in failed: its name, and how.
    Hook(Arc<str>, HookFault),
}

impl HookError {
    /// A reason of the hook's own, in words for the log.
    #[must_use]
    pub fn new(words: impl fmt::Display) -> Self {
        Self(Cause::Own(words.to_string()))
    }

    /// What the request that was handed on failed with; `None` where a hook did.
    #[must_use]
    pub fn call(&self) -> Option<&Error> {
        match &self.0 {
            Cause::Call(error) => Some(error),
            Cause::Own(_) | Cause::Hook(..) => None,
        }
    }
}

/// Says what a hook may say of itself in a log.
impl fmt::Display for HookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Cause::Own(words) => f.write_str(words),
            Cause::Call(error) => fmt::Display::fmt(error, f),
            Cause::Hook(name, fault) => write!(f, "{name} {fault}"),
        }
    }
}

impl std::error::Error for HookError {}

/// What a middleware may do that its callers may not.
#[derive(Clone, Debug)]
pub struct HookGrants {
    /// What decides a request that it rewrote, in place of the caller's own grants. What their rules do with requests is not done.
    pub grants: Grants,
    /// The secrets that may go into such a request.
    pub secrets: Secrets,
}

/// The hooks that a kernel knows.
#[derive(Clone, Default)]
pub struct Hooks {
    known: BTreeMap<Arc<str>, Registered>,
    policy: Option<Arc<dyn Deciding>>,
}

/// One middleware.
#[derive(Clone)]
pub(crate) struct Registered {
    pub name: Arc<str>,
    hook: Arc<dyn Boxed>,
    /// What decides what it rewrote; `None` leaves that to the caller's grants.
    pub grants: Option<HookGrants>,
}

impl Hooks {
    /// Registers middleware under a name. What it rewrites is decided by the grants of whoever calls.
    pub fn register(&mut self, name: impl Into<Arc<str>>, hook: impl Middleware) {
        self.add(name.into(), Arc::new(hook), None);
    }

    /// Registers middleware that rewrites under grants of its own: its callers reach by it what they could not reach themselves.
    pub fn register_with(&mut self, name: impl Into<Arc<str>>, hook: impl Middleware, grants: HookGrants) {
        self.add(name.into(), Arc::new(hook), Some(grants));
    }

    /// Sets what is asked where no rule claims a host, for callers whose policy leaves it to a hook.
    pub fn decide_by(&mut self, hook: impl PolicyHook) {
        self.policy = Some(Arc::new(hook));
    }

    /// The names that a policy gives and nobody registered. A request that comes to one is refused.
    #[must_use]
    pub fn missing(&self, policy: &Policy) -> Vec<String> {
        policy.middleware().filter(|name| !self.known.contains_key(*name)).map(str::to_owned).collect()
    }

    pub(crate) fn find(&self, name: &str) -> Option<&Registered> {
        self.known.get(name)
    }

    pub(crate) fn has_policy(&self) -> bool {
        self.policy.is_some()
    }

    fn add(&mut self, name: Arc<str>, hook: Arc<dyn Boxed>, grants: Option<HookGrants>) {
        self.known.insert(Arc::clone(&name), Registered { name, hook, grants });
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks").field("known", &self.known.keys().collect::<Vec<_>>()).field("policy", &self.policy.is_some()).finish()
    }
}
