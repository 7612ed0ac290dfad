//! The limits on how many calls there are, how often they come, and what an invocation's calls carry together.

/// A limit that a call ran into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Limit {
    /// The calls of all apps that are under way at once.
    #[error("too many calls of all apps are under way, and none ended in time")]
    InFlight,
    /// The calls of one app that are under way at once.
    #[error("too many calls of this app are under way, and none ended in time")]
    InFlightApp,
    /// The calls of an invocation.
    #[error("an invocation may make {0} calls")]
    Calls(u32),
    /// The calls that an invocation has open at once.
    #[error("an invocation may have {0} calls open at once")]
    Open(u32),
    /// The bytes of all bodies of an invocation's calls, in both directions.
    #[error("the calls of an invocation may carry {0} bytes")]
    Bytes(u64),
    /// The calls of an app in a day.
    #[error("an app may make {0} calls a day, from midnight to midnight UTC")]
    CallsToday(u64),
    /// The bytes of all bodies of an app's calls in a day, in both directions.
    #[error("the calls of an app may carry {0} bytes a day, from midnight to midnight UTC")]
    BytesToday(u64),
}

impl Limit {
    /// Whether the same call may get through later.
    pub(super) const fn passes(self) -> bool {
        match self {
            Self::InFlight | Self::InFlightApp | Self::Open(_) | Self::CallsToday(_) | Self::BytesToday(_) => true,
            Self::Calls(_) | Self::Bytes(_) => false,
        }
    }

    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::InFlight => "egress.limit.in_flight",
            Self::InFlightApp => "egress.limit.in_flight_app",
            Self::Calls(_) => "egress.limit.calls",
            Self::Open(_) => "egress.limit.open",
            Self::Bytes(_) => "egress.limit.bytes",
            Self::CallsToday(_) => "egress.limit.calls_today",
            Self::BytesToday(_) => "egress.limit.bytes_today",
        }
    }
}

/// Whose rate is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum RateScope {
    /// Calls of all apps.
    #[error("calls of all apps")]
    Global,
    /// Calls of one app.
    #[error("calls of this app")]
    App,
    /// Calls of one app towards the names below one registrable domain.
    #[error("calls of this app to this domain")]
    Domain,
    /// Calls of one app under one rule.
    #[error("calls of this app under this rule")]
    Rule,
    /// Refusals of one app.
    #[error("refusals of this app")]
    Refusals,
}

impl RateScope {
    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::Global => "egress.rate.global",
            Self::App => "egress.rate.app",
            Self::Domain => "egress.rate.domain",
            Self::Rule => "egress.rate.rule",
            Self::Refusals => "egress.rate.refusals",
        }
    }
}
