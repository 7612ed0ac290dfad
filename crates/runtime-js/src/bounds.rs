//! What an app's invocations are held to. A change counts from the next invocation on; what runs keeps what it began with.

use egret_egress::{Allowance, AppLimits, Budget, Quota};
use egret_runtime::Limits;
use std::sync::{Arc, PoisonError, RwLock};

/// What the invocations of one app are held to, now. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Bounds(Arc<RwLock<Arc<Bound>>>);

/// What an invocation is held to.
#[derive(Clone, Debug, Default)]
pub struct Bound {
    /// What it may use itself. The heap goes no further than the runtime's own.
    pub limits: Limits,
    /// What its app's calls are held to beside the kernel's own limits.
    pub app: AppLimits,
    /// What its app may spend in a day.
    pub quota: Quota,
}

impl Bounds {
    /// Bounds that count until they are changed.
    #[must_use]
    pub fn new(bound: Bound) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(bound))))
    }

    /// Holds the next invocations to something else.
    pub fn set(&self, bound: Bound) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(bound);
    }

    /// What an invocation that begins now is held to.
    #[must_use]
    pub fn now(&self) -> Arc<Bound> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl From<Limits> for Bounds {
    fn from(limits: Limits) -> Self {
        Self::new(Bound { limits, ..Bound::default() })
    }
}

impl Bound {
    /// What the calls of one invocation may spend.
    pub(crate) fn budget(&self) -> Budget {
        let Limits { calls, open_calls: open, bytes, .. } = self.limits;
        Budget::within(Allowance { calls, open, bytes }, self.app, self.quota.clone())
    }
}
