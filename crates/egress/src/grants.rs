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
        Self { standing: Arc::new(watch::Sender::new(Standing { policy: policy.into(), generation: 1 })), behind_hooks: false }
    }

    /// The policy as it stands, and which one it is: 1 for the first, one more with each swap.
    #[must_use]
    pub fn current(&self) -> (Arc<Policy>, u64) {
        let standing = self.standing.borrow();
        (Arc::clone(&standing.policy), standing.generation)
    }

    /// Puts another policy in place, whole. Returns its generation.
    pub fn swap(&self, policy: impl Into<Arc<Policy>>) -> u64 {
        let policy = policy.into();
        self.standing.send_modify(|standing| *standing = Standing { policy, generation: standing.generation + 1 });
        self.standing.borrow().generation
    }

    /// The same grants, for what hooks have made of a request.
    pub(crate) fn behind_hooks(&self) -> Self {
        Self { standing: Arc::clone(&self.standing), behind_hooks: true }
    }

    pub(crate) fn is_behind_hooks(&self) -> bool {
        self.behind_hooks
    }

    /// Decides a request again if the policy has changed since `generation`, which is then moved on.
    pub(crate) fn still_allow(&self, request: &Request, generation: &mut u64) -> Result<(), Denial> {
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
        loop {
            if let Err(denial) = self.still_allow(request, &mut generation) {
                return denial;
            }
            // The sender lives in `self`, so this ends with a change and with nothing else.
            let _ = changes.changed().await;
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
