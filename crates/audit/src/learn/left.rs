//! What no rule is proposed for, and why not.

use super::Cure;
use crate::past::{Call, Tally};
use std::collections::{BTreeMap, BTreeSet};

/// Why no rule is proposed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// A deny rule refused it.
    Denied,
    /// The server's ceiling did.
    Ceiling,
    /// The owner has closed the network, or paused the app.
    Closed,
    /// It led to a cloud's metadata service.
    Metadata,
    /// The name led to an address that is not public.
    Address,
    /// The name is one of the local network.
    LocalName,
    /// The URL names an address.
    Literal,
    /// It was plain http.
    PlainHttp,
    /// The path holds an encoded slash.
    EncodedSlash,
    /// Its fields need an option of the rule.
    Option,
    /// A rule for its host demands a field or a parameter, and the log keeps neither.
    Demanded,
    /// The log has not its path, and a rule for the host is there or proposed.
    NoPath,
    /// There are many hosts, and this is one of those with the fewest calls.
    Quiet,
    /// A rule for it would contradict one of the app's own.
    Contradicts,
    /// No rule would change it.
    Other,
}

impl Why {
    /// Why nothing is proposed for what a check refused with this code.
    #[must_use]
    pub fn of(code: &str) -> Self {
        match code {
            "policy.rule.denied" => Self::Denied,
            "policy.rule.scheme" => Self::PlainHttp,
            "policy.name.metadata" | "egress.addr.metadata" => Self::Metadata,
            "policy.name.special_use" | "policy.name.single_label" => Self::LocalName,
            "policy.path.encoded_slash" => Self::EncodedSlash,
            "policy.header.override" | "policy.header.forwarding" => Self::Option,
            "policy.header.required" | "policy.query.required" => Self::Demanded,
            _ if code.starts_with("policy.ceiling.") => Self::Ceiling,
            _ if code.starts_with("policy.closed.") => Self::Closed,
            _ if code.starts_with("egress.addr.") => Self::Address,
            _ => Self::Other,
        }
    }

    /// The same in words that say who may decide otherwise, and how.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Denied => "a deny rule refuses it, and no allow rule is stronger",
            Self::Ceiling => "the server's ceiling refuses it, and no rule of an app lifts that",
            Self::Closed => "it was locked down or paused: `egret net lockdown --off`, `egret app resume`",
            Self::Metadata => "a cloud's metadata service, which no rule opens",
            Self::Address => "its address is not public; an exemption (`private`) is the owner's decision",
            Self::LocalName => "a name of the local network; a rule with `private` for it is the owner's decision",
            Self::Literal => "an address in place of a name; a rule for it is the owner's decision",
            Self::PlainHttp => "plain http; let the code ask for https, or write a rule with `https_only = false`",
            Self::EncodedSlash => "its path holds an encoded slash; a route with `encoded_slash` is the owner's decision",
            Self::Option => "its fields need an option of the rule, which is the owner's decision",
            Self::Demanded => "a rule for its host demands a field or a parameter, and the log keeps neither",
            Self::NoPath => {
                "the log has not its path, and only a rule for every path could be proposed; `egret dev --audit-paths` keeps paths"
            }
            Self::Quiet => "there are more hosts than are proposed at once; allow what is above, and ask again",
            Self::Contradicts => "a rule for it would be as specific as one of the app's and act differently; widen that one",
            Self::Other => "no allow rule would change it",
        }
    }
}

/// Calls to one origin that are left for one reason.
#[derive(Clone, Debug)]
pub struct Left {
    /// Why.
    pub why: Why,
    /// The code that refused them.
    pub code: String,
    /// Scheme, host, and the port where it is not the scheme's own.
    pub origin: String,
    /// Their methods.
    pub methods: BTreeSet<String>,
    /// How many, and when the last was.
    pub tally: Tally,
}

/// Collects what is left.
#[derive(Default)]
pub(super) struct Rest(BTreeMap<(Why, String, String), Left>);

impl Rest {
    pub fn leave(&mut self, cure: &Cure<'_>, why: Why) {
        self.add(cure.call, cure.tally, why, cure.denial.code().as_str());
    }

    pub fn add(&mut self, call: &Call, tally: &Tally, why: Why, code: &str) {
        let (code, origin) = (code.to_owned(), call.origin());
        let left = self.0.entry((why, code.clone(), origin.clone()));
        let left = left.and_modify(|left| left.tally.add(tally));
        let left = left.or_insert_with(|| Left { why, code, origin, methods: BTreeSet::new(), tally: tally.clone() });
        left.methods.insert(call.method.clone());
    }

    pub fn sorted(self) -> Vec<Left> {
        self.0.into_values().collect()
    }
}
