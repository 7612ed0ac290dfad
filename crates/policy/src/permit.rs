//! The two proofs. A [`Permit`] says that a request was allowed, an [`Admitted`] that its addresses were.
//!
//! Both have private fields, no public constructor and no `Clone`: the kernel cannot dial or send without having asked.

use crate::address::{Nat64, Surroundings, is_at, judge};
use crate::policy::Request;
use crate::rule::handled::Handled;
use crate::rule::{AuthSpec, Extent, Handling, PortRange, Route, Rule, RuleSpec, RuleVersion};
use crate::{Code, Denial, Target};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, Method};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// Proof that a policy allowed one request. It carries the request: what was decided is what is sent.
#[derive(Debug)]
pub struct Permit {
    request: Request,
    rule: Arc<Rule>,
    route: Arc<str>,
    /// The route's place among those of its rule.
    place: usize,
    bounds: Arc<Bounds>,
    reported: Option<Denial>,
    /// Whether the policy hook allowed it, and no rule.
    by_hook: bool,
}

/// An address that a deny rule names, and the ports; `None` means every port.
pub(crate) type Denied = (IpAddr, Option<Vec<PortRange>>);

/// What holds for every permitted target, beside what its rule says.
#[derive(Debug, Default)]
pub(crate) struct Bounds {
    /// What deny rules name by address: no name may resolve to it either.
    pub denied: Vec<Denied>,
    pub nat64: Vec<Nat64>,
    /// The middleware of every request, by name, from the outside in.
    pub middleware: Vec<String>,
}

impl Permit {
    /// A permit by a route of a rule; `place` is the route's among those of the rule.
    pub(crate) fn new(request: Request, rule: Arc<Rule>, route: (usize, Arc<str>), bounds: Arc<Bounds>, reported: Option<Denial>) -> Self {
        let (place, route) = route;
        Self { request, rule, route, place, bounds, reported, by_hook: false }
    }

    /// The permit of a request that no rule claims and the policy hook allowed.
    pub(crate) fn by_hook(request: Request, rule: Arc<Rule>, bounds: Arc<Bounds>) -> Self {
        let route = rule.routes.first().map_or_else(|| "/**".into(), |route| route.path.text());
        Self { by_hook: true, ..Self::new(request.allowed_by_hook(), rule, (0, route), bounds, None) }
    }

    /// Whether the policy hook allowed it, and no rule: it is then asked about the addresses too.
    #[must_use]
    pub fn is_by_hook(&self) -> bool {
        self.by_hook
    }

    /// Whether something is done with the request beside sending it: by its rule, its route or for every request.
    #[must_use]
    pub fn is_handled(&self) -> bool {
        !self.bounds.middleware.is_empty() || self.handled().any(|handled| handled.spec.acts())
    }

    /// The middleware of every request, by name, from the outside in.
    #[must_use]
    pub fn middleware(&self) -> &[String] {
        &self.bounds.middleware
    }

    /// What its rule does with it, and then its route.
    pub fn handling(&self) -> impl Iterator<Item = &Handling> {
        self.handled().map(|handled| &handled.spec)
    }

    /// The parameters of its path, by the names in the route's pattern, each as it stands in the path.
    #[must_use]
    pub fn parameters(&self) -> BTreeMap<String, String> {
        self.acting().map(|route| route.path.parameters(self.target().path())).unwrap_or_default()
    }

    /// Whether its body is to be judged.
    #[must_use]
    pub fn judges_body(&self) -> bool {
        self.handled().any(|handled| handled.schema.is_some())
    }

    /// Judges the body that will be sent. It must be JSON and say so, so that the server reads what was judged; no body at all is as
    /// good as any for methods that mean nothing by one.
    ///
    /// # Errors
    /// `policy.body.schema`.
    pub fn judge_body(&self, body: &[u8]) -> Result<(), Denial> {
        let bodiless = [Method::GET, Method::HEAD, Method::DELETE, Method::OPTIONS];
        if !self.judges_body() || body.is_empty() && bodiless.contains(self.method()) {
            return Ok(());
        }
        let refused = |words: String| Denial::new(Code::BodySchema, format!("the body {words}"));
        if !says_json(self.headers()) {
            return Err(refused("is judged as JSON, and Content-Type or Content-Encoding say something else".to_owned()));
        }
        self.handled().filter_map(|handled| handled.schema.as_ref()).try_for_each(|schema| schema.fits(body)).map_err(refused)
    }

    fn acting(&self) -> Option<&Route> {
        self.rule.routes.get(self.place)
    }

    fn handled(&self) -> impl Iterator<Item = &Handled> {
        let of_route = self.acting().and_then(|route| route.handled.as_deref());
        self.rule.handled.as_deref().into_iter().chain(of_route)
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
        self.acting().map(|route| route.extent).unwrap_or_default()
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

/// Whether fields say that a body is JSON (RFC 8259, or a type that ends in `+json`), as it is.
fn says_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (first, second) = (types.next().and_then(|value| value.to_str().ok()), types.next());
    let essence = first.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    second.is_none() && !headers.contains_key(CONTENT_ENCODING) && (essence == "application/json" || essence.ends_with("+json"))
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
