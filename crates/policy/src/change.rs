//! The smallest change of a manifest that would allow a refused request: lines to add, or words where none can help.

use crate::policy::Request;
use crate::rule::methods::Methods;
use crate::rule::{PortRange, RouteSpec, RuleSpec};
use crate::target::Scheme;
use crate::{Code, Denial};

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
            _ if !literal => None,
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
            Code::AddrPrivate | Code::AddrShared | Code::AddrUniqueLocal | Code::AddrOwn => exempting(request, denial, "net"),
            _ => None,
        }
    }

    /// The lines for the manifest.
    #[must_use]
    pub fn to_toml(&self) -> String {
        self.rule.to_toml(self.table)
    }
}

fn is_localhost(name: &crate::Name) -> bool {
    name.labels().next_back() == Some("localhost")
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
        ..RuleSpec::host(target.host().to_string())
    }
}

fn exempting(request: &Request, denial: &Denial, table: &'static str) -> Option<Change> {
    let address = denial.address()?.to_canonical();
    let length = if address.is_ipv4() { 32 } else { 128 };
    Some(Change { rule: RuleSpec { private: vec![format!("{address}/{length}")], ..narrowest(request) }, table })
}
