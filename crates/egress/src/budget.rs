//! What calls cost: every one holds a slot while it is under way, spends from its invocation, and is counted by rates.
//!
//! [`Tolls::pay`] stands on the line between *decide* and *resolve*: a call that the policy refuses pays nothing, and one
//! that is refused here has given nothing away. What a call holds it gives back when it is dropped, however that comes about.

mod allowance;
mod bucket;
mod gate;
mod limits;
mod line;
mod quota;
mod rates;

pub use allowance::{Allowance, AppLimits, Budget, Spent};
pub use bucket::Rate;
pub use limits::{InFlight, Limits, Rates};
pub use quota::{Daily, Quota, Today};

use crate::draft::Caller;
use crate::error::Reason;
use allowance::Open;
use egret_policy::{Permit, RateSpec};
use gate::{Gate, Slot};
use rates::Own;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Everything that calls of this kernel pay at.
pub(crate) struct Tolls {
    gate: Arc<Gate>,
    rates: rates::Rates,
}

/// What a call holds while it is under way: dropping it is leaving.
pub(crate) struct Paid {
    _slot: Slot,
    _open: Option<Open>,
}

/// How many calls are under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Calls that hold a slot: from the decision until their response's body has ended.
    pub in_flight: usize,
    /// Calls that wait for one.
    pub waiting: usize,
    /// Rates of apps and domains that are remembered: those that have not rested for long.
    pub buckets: usize,
}

impl Tolls {
    pub fn new(limits: &Limits) -> Self {
        Self { gate: Gate::new(limits.in_flight), rates: rates::Rates::new(limits.rates) }
    }

    /// Lets a decided call go on, at once or after its turn in the line.
    pub async fn pay(&self, caller: &Caller, permit: &Permit) -> Result<Paid, Reason> {
        let open = caller.budget.open()?;
        let slot = match (self.enter(caller, permit).await, permit.rule().actions.rate) {
            // A future of its own: calls that need not wait do not carry the room for it.
            (Err(reason), Some(RateSpec { wait, .. })) if !wait.is_zero() => Box::pin(self.wait(caller, permit, reason, wait)).await?,
            (slot, _) => slot?,
        };
        Ok(Paid { _slot: slot, _open: open.map(Open::spend) })
    }

    /// A slot and a token of every rate, or nothing.
    async fn enter(&self, caller: &Caller, permit: &Permit) -> Result<Slot, Reason> {
        let own = caller.budget.app();
        let slot = self.gate.enter(&caller.app, own.in_flight).await?;
        let rule = permit.rule().actions.rate.map(|rate| (Rate::of(rate), permit.rule_version()));
        let own = Own { app: own.rate, domain: own.domain_rate, rule };
        self.rates.take(&caller.app, own, || permit.target().host().site()).map(|()| slot)
    }

    /// Waits for a rate as long as the rule lets it, if that is long enough, without a slot. Whoever wakes may find the token gone and
    /// waits on.
    async fn wait(&self, caller: &Caller, permit: &Permit, mut reason: Reason, most: Duration) -> Result<Slot, Reason> {
        let until = (Instant::now() + most).min(caller.deadline);
        loop {
            let Reason::Rate(_, Some(lack)) = reason else { return Err(reason) };
            match Instant::now().checked_add(lack).filter(|then| *then <= until) {
                Some(then) => sleep_until(then).await,
                None => return Err(reason),
            }
            match self.enter(caller, permit).await {
                Ok(slot) => return Ok(slot),
                Err(next) => reason = next,
            }
        }
    }

    /// Counts a refusal of the policy: it takes of no rate but that of refusals. An error replaces the refusal.
    pub fn refused(&self, app: &Arc<str>) -> Result<(), Reason> {
        self.rates.refuse(app)
    }

    /// Puts other limits in place. What is under way stays; what waits goes on where there is room now.
    pub fn set(&self, limits: &Limits) {
        self.gate.set(limits.in_flight);
        self.rates.set(limits.rates);
    }

    /// Forgets the rates of those who have rested.
    pub fn sweep(&self) {
        self.rates.sweep();
    }

    pub fn load(&self) -> Load {
        Load { buckets: self.rates.kept(), ..self.gate.load() }
    }
}

#[cfg(test)]
mod tests;
