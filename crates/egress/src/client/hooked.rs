//! One hop around which hooks stand. What they make of the request goes the whole line, decided again; what they make of the response
//! is the caller's, or leads on.

use super::tries::Arrival;
use super::{Egress, Hop, Response};
use crate::audit::Attempt;
use crate::body::Body;
use crate::draft::{Caller, Decode, Draft, Redirect};
use crate::error::{Error, HookFault, Phase, Reason};
use crate::hooks::{Chain, Context, Exchange, Failed, Reply, ask};
use crate::inject;
use crate::redirect::{self, Next};
use egret_policy::{Decision, Permit, Request, Target};
use std::sync::{Arc, Mutex};
use tokio::time::timeout_at;

/// What a hop with hooks came to.
pub(super) enum Passed {
    /// The response is the caller's.
    Stay(Response),
    /// It leads on.
    Follow(Box<Draft>, Hop),
}

impl Egress {
    /// The permit of a request around which hooks stand; `None` where none do, and where it is refused, which the line itself says.
    pub(super) async fn handled(&self, caller: &Caller, draft: &Draft, hop: u8) -> Option<Permit> {
        let (policy, _) = caller.grants.current();
        // What hooks have made of a request already, such as one that is asked anew in the background, does not come by them again.
        if !policy.has_hooks() || caller.grants.is_behind_hooks() {
            return None;
        }
        let request = Request::parse(draft.method.clone(), &draft.url, draft.headers.clone()).ok()?;
        let asked = inject::asked(caller, draft, request.target());
        match policy.decide_or_ask(request.with_auth(asked)).ok()? {
            Decision::Permit(permit) => Some(permit).filter(Permit::is_handled),
            Decision::Ask(question) => {
                let hooks = &self.config().hooks;
                ask(hooks, caller, (question.method(), question.target()), hop, None).await.ok()?;
                Some(question.allow()).filter(Permit::is_handled)
            }
        }
    }

    /// One hop with its hooks, within the caller's deadline.
    pub(super) async fn hooked(
        &self,
        caller: &Caller,
        draft: Draft,
        decode: Decode,
        permit: Permit,
        (call, hop): (&Arc<str>, u8),
    ) -> Result<Passed, Error> {
        let mut context = Context::new(caller, draft.clone(), &permit, hop);
        let chain = Chain::of(&permit, &self.config().hooks);
        let begin = || {
            let mut attempt = Attempt::begin(self.audit(), Arc::clone(call), caller, hop, draft.method.clone());
            attempt.targets(permit.target());
            attempt.permitted(&permit);
            attempt
        };
        let exchange = Exchange { egress: self, caller, decode, call, hop, attempt: Mutex::new(Some(begin())) };
        let ran = match &chain {
            Ok(chain) => timeout_at(caller.deadline, chain.run(&mut context, &exchange)).await,
            Err(name) => Ok(Err(Failed::Hook(Arc::clone(name), HookFault::Unknown))),
        };
        let begin = || exchange.attempt().unwrap_or_else(begin);
        match ran {
            Ok(Ok(())) => {}
            Ok(Err(Failed::Call(error))) => return Err(*error),
            Ok(Err(Failed::Hook(name, fault))) => return Err(self.fail(caller, &draft, begin(), Reason::Hook(name, fault))),
            Ok(Err(Failed::Own(words))) => {
                return Err(self.fail(caller, &draft, begin(), Reason::Hook("".into(), HookFault::Failed(words))));
            }
            Err(_) => return Err(self.fail(caller, &draft, begin(), Reason::Timeout(Phase::Total))),
        }
        if let Some(name) = &context.answered_by {
            let mut attempt = begin();
            attempt.answered_by(Arc::clone(name), context.response().map(|reply| reply.status));
        }
        self.passed(context, &permit, &draft, hop).map_err(|reason| self.fail(caller, &draft, begin(), reason))
    }

    /// The innermost of a chain: the line, with what the hooks made of the request. A redirect comes back, for hooks to see.
    pub(crate) async fn exchange(&self, context: &mut Context, exchange: &Exchange<'_>) -> Result<(), Error> {
        exchange.attempt().into_iter().for_each(Attempt::forget);
        let mut caller = context.caller(exchange.caller);
        let mut draft = context.draft().clone();
        let Arrival { next, mut answer, came, mut attempt } =
            self.hop(&mut caller, &mut draft, exchange.decode, (exchange.call, exchange.hop)).await?;
        context.landed = Some((answer.request.target().clone(), Arc::clone(&answer.rule)));
        let (status, headers) = (answer.head.status, std::mem::take(&mut answer.head.headers));
        let (decoded, body) = match next {
            Next::Stay => self.body(caller, *answer, &headers, came, attempt),
            Next::Follow(_) => {
                // Nobody reads what a redirect says beside where it leads.
                attempt.whole();
                (false, Body::here(bytes::Bytes::new()))
            }
        };
        context.answer(Reply::came(status, headers, decoded, body));
        Ok(())
    }

    /// Where the call goes on from what the hooks left in the context.
    fn passed(&self, mut context: Context, permit: &Permit, draft: &Draft, hop: u8) -> Result<Passed, Reason> {
        let landed = context.landed.take();
        let (sent, rule) = landed.unwrap_or_else(|| (permit.target().clone(), Arc::clone(permit.rule())));
        let Some(reply) = context.into_reply() else { return Err(Reason::Hook("".into(), HookFault::Silent)) };
        let reply = reply.whole(&draft.method);
        let most = self.config().caps.redirects;
        let from = from_origin(draft, permit.target(), &sent);
        let next = redirect::next(&from, &sent, &rule, reply.status, &reply.headers, (hop, most))?;
        let url = sent.to_url();
        Ok(match next {
            Next::Follow(next) => Passed::Follow(next, Hop { url, status: reply.status, headers: reply.headers }),
            Next::Stay => {
                let Reply { status, decoded, .. } = reply;
                let headers = reply.headers.clone();
                Passed::Stay(Response { status, headers, decoded, url, hops: Vec::new(), body: reply.into_body() })
            }
        })
    }
}

/// What a redirect begins with: the caller's own draft, since hooks run anew on it. What it holds for the origin that it asked for stays
/// behind where hooks have sent it to another one.
fn from_origin(draft: &Draft, asked: &Target, sent: &Target) -> Draft {
    if asked.same_origin(sent) || draft.redirect == Redirect::Return { draft.clone() } else { redirect::to_another_origin(draft) }
}
