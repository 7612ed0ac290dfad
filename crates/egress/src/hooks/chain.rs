//! The hooks of one hop, from the outside in: global around the rule's around the route's, and the network in the middle.

use super::context::Stamp;
use super::data::Data;
use super::{Cause, Context, HookError, HookGrants, Hooks, Middleware, Registered, Reply};
use crate::audit::Attempt;
use crate::client::Egress;
use crate::draft::{Caller, Decode};
use crate::error::HookFault;
use egret_policy::Permit;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};

/// A middleware behind a pointer. Every [`Middleware`] is one.
pub(super) trait Boxed: Send + Sync {
    fn handle<'a>(&'a self, context: &'a mut Context, next: Next<'a>) -> BoxFuture<'a, Result<(), HookError>>;
}

impl<M: Middleware> Boxed for M {
    fn handle<'a>(&'a self, context: &'a mut Context, next: Next<'a>) -> BoxFuture<'a, Result<(), HookError>> {
        Box::pin(Middleware::handle(self, context, next))
    }
}

/// A hook's name and what it may do that its callers may not.
pub(super) type Own = (Arc<str>, HookGrants);

/// The hooks of one hop.
pub(crate) struct Chain(Vec<Link>);

struct Link {
    name: Arc<str>,
    hook: Arc<dyn Boxed>,
    own: Option<Own>,
}

/// Why a chain came to no response: the hook's name and what became of it, or the error of what was called.
pub(crate) type Failed = Cause;

/// How the innermost of a chain's calls is made.
pub(crate) struct Exchange<'a> {
    pub egress: &'a Egress,
    pub caller: &'a Caller,
    pub decode: Decode,
    pub call: &'a Arc<str>,
    pub hop: u8,
    /// Tells of the hop as long as nothing is sent, however it ends: a call that is dropped leaves its event here, too.
    pub attempt: Mutex<Option<Attempt>>,
}

impl Exchange<'_> {
    /// The attempt, if the line was not asked: its own one tells of it then.
    pub fn attempt(&self) -> Option<Attempt> {
        self.attempt.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Chain {
    /// The hooks that a permit names; the name of the first one that nobody knows is an error.
    pub fn of(permit: &Permit, hooks: &Hooks) -> Result<Self, Arc<str>> {
        let mut links = Vec::new();
        named(&mut links, permit.middleware(), hooks)?;
        for handling in permit.handling() {
            named(&mut links, &handling.middleware, hooks)?;
            links.extend(Data::of(handling).map(|data| Link { name: data.name().into(), hook: Arc::new(data), own: None }));
        }
        Ok(Self(links))
    }

    /// Runs them all, until the context holds a response.
    pub async fn run(&self, context: &mut Context, exchange: &Exchange<'_>) -> Result<(), Failed> {
        step(&self.0, exchange, context).await.map_err(|error| error.0)
    }
}

fn named(links: &mut Vec<Link>, names: &[String], hooks: &Hooks) -> Result<(), Arc<str>> {
    for name in names {
        let Registered { name, hook, grants } = hooks.find(name).ok_or_else(|| Arc::from(name.as_str()))?.clone();
        let own = grants.map(|grants| (Arc::clone(&name), grants));
        links.push(Link { name, hook, own });
    }
    Ok(())
}

/// What lies further in. It can be handed the request once.
pub struct Next<'a> {
    rest: &'a [Link],
    exchange: &'a Exchange<'a>,
    /// The request as the hook got it, and what decides if it is another one now.
    before: Stamp,
    own: Option<&'a Own>,
}

impl Next<'_> {
    /// Hands the request on, as the context has it now, and waits for the response's head. It is in the context, too.
    ///
    /// The type sees to it that this is done once: there is nothing left to hand on by.
    ///
    /// ```compile_fail
    /// # use egret_egress::{Context, HookError, Next};
    /// async fn twice(context: &mut Context, next: Next<'_>) -> Result<(), HookError> {
    ///     next.run(context).await?;
    ///     next.run(context).await?;
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    /// What the request was refused for or failed with, and what hooks further in failed with. A hook may give an answer all the same.
    pub async fn run(self, context: &mut Context) -> Result<&mut Reply, HookError> {
        let Self { rest, exchange, before, own } = self;
        if context.is_rewritten(&before) {
            // Whoever changed it last answers for it.
            context.falls_to(own);
        }
        step(rest, exchange, context).await?;
        context.reply.as_mut().ok_or_else(|| HookError::new("there is no response"))
    }
}

impl fmt::Debug for Next<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Next").field("rest", &self.rest.len()).finish_non_exhaustive()
    }
}

/// Runs the first of these hooks, or makes the call where there is none left.
fn step<'a>(links: &'a [Link], exchange: &'a Exchange<'a>, context: &'a mut Context) -> BoxFuture<'a, Result<(), HookError>> {
    Box::pin(async move {
        let Some((link, rest)) = links.split_first() else {
            return exchange.egress.exchange(context, exchange).await.map_err(|error| HookError(Cause::Call(Box::new(error))));
        };
        let fails = |fault| HookError(Cause::Hook(Arc::clone(&link.name), fault));
        context.names_secret = false;
        let next = Next { rest, exchange, before: context.stamp(), own: link.own.as_ref() };
        // The context is not looked at after a panic, but for what was sent.
        let handled = AssertUnwindSafe(async { link.hook.handle(context, next).await }).catch_unwind().await;
        match handled {
            Err(_) => Err(fails(HookFault::Panicked)),
            Ok(Err(HookError(Cause::Own(words)))) => Err(fails(HookFault::Failed(words))),
            Ok(Err(of_others)) => Err(of_others),
            Ok(Ok(())) => match &context.reply {
                None => Err(fails(HookFault::Silent)),
                Some(reply) if reply.status.is_informational() => {
                    Err(fails(HookFault::Failed("its answer is no final response".to_owned())))
                }
                Some(_) => {
                    if context.landed.is_none() {
                        context.answered_by.get_or_insert_with(|| Arc::clone(&link.name));
                    }
                    Ok(())
                }
            },
        }
    })
}

impl Context {
    /// The caller as whom the request is sent: with the grants of the hook that rewrote it, if it has some.
    pub(crate) fn caller(&self, caller: &Caller) -> Caller {
        let (grants, secrets) = match &self.grants {
            Some((name, own)) => {
                let grants = own.grants.behind_hooks_of(Arc::clone(name), &caller.grants, self.asked.clone());
                (grants, own.secrets.in_place_of(&caller.secrets))
            }
            None => (caller.grants.behind_hooks(), caller.secrets.clone()),
        };
        Caller { grants, secrets, ..caller.clone() }
    }

    pub(crate) fn draft(&self) -> &crate::Draft {
        &self.draft
    }
}
