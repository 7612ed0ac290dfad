//! What the kernel holds all calls of all apps to (DESIGN 3.4).

use super::bucket::Rate;
use std::time::Duration;

/// The kernel's limits on how many calls there are. They can be changed while it runs ([`crate::Egress::set_limits`]).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// How many calls may be under way at once.
    pub in_flight: InFlight,
    /// How often calls may come.
    pub rates: Rates,
}

/// How many calls may be under way at once, and how many wait for a slot. 0 lets nothing through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InFlight {
    /// Calls of all apps. Default 12,000.
    pub all: usize,
    /// Calls of one app. Default 2,000: no app holds all sockets.
    pub app: usize,
    /// How long a call waits for a slot. Default 250 ms: a burst passes, and an overload is told soon. 0 is no line at all.
    pub wait: Duration,
    /// Calls of all apps that wait. Default 12,000: as many as may be under way.
    pub line: usize,
    /// Calls of one app that wait. Default 2,000.
    pub line_app: usize,
}

impl Default for InFlight {
    fn default() -> Self {
        Self { all: 12_000, app: 2_000, wait: Duration::from_millis(250), line: 12_000, line_app: 2_000 }
    }
}

/// How often calls may come. `None` is no rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    /// Calls of all apps. Default none.
    pub all: Option<Rate>,
    /// Calls of each app. Default none.
    pub app: Option<Rate>,
    /// Calls of each app towards the names below one registrable domain, or towards one address. Default none.
    pub domain: Option<Rate>,
    /// Refusals of each app. Default 100 a second: beyond it an app is told nothing but when to ask again.
    pub refusals: Option<Rate>,
}

impl Default for Rates {
    fn default() -> Self {
        Self { all: None, app: None, domain: None, refusals: Some(Rate::per_second(100)) }
    }
}

impl Rates {
    /// Whether there is a rate for calls.
    pub(super) const fn has_any(&self) -> bool {
        self.all.is_some() || self.app.is_some() || self.domain.is_some()
    }
}
