//! The seam of the cache in the line: behind the decision, which every hit needs as any call does, and before anything is paid.

use super::Egress;
use super::line::{Answer, Came, Decided};
use crate::audit::Attempt;
use crate::budget::Budget;
use crate::cache::{Ask, Cached, Entry, Flight, Kept, Look, Moment, Outcome, Placed, Seat};
use crate::draft::{CacheMode, CacheWish, CallOptions, Caller, Draft, Redirect};
use crate::error::{Phase, Reason};
use crate::scrub::Guard;
use egret_policy::{CacheSpec, Request, RuleSpec};
use http::StatusCode;
use hyper::body::Incoming;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// How often a call waits for an equal one before it goes by itself.
const WAITS: u8 = 3;

/// How long asking anew in the background may take: whoever wanted the answer has one already.
const REFRESH: Duration = Duration::from_secs(60);

/// What is left of a decision once its permit is spent.
pub(super) struct Spent {
    request: Request,
    rule: Arc<RuleSpec>,
    generation: u64,
    /// The most bytes that a body may have.
    most: u64,
}

/// What there was when the call goes out.
struct Outset {
    ask: Ask,
    stale: Option<Arc<Placed>>,
    flight: Option<Arc<Flight>>,
    moment: Moment,
    spent: Spent,
}

impl Egress {
    /// An attempt under a rule with `cache`: a stored answer, that of an equal call under way, or the upstream's own.
    pub(super) async fn cached(
        &self,
        caller: &Caller,
        draft: &Draft,
        attempt: &mut Attempt,
        decided: Box<Decided<'_>>,
        spec: CacheSpec,
    ) -> Result<(Box<Answer>, Came), Reason> {
        let Some(ask) = Ask::of(caller, &decided.permit, decided.laden.credential.as_ref(), draft, spec) else {
            return match draft.cache.mode {
                CacheMode::OnlyIfCached => self.spent(&decided).answered(Kept::absent(), attempt),
                CacheMode::Default | CacheMode::NoStore | CacheMode::Reload => {
                    self.spared(caller, attempt, decided).await.map(|(answer, incoming)| (answer, Came::Wire(incoming)))
                }
            };
        };
        let (mut flight, mut waits) = (None, 0);
        let stale = loop {
            let stale = match self.0.cache.look(&ask) {
                Look::Use(placed, how, refresh) => {
                    if refresh {
                        self.refresh(caller, draft, &placed.entry);
                    }
                    return self.spent(&decided).answered(self.0.cache.kept(&placed.entry, &ask, how), attempt);
                }
                Look::Ask(stale) => stale,
            };
            if ask.wants_stored_only() {
                return self.spent(&decided).answered(Kept::absent(), attempt);
            }
            if flight.is_some() || waits == WAITS || !ask.may_wait() {
                break stale;
            }
            match self.0.cache.join(&ask) {
                // Another may have ended between the look and this: one more look tells.
                Seat::Leader(leader) => flight = Some(leader),
                Seat::Follower(follower) => {
                    waits += 1;
                    let outcome = tokio::select! {
                        biased;
                        outcome = timeout_at(caller.deadline, follower.outcome()) => outcome.map_err(|_| Reason::Timeout(Phase::Total))?,
                        denial = caller.grants.revoked(decided.permit.request(), decided.generation) => return Err(denial.into()),
                    };
                    if outcome == Outcome::Unshared {
                        waits = WAITS;
                    }
                }
            }
        };
        let outset = Outset { moment: self.0.cache.moment(&ask), ask, stale, flight, spent: self.spent(&decided) };
        self.asked(caller, draft, attempt, decided, outset).await
    }

    /// The upstream is asked, for an answer or whether the stored one still holds.
    async fn asked(
        &self,
        caller: &Caller,
        draft: &Draft,
        attempt: &mut Attempt,
        decided: Box<Decided<'_>>,
        outset: Outset,
    ) -> Result<(Box<Answer>, Came), Reason> {
        let conditional = outset.stale.as_ref().and_then(|stale| outset.ask.conditional(draft, stale));
        let answer = match &conditional {
            None => self.spared(caller, attempt, decided).await,
            // It is another request, so it is decided as one (I2).
            Some(conditional) => {
                let decided = self.decided(caller, conditional, attempt).await?;
                self.spared(caller, attempt, decided).await
            }
        };
        let spare = outset.stale.clone().filter(|stale| self.0.cache.serves_error(stale, &outset.ask));
        match (answer, spare) {
            (Err(reason), Some(stale)) if is_failure(&reason) => self.serve(&stale.entry, Cached::Stale, outset, attempt),
            (Err(reason), _) => Err(reason),
            (Ok((answer, _)), Some(stale)) if is_error(answer.head.status) => self.serve(&stale.entry, Cached::Stale, outset, attempt),
            (Ok((answer, incoming)), _) if conditional.is_some() && answer.head.status == StatusCode::NOT_MODIFIED => {
                self.unchanged(caller, draft, attempt, (answer, incoming), outset).await
            }
            (Ok((answer, incoming)), _) => Ok(self.planned(answer, incoming, outset)),
        }
    }

