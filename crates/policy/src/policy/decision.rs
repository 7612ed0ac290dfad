//! What deciding comes to where a policy hook is asked: a permit, or a question that only its answer turns into one.

use super::Request;
use crate::permit::{Bounds, Permit};
use crate::rule::Rule;
use crate::{Code, Denial, Target};
use http::Method;
use std::sync::Arc;

/// What [`Policy::decide_or_ask`](super::Policy::decide_or_ask) comes to.
#[derive(Debug)]
pub enum Decision {
    /// A rule allows it.
    Permit(Permit),
    /// No rule claims the host, and nothing else refuses the request: the policy hook decides.
    Ask(Question),
}

/// A request that is left to the policy hook. Like a permit it is made here alone, and it can be answered once.
///
/// What it turns into names no secret, exempts no address and is not kept in a cache: no rule stands behind it.
#[derive(Debug)]
pub struct Question {
    request: Request,
    rule: Arc<Rule>,
    bounds: Arc<Bounds>,
}

impl Question {
    pub(super) fn new(request: Request, rule: Arc<Rule>, bounds: Arc<Bounds>) -> Self {
        Self { request, rule, bounds }
    }

    /// Where the request goes.
    #[must_use]
    pub fn target(&self) -> &Target {
        self.request.target()
    }

    /// Its method.
    #[must_use]
    pub fn method(&self) -> &Method {
        self.request.method()
    }

    /// The hook said yes. The addresses are still to be judged.
    #[must_use]
    pub fn allow(self) -> Permit {
        Permit::by_hook(self.request, self.rule, self.bounds)
    }

    /// The hook said no.
    #[must_use]
    pub fn refuse(self) -> Denial {
        Denial::new(Code::HookRefused, format!("the policy hook refuses {}", self.request.target().host()))
    }
}
