//! The two proofs. A [`Permit`] says that a request was allowed, an [`Admitted`] that its addresses were.
//!
//! Both have private fields, no public constructor and no `Clone`: the kernel cannot dial or send without having asked.

use crate::address::{Nat64, Surroundings, is_at, judge};
use crate::policy::Request;
use crate::rule::{AuthSpec, Extent, PortRange, Rule, RuleSpec, RuleVersion};
use crate::{Code, Denial, Target};
use http::{HeaderMap, Method};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Proof that a policy allowed one request. It carries the request: what was decided is what is sent.
#[derive(Debug)]
pub struct Permit {
    request: Request,
    rule: Arc<Rule>,
    route: Arc<str>,
    extent: Extent,
    bounds: Arc<Bounds>,
    reported: Option<Denial>,
}

/// An address that a deny rule names, and the ports; `None` means every port.
pub(crate) type Denied = (IpAddr, Option<Vec<PortRange>>);

/// What the addresses of every permitted target are judged by, beside the exemptions of its rule.
#[derive(Debug, Default)]
pub(crate) struct Bounds {
    /// What deny rules name by address: no name may resolve to it either.
    pub denied: Vec<Denied>,
    pub nat64: Vec<Nat64>,
}

impl Permit {
    pub(crate) fn new(
        request: Request,
        (rule, route, extent): (Arc<Rule>, Arc<str>, Extent),
        bounds: Arc<Bounds>,
        reported: Option<Denial>,
    ) -> Self {
        Self { request, rule, route, extent, bounds, reported }
    }

    /// Set in the report mode: the refusal that would have been.
    #[must_use]
    pub fn reported(&self) -> Option<&Denial> {
        self.reported.as_ref()
    }

    /// The request, once the permit is spent.
    #[must_use]
    pub fn into_request(self) -> Request {
        self.request
    }

    /// The request as it was decided; a stream that is still open is decided again when the policy changes.
    #[must_use]
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// Where the request goes.
    #[must_use]
    pub fn target(&self) -> &Target {
        self.request.target()
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> &Method {
        self.request.method()
    }

    /// The caller's header fields; the kernel adds its own.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        self.request.headers()
    }

    /// The rule that allowed it.
    #[must_use]
    pub fn rule(&self) -> &Arc<RuleSpec> {
        &self.rule.spec
    }

    /// The secret that goes into the request and its place: its rule's, else the one that the call asked for. `None` where neither names
    /// one, and where no rule names the host.
    #[must_use]
    pub fn auth(&self) -> Option<&AuthSpec> {
        self.rule.auth_of(&self.request)
    }

    /// Which version of which rule that is. Part of the key of pooled connections (I5).
    #[must_use]
    pub fn rule_version(&self) -> RuleVersion {
        self.rule.version
    }

    /// The path template that matched: what audit events show in place of the path.
    #[must_use]
    pub fn route(&self) -> &Arc<str> {
        &self.route
    }

    /// How long and how large the call may be: what its route says, and where that says nothing its rule.
    #[must_use]
    pub fn extent(&self) -> Extent {
        self.extent
    }

    /// Judges every address that the host stands for; one that is refused refuses them all (I5).
    ///
    /// # Errors
    /// A denial with a code of `egress.addr`.
    pub fn admit(&self, answers: &[IpAddr], around: &Surroundings) -> Result<Admitted, Denial> {
        let port = self.target().port();
        answers.iter().try_for_each(|address| self.admits(*address, around))?;
        if answers.is_empty() {
            return Err(Denial::new(Code::AddrNone, format!("{} has no address", self.target().host())));
        }
        let addresses = answers.iter().map(|address| SocketAddr::new(address.to_canonical(), port)).collect();
        Ok(Admitted { target: self.target().clone(), addresses })
    }

    /// Judges one address: that of a connection which is to be used again. It proves nothing that could be dialled.
    ///
    /// # Errors
    /// As [`Permit::admit`].
    pub fn admits(&self, address: IpAddr, around: &Surroundings) -> Result<(), Denial> {
        let port = self.target().port();
        let on_port = |ports: &Option<Vec<PortRange>>| ports.as_ref().is_none_or(|ports| ports.iter().any(|range| range.contains(port)));
        if self.bounds.denied.iter().any(|(denied, ports)| on_port(ports) && is_at(address, *denied, &self.bounds.nat64)) {
            let words = format!("{} is {address}, which a deny rule names", self.target().host());
            return Err(Denial::of_address(Code::RuleDenied, address, words));
        }
        if let Some(kind) = judge(address, port, &self.rule.exempt, &self.bounds.nat64, around) {
            let words = format!("{} is {address}: {}", self.target().host(), kind.code().about());
            return Err(Denial::of_address(kind.code(), address, words));
        }
        Ok(())
    }
}

/// Proof that every address of a permitted target was judged and may be dialled.
#[derive(Debug)]
pub struct Admitted {
    target: Target,
    addresses: Vec<SocketAddr>,
}

impl Admitted {
    /// The target whose addresses these are.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// What may be dialled, in the order of the answers; never empty.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Holds the peer of a connected socket against what was admitted (I5).
    ///
    /// # Errors
    /// A denial if the peer is another one.
    pub fn confirm(&self, peer: SocketAddr) -> Result<(), Denial> {
        let peer = SocketAddr::new(peer.ip().to_canonical(), peer.port());
        if self.addresses.contains(&peer) {
            return Ok(());
        }
        let words = format!("connected to {peer}, which was not admitted for {}", self.target.host());
        Err(Denial::of_address(Code::AddrNotAdmitted, peer.ip(), words))
    }
}
