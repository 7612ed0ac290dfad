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
use egret_policy::Target;
use gate::{Gate, Slot};
use rates::Own;
use std::sync::Arc;

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
    pub async fn pay(&self, caller: &Caller, target: &Target) -> Result<Paid, Reason> {
        let (open, own) = (caller.budget.open()?, caller.budget.app());
        let slot = self.gate.enter(&caller.app, own.in_flight).await?;
        self.rates.take(&caller.app, Own { app: own.rate, domain: own.domain_rate }, || target.host().site())?;
        Ok(Paid { _slot: slot, _open: open.map(Open::spend) })
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
