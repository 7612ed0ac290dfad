//! What an app may reach, as it stands now. A change counts from the next call on, and ends the streams that the new
//! policy would not have begun.

use egret_policy::{Denial, Policy, Request};
use std::sync::Arc;
use tokio::sync::watch;

/// An app's policy with its changes. Clones are the same grants.
#[derive(Clone, Debug)]
pub struct Grants(Arc<watch::Sender<Standing>>);

#[derive(Clone, Debug)]
struct Standing {
    policy: Arc<Policy>,
    generation: u64,
}

impl Grants {
    /// Grants that begin with a policy, as generation 1.
    #[must_use]
    pub fn new(policy: impl Into<Arc<Policy>>) -> Self {
        Self(Arc::new(watch::Sender::new(Standing { policy: policy.into(), generation: 1 })))
    }

    /// The policy as it stands, and which one it is: 1 for the first, one more with each swap.
    #[must_use]
    pub fn current(&self) -> (Arc<Policy>, u64) {
        let standing = self.0.borrow();
        (Arc::clone(&standing.policy), standing.generation)
    }

    /// Puts another policy in place, whole. Returns its generation.
    pub fn swap(&self, policy: impl Into<Arc<Policy>>) -> u64 {
        let policy = policy.into();
        self.0.send_modify(|standing| *standing = Standing { policy, generation: standing.generation + 1 });
        self.0.borrow().generation
    }

    /// Decides a request again if the policy has changed since `generation`, which is then moved on.
    pub(crate) fn still_allow(&self, request: &Request, generation: &mut u64) -> Result<(), Denial> {
        if self.0.borrow().generation == *generation {
            return Ok(());
        }
        let (policy, current) = self.current();
        *generation = current;
        policy.decide(request.clone()).map(drop)
    }

    /// Ends when a policy that came after `generation` refuses what was decided by it; never, as long as none does.
    pub(crate) async fn revoked(&self, request: &Request, mut generation: u64) -> Denial {
        let mut changes = self.0.subscribe();
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