    /// The upstream says that the stored answer still holds.
    async fn unchanged(
        &self,
        caller: &Caller,
        draft: &Draft,
        attempt: &mut Attempt,
        (answer, incoming): (Box<Answer>, Incoming),
        outset: Outset,
    ) -> Result<(Box<Answer>, Came), Reason> {
        let Answer { mut head, held, request, generation, .. } = *answer;
        if let Some(((key, connection), _paid)) = held {
            drop(incoming);
            self.keep(key, connection);
        }
        if let Some(guard) = Guard::at(caller, request.target()) {
            guard.fields(&mut head.headers, attempt);
        }
        let stale = outset.stale.as_ref().filter(|_| generation == outset.spent.generation);
        if let Some(entry) = stale.and_then(|stale| self.0.cache.freshen(stale, &outset.ask, head.headers, outset.moment)) {
            if let Some(flight) = &outset.flight {
                flight.end(if entry.begins_fresh() { Outcome::Stored } else { Outcome::Unshared });
            }
            return self.serve(&entry, Cached::Revalidated, outset, attempt);
        }
        // It spoke of another answer than the one that is stored: that one is gone, and the call begins again without it.
        let decided = self.decided(caller, draft, attempt).await?;
        let (answer, incoming) = self.spared(caller, attempt, decided).await?;
        Ok(self.planned(answer, incoming, outset))
    }

    /// What a decided call needs to be answered without being sent.
    pub(super) fn spent(&self, decided: &Decided<'_>) -> Spent {
        let permit = &decided.permit;
        let (request, rule) = (permit.request().clone(), Arc::clone(permit.rule()));
        Spent { request, rule, generation: decided.generation, most: self.most(permit, decided.laden.draft) }
    }

    /// A stored answer after all.
    fn serve(&self, entry: &Entry, how: Cached, outset: Outset, attempt: &mut Attempt) -> Result<(Box<Answer>, Came), Reason> {
        outset.spent.answered(self.0.cache.kept(entry, &outset.ask, how), attempt)
    }

    /// The upstream's own answer, stored on its way if it may be.
    fn planned(&self, mut answer: Box<Answer>, incoming: Incoming, outset: Outset) -> (Box<Answer>, Came) {
        // Decided anew under other grants, it may have gone out by another rule or with another secret than its key says.
        if answer.generation == outset.spent.generation {
            answer.plan = self.0.cache.plan(&outset.ask, answer.head.status, &answer.head.headers, outset.moment, outset.flight);
        }
        (answer, Came::Wire(incoming))
    }

    /// Asks anew for a stale answer that was just used: as a call of its own, within the app's grants and limits, which no invocation
    /// waits for and none ends.
    fn refresh(&self, caller: &Caller, draft: &Draft, entry: &Arc<Entry>) {
        if !entry.begins_refresh() {
            return;
        }
        let (egress, entry) = (self.clone(), Arc::clone(entry));
        let caller = Caller { deadline: Instant::now() + REFRESH, budget: Budget::none(), ..caller.clone() };
        let cache = CacheWish { refresh: true, ..draft.cache.clone() };
        let draft = Draft { redirect: Redirect::Return, cache, options: CallOptions::default(), ..draft.clone() };
        tokio::spawn(async move {
            if let Ok(response) = egress.fetch(&caller, draft).await {
                // Read for what it stores; its event tells how it ended.
                drop(response.body.collect(egress.config().caps.cache / 8).await);
            }
            entry.ends_refresh();
        });
    }
}

impl Spent {
    /// Answers without the upstream's own answer, if the caller takes so much.
    pub(super) fn answered(self, mut kept: Kept, attempt: &mut Attempt) -> Result<(Box<Answer>, Came), Reason> {
        let Self { request, rule, generation, most } = self;
        if kept.body.len() as u64 > most {
            return Err(Reason::BodySize(most));
        }
        attempt.cached(kept.how, kept.status);
        let (mut head, ()) = http::Response::new(()).into_parts();
        (head.status, head.headers) = (kept.status, std::mem::take(&mut kept.headers));
        let answer = Answer { head, request, rule, generation, held: None, plan: None, most, decoder: None, guard: None };
        Ok((Box::new(answer), Came::Kept(kept)))
    }
}

impl Came {
    /// Whether nothing follows the head.
    pub(super) fn is_over(&self) -> bool {
        match self {
            Self::Wire(incoming) => hyper::body::Body::is_end_stream(incoming),
            Self::Kept(_) => true,
        }
    }
}

/// Statuses for which a stale answer may stand in (RFC 5861, 4).
fn is_error(status: StatusCode) -> bool {
    matches!(status.as_u16(), 500 | 502 | 503 | 504)
}

/// Failures that would be such a status if a proxy reported them. Not those of TLS: who cannot show who it is gets no stand-in.
fn is_failure(reason: &Reason) -> bool {
    let is_of_upstream = matches!(
        reason,
        Reason::NoSuchName(_) | Reason::Resolver(..) | Reason::Connect(..) | Reason::ClosedEarly(_) | Reason::Malformed(..)
    );
    is_of_upstream || matches!(reason, Reason::Timeout(phase) if *phase != Phase::Total)
}
