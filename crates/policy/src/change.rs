//! The smallest change of a manifest that would allow a refused request: lines to add, or words where none can help.

use crate::address::classify;
use crate::policy::{Policy, Request};
use crate::rule::methods::Methods;
use crate::rule::{PortRange, RouteSpec, RuleSpec};
use crate::target::Scheme;
use crate::{Code, Denial};
use std::net::IpAddr;

/// A rule to add.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The rule.
    pub rule: RuleSpec,
    /// The table it belongs to: `net`, or `dev.net` for addresses of one's own machine.
    pub table: &'static str,
}

impl Change {
    /// The rule that would lift the denial of this request; `None` where no rule can or should (a malformed URL, a deny
    /// rule, metadata addresses).
    #[must_use]
    #[expect(clippy::wildcard_enum_match_arm, reason = "a code that is not named here is one that no rule should lift")]
    pub fn for_denial(request: &Request, denial: &Denial) -> Option<Self> {
        // A path with the pattern language's own characters cannot be written as a literal route.
        let literal = !request.target().path().contains("/:") && !request.target().path().contains('*');
        let option = |set: fn(&mut RuleSpec)| {
            let mut rule = narrowest(request);
            set(&mut rule);
            Some(Self { rule, table: "net" })
        };
        match denial.code() {
            _ if !literal || leads_nowhere(request) => None,
            Code::HeaderOverride => option(|rule| rule.override_headers = true),
            Code::HeaderForwarding => option(|rule| rule.forwarding_headers = true),
            Code::RuleNoHost if request.target().path() == "/" && Methods::default().contains(request.method()) => {
                Some(Self { rule: RuleSpec { routes: None, ..narrowest(request) }, table: "net" })
            }
            Code::RuleNoHost | Code::RuleScheme | Code::RulePort | Code::RulePath | Code::RuleMethod => {
                Some(Self { rule: narrowest(request), table: "net" })
            }
            Code::PathEncodedSlash if request.target().has_encoded_slash() => {
                option(|rule| rule.routes.iter_mut().flatten().for_each(|route| route.encoded_slash = true))
            }
            Code::NameSpecialUse | Code::NameSingleLabel if request.target().host().name().is_some_and(is_localhost) => {
                let private = vec!["127.0.0.1/32".to_owned(), "::1/128".to_owned()];
                Some(Self { rule: RuleSpec { private, ..narrowest(request) }, table: "dev.net" })
            }
            Code::AddrLoopback => exempting(request, denial, "dev.net"),
            Code::AddrPrivate | Code::AddrShared | Code::AddrUniqueLocal | Code::AddrOwn | Code::AddrNeighbour => {
                exempting(request, denial, "net")
            }
            _ => None,
        }
    }

    /// The lines for the manifest.
    #[must_use]
    pub fn to_toml(&self) -> String {
        self.rule.to_toml(self.table)
    }
}

impl Policy {
    /// The rule that would lift the denial of this request beside the rules that there are: what the host may resolve to goes
    /// along, for the new rule is the narrower one, and what it does not exempt is exempt no more. So does what they demand of
    /// credentials, and the secret that they put in and what else they do where all do the same: nobody loses `require` or a
    /// `rate` by adding a path.
    #[must_use]
    pub fn change_for(&self, request: &Request, denial: &Denial) -> Option<Change> {
        let mut change = Change::for_denial(request, denial)?;
        let all = self.allowing(request.target().host());
        change.rule.require = all.iter().any(|rule| rule.spec.require);
        let auth = all.first().and_then(|rule| rule.spec.auth.as_ref());
        change.rule.auth = auth.filter(|auth| all.iter().all(|rule| rule.spec.auth.as_ref() == Some(auth))).cloned();
        // What is done with requests to the host is done with those of the new rule, too.
        let handling = all.first().map(|rule| &rule.spec.handling);
        change.rule.handling =
            handling.filter(|handling| all.iter().all(|rule| rule.spec.handling == **handling)).cloned().unwrap_or_default();
        let actions = all.first().map(|rule| &rule.spec.actions);
        change.rule.actions = actions.filter(|actions| all.iter().all(|rule| rule.spec.actions == **actions)).cloned().unwrap_or_default();
        let beside = all.into_iter().find(|rule| !rule.exempt.is_empty());
        if let Some(rule) = beside.filter(|_| change.rule.private.is_empty()) {
            change.rule.private.clone_from(&rule.spec.private);
            if rule.exempt.iter().all(|net| net.addr().is_loopback()) {
                // A stand-in, or a service of one's own machine: neither belongs into what is deployed.
                change.table = "dev.net";
            }
        }
        Some(change)
    }
}

/// An address that nothing exempts: a rule for it would only move the refusal to the next check.
fn leads_nowhere(request: &Request) -> bool {
    let kind = request.target().host().address().and_then(|address| classify(address, &[]));
    kind.is_some_and(crate::AddressKind::is_always_refused)
}

fn is_localhost(name: &crate::Name) -> bool {
    name.labels().next_back() == Some("localhost")
}

/// What a rule for an address must exempt for it to be reached: itself, if it is not public.
fn own_exemption(request: &Request) -> Vec<String> {
    let address = request.target().host().address().filter(|address| classify(*address, &[]).is_some());
    address.map(whole).into_iter().collect()
}

fn whole(address: IpAddr) -> String {
    format!("{address}/{}", if address.is_ipv4() { 32 } else { 128 })
}

/// Exactly this host, port, scheme, path and method. A rule that names its path is more specific than one that does not,
/// so adding it beside the owner's own makes no tie.
fn narrowest(request: &Request) -> RuleSpec {
    let target = request.target();
    let route = RouteSpec { methods: Some(vec![request.method().to_string()]), ..RouteSpec::path(target.path()) };
    RuleSpec {
        ports: (target.port() != target.scheme().default_port()).then(|| vec![PortRange::single(target.port())]),
        https_only: target.scheme() == Scheme::Https,
        routes: Some(vec![route]),
        private: own_exemption(request),
        ..RuleSpec::host(target.host().to_string())
    }
}

fn exempting(request: &Request, denial: &Denial, table: &'static str) -> Option<Change> {
    let address = denial.address()?.to_canonical();
    Some(Change { rule: RuleSpec { private: vec![whole(address)], ..narrowest(request) }, table })
}
