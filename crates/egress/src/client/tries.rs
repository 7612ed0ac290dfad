//! One hop of a call: what is asked of one origin, until a head came that is the caller's, or one that leads on. Where the rule lets
//! it be tried again, each try goes the whole line: decided, paid for and audited like the first.

use super::line::Decided;
use super::{Answer, Came, Egress};
use crate::audit::Attempt;
use crate::body::Body;
use crate::breaker::Verdict;
use crate::coding;
use crate::draft::{Caller, Decode, Draft};
use crate::error::{Error, Phase, Reason};
use crate::redirect::{self, Next};
use crate::retry::{self, Ended};
use crate::scrub::Guard;
use egret_policy::{Request, RuleSpec, Target};
use hyper::body::Incoming;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

/// The most bytes that are read of an answer which nobody will see, so that its connection can be used again.
const LEFTOVER: usize = 64 << 10;
/// How long that may take: what is not there by then costs less as a new connection.
const LEFTOVER_TIME: Duration = Duration::from_millis(100);

/// A hop that came to a response's head.
pub(super) struct Arrival {
    /// Where the call goes on.
    pub next: Next,
    pub answer: Box<Answer>,
    pub came: Came,
    /// The attempt that brought the answer; it ends with the body.
    pub attempt: Attempt,
}

/// What one try came to.
type Tried = Result<(Box<Answer>, Came), Reason>;

/// A try that may be followed by another: the rule that says so, and the generation of the grants that allowed it.
struct Again {
    rule: Arc<RuleSpec>,
    generation: u64,
}

impl Egress {
    /// One hop, within the caller's deadline, which its rule may bring nearer. `decode` is what the caller wished, which the origin's
    /// secrets may overrule.
    pub(super) async fn hop(
        &self,
        caller: &mut Caller,
        draft: &mut Draft,
        decode: Decode,
        (call, hop): (&Arc<str>, u8),
    ) -> Result<Arrival, Error> {
        let mut before = 0;
        loop {
            if before > 0 {
                // A secret that was taken away in the wait between two tries does not go into the next one.
                caller.secrets = caller.secrets.renewed();
            }
            let guard = Guard::of(caller, &draft.url);
            // What is not decoded cannot be looked through.
            draft.decode = if guard.is_some() { Decode::Required } else { decode };
            let mut attempt = Attempt::begin(self.audit(), Arc::clone(call), caller, hop, draft.method.clone());
            attempt.follows(before);
            let (tried, again) = self.once(caller, draft, before, &mut attempt).await;
            if let Some(again) = again
                && let Some(then) = self.again(caller, draft, before, &tried, &again)
            {
                // A future of its own: calls that are not tried again do not carry the room for it.
                Box::pin(self.rest(caller, draft, (tried, attempt), guard.as_ref(), (then, again.generation))).await;
                before += 1;
                continue;
            }
            let outcome = tried.and_then(|(mut answer, came)| {
                answer.guard = guard.clone();
                self.next(draft, hop, &mut answer, &mut attempt).map(|next| (next, answer, came))
            });
            return match outcome {
                Ok((next, answer, came)) => Ok(Arrival { next, answer, came, attempt }),
                Err(reason) => {
                    let reason = Guard::reason_of(guard.as_ref(), reason, &mut attempt);
                    Err(self.fail(caller, draft, attempt, reason))
                }
            };
        }
    }

    /// One try after `before` others, and whether its rule knows of another.
    async fn once(&self, caller: &mut Caller, draft: &Draft, before: u8, attempt: &mut Attempt) -> (Tried, Option<Again>) {
        let (permit, generation) = match self.decide(caller, draft, attempt).await {
            Ok(decided) => decided,
            Err(reason) => return (Err(reason), None),
        };
        if let Some(most) = permit.extent().timeout.filter(|_| before == 0) {
            caller.deadline = caller.deadline.min(Instant::now() + most);
        }
        let again = permit.rule().actions.retry.as_ref().map(|_| Again { rule: Arc::clone(permit.rule()), generation });
        let tried = self.attempt(caller, draft, (permit, generation), attempt).await;
        // A stored answer would be the same again.
        let again = again.filter(|_| !matches!(tried, Ok((_, Came::Kept(_)))));
        (tried, again)
    }

