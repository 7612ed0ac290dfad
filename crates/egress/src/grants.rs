//! What an app may reach, as it stands now. A change counts from the next call on, and ends the streams that the new
//! policy would not have begun.

use egret_policy::{Denial, Policy, Request};
use std::sync::Arc;
use tokio::sync::watch;

/// An app's policy with its changes. Clones are the same grants.
#[derive(Clone, Debug)]
pub struct Grants {
    standing: Arc<watch::Sender<Standing>>,
    /// Whether the hooks that its rules name have run for what is asked under this clone.
    behind_hooks: bool,
    /// What must still be allowed beside: of a request that a hook rewrote under grants of its own, what its caller asked for.
    beside: Option<Arc<Beside>>,
}

/// What a hook's own grants stand in for.
#[derive(Debug)]
struct Beside {
    caller: Grants,
    asked: Request,
    hook: Arc<str>,
}

#[derive(Clone, Debug)]
struct Standing {
    policy: Arc<Policy>,
    generation: u64,
}

impl Grants {
    /// Grants that begin with a policy, as generation 1.
    #[must_use]
    pub fn new(policy: impl Into<Arc<Policy>>) -> Self {
        Self {
            standing: Arc::new(watch::Sender::new(Standing { policy: policy.into(), generation: 1 })),
            behind_hooks: false,
            beside: None,
        }
    }

    /// The policy as it stands, and which one it is: 1 for the first, one more with each swap.
    #[must_use]
    pub fn current(&self) -> (Arc<Policy>, u64) {
        let standing = self.standing.borrow();
        (Arc::clone(&standing.policy), standing.generation)
    }

    /// Whether anything stands around requests, or is asked about them, as the policy stands.
    pub(crate) fn has_hooks(&self) -> bool {
        self.standing.borrow().policy.has_hooks()
    }

    /// Puts another policy in place, whole. Returns its generation.
    pub fn swap(&self, policy: impl Into<Arc<Policy>>) -> u64 {
        let policy = policy.into();
        self.standing.send_modify(|standing| *standing = Standing { policy, generation: standing.generation + 1 });
        self.standing.borrow().generation
    }

    /// The same grants, for what hooks have made of a request.
    pub(crate) fn behind_hooks(&self) -> Self {
        Self { behind_hooks: true, ..self.clone() }
    }

    /// A hook's own grants, for what it made of a request: they hold only as long as the caller may still ask for that.
    pub(crate) fn behind_hooks_of(&self, hook: Arc<str>, caller: &Self, asked: Request) -> Self {
        let beside = Beside { caller: caller.clone(), asked, hook };
        Self { behind_hooks: true, beside: Some(Arc::new(beside)), ..self.clone() }
    }

    /// The hook whose own grants these are. What was fetched by them is no caller's: its secrets may have the same names and versions.
    pub(crate) fn hook(&self) -> Option<Arc<str>> {
        self.beside.as_ref().map(|beside| Arc::clone(&beside.hook))
    }

    pub(crate) fn is_behind_hooks(&self) -> bool {
        self.behind_hooks
    }

    /// Decides a request again if the policy has changed since `generation`, which is then moved on.
    pub(crate) fn still_allow(&self, request: &Request, generation: &mut u64) -> Result<(), Denial> {
        if let Some(beside) = &self.beside {
            beside.caller.current().0.still_allows(&beside.asked)?;
        }
        if self.standing.borrow().generation == *generation {
            return Ok(());
        }
        let (policy, current) = self.current();
        *generation = current;
        policy.still_allows(request)
    }

    /// Ends when a policy that came after `generation` refuses what was decided by it; never, as long as none does.
    pub(crate) async fn revoked(&self, request: &Request, mut generation: u64) -> Denial {
        let mut changes = self.standing.subscribe();
        let mut beside = self.beside.as_ref().map(|beside| beside.caller.standing.subscribe());
        loop {
            if let Err(denial) = self.still_allow(request, &mut generation) {
                return denial;
            }
            // The senders live in `self`, so this ends with a change and with nothing else.
            match &mut beside {
                None => drop(changes.changed().await),
                Some(beside) => drop(tokio::select! { changed = changes.changed() => changed, changed = beside.changed() => changed }),
            }
        }
    }
}

impl From<Policy> for Grants {
    fn from(policy: Policy) -> Self {
        Self::new(policy)
    }
}

impl From<Arc<Policy>> for Grants {
    fn from(policy: Arc<Policy>) -> Self {
        Self::new(policy)
    }
}
