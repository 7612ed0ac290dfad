//! One hop of a call: what is asked of one origin, until a head came that is the caller's, or one that leads on.

use super::{Answer, Came, Egress};
use crate::audit::Attempt;
use crate::coding;
use crate::draft::{Caller, Decode, Draft};
use crate::error::{Error, Phase, Reason};
use crate::redirect::{self, Next};
use crate::scrub::Guard;
use std::sync::Arc;
use tokio::time::timeout_at;

/// A hop that came to a response's head.
pub(super) struct Arrival {
    /// Where the call goes on.
    pub next: Next,
    pub answer: Box<Answer>,
    pub came: Came,
    /// The attempt that brought the answer; it ends with the body.
    pub attempt: Attempt,
}

impl Egress {
    /// One hop, within the caller's deadline. `decode` is what the caller wished, which the origin's secrets may overrule.
    pub(super) async fn hop(
        &self,
        caller: &Caller,
        draft: &mut Draft,
        decode: Decode,
        (call, hop): (&Arc<str>, u8),
    ) -> Result<Arrival, Error> {
        let guard = Guard::of(caller, &draft.url);
        // What is not decoded cannot be looked through.
        draft.decode = if guard.is_some() { Decode::Required } else { decode };
        let mut attempt = Attempt::begin(self.audit(), Arc::clone(call), caller, hop, draft.method.clone());
        let answer = match timeout_at(caller.deadline, self.attempt(caller, draft, &mut attempt)).await {
            Ok(answer) => answer,
            Err(_) => Err(Reason::Timeout(Phase::Total)),
        };
        let outcome = answer.and_then(|(mut answer, came)| {
            answer.guard = guard.clone();
            self.next(draft, hop, &mut answer, &mut attempt).map(|next| (next, answer, came))
        });
        match outcome {
            Ok((next, answer, came)) => Ok(Arrival { next, answer, came, attempt }),
            Err(reason) => {
                let reason = Guard::reason_of(guard.as_ref(), reason, &mut attempt);
                Err(self.fail(caller, draft, attempt, reason))
            }
        }
    }

    /// Reads a response's head: where the call goes on, and how the body is read if it ends here. What the head echoes is masked.
    fn next(&self, draft: &Draft, hop: u8, answer: &mut Answer, attempt: &mut Attempt) -> Result<Next, Reason> {
        let Answer { head, request, rule, guard, .. } = answer;
        let (caps, sent) = (&self.0.config.caps, request.target());
        if let Some(guard) = guard.as_ref().filter(|_| redirect::is_followed(draft, head.status)) {
            guard.leads(&head.headers, attempt)?;
        }
        let next = redirect::next(draft, sent, rule, head.status, &head.headers, (hop, caps.redirects))?;
        match (&next, &guard) {
            (Next::Stay, _) => answer.decoder = coding::open(draft, &sent.host().to_string(), head, caps)?,
            (Next::Follow(next), Some(guard)) => guard.leads_to(&next.url, attempt)?,
            (Next::Follow(_), None) => {}
        }
        if let Some(guard) = guard {
            guard.fields(&mut head.headers, attempt);
        }
        Ok(next)
    }
}