    /// One try, unless its origin's breaker is open, which is then told what came of it.
    pub(super) async fn spared(
        &self,
        caller: &Caller,
        attempt: &mut Attempt,
        decided: Box<Decided<'_>>,
    ) -> Result<(Box<Answer>, Incoming), Reason> {
        let (breakers, spec, draft) = (&self.0.breakers, decided.permit.rule().actions.breaker, decided.laden.draft);
        let probe = spec.map(|spec| breakers.enter(&caller.app, decided.permit.target(), spec)).transpose()?.flatten();
        let came = match timeout_at(caller.deadline, self.outward(caller, attempt, decided)).await {
            Ok(came) => came,
            Err(_) => Err(Reason::Timeout(Phase::Total)),
        };
        let Some(spec) = spec else { return came };
        let verdict = Verdict::of(came.as_ref().map(|(answer, _)| answer.head.status.as_u16()));
        match (verdict, &came) {
            (Verdict::Works, _) if breakers.is_idle() => {}
            (Verdict::Nothing, _) => {}
            (_, Ok((answer, _))) => breakers.ended(&caller.app, answer.request.target(), spec, probe, verdict),
            // The permit is spent; what it was made of has not changed, and is read the same.
            (_, Err(_)) => drop(Target::parse(&draft.url).map(|target| breakers.ended(&caller.app, &target, spec, probe, verdict))),
        }
        came
    }

    /// When the next try begins; `None` where what came is the caller's. What does not fit before the deadline is no wait.
    fn again(&self, caller: &Caller, draft: &Draft, before: u8, tried: &Tried, again: &Again) -> Option<Instant> {
        let ended = match tried {
            Ok((answer, _)) => Ended::Answered(answer.head.status.as_u16(), &answer.head.headers),
            Err(reason) => Ended::Failed(reason),
        };
        let wait = retry::wait(again.rule.actions.retry.as_ref()?, draft, before, &ended)?;
        let then = Instant::now().checked_add(wait).filter(|then| *then < caller.deadline)?;
        // A refusal in place of what is at hand would say less.
        let is_open = |target: Target| self.0.breakers.is_open(&caller.app, &target);
        let stays = again.rule.actions.breaker.is_some() && Target::parse(&draft.url).is_ok_and(is_open);
        (!stays).then_some(then)
    }

    /// Ends a try that is followed by another, and waits for it, without a slot. Grants that are taken away end the wait: the next
    /// try is then refused.
    async fn rest(
        &self,
        caller: &Caller,
        draft: &Draft,
        (tried, mut attempt): (Tried, Attempt),
        guard: Option<&Guard>,
        (then, generation): (Instant, u64),
    ) {
        match tried {
            Ok((_, Came::Kept(_))) => drop(attempt),
            Ok((answer, Came::Wire(incoming))) => {
                let body = Body::new(*answer, incoming, attempt, self.clone(), caller.clone(), None);
                // Whatever comes of it: one that is not at its end is closed.
                let _ = timeout(LEFTOVER_TIME, body.discard(LEFTOVER)).await;
            }
            Err(reason) => {
                let reason = Guard::reason_of(guard, reason, &mut attempt);
                attempt.failed(&reason, None);
                drop(attempt);
            }
        }
        let Ok(request) = Request::parse(draft.method.clone(), &draft.url, draft.headers.clone()) else { return };
        tokio::select! {
            () = sleep_until(then) => {}
            _ = caller.grants.revoked(&request, generation) => {}
        }
    }

    /// Reads a response's head: where the call goes on, and how the body is read if it ends here. What the head echoes is masked.
    fn next(&self, draft: &Draft, hop: u8, answer: &mut Answer, attempt: &mut Attempt) -> Result<Next, Reason> {
        let Answer { head, request, rule, guard, most, .. } = answer;
        let (caps, sent) = (&self.0.config.caps, request.target());
        if let Some(guard) = guard.as_ref().filter(|_| redirect::is_followed(draft, head.status)) {
            guard.leads(&head.headers, attempt)?;
        }
        let next = redirect::next(draft, sent, rule, head.status, &head.headers, (hop, caps.redirects))?;
        match (&next, &guard) {
            (Next::Stay, _) => answer.decoder = coding::open(draft, &sent.host().to_string(), head, (*most, caps))?,
            (Next::Follow(next), Some(guard)) => guard.leads_to(&next.url, attempt)?,
            (Next::Follow(_), None) => {}
        }
        if let Some(guard) = guard {
            guard.fields(&mut head.headers, attempt);
        }
        Ok(next)
    }
}
