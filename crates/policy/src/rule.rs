//! A rule: as the owner writes it (`RuleSpec`, plain data) and as it is matched (`Rule`, compiled and checked).

mod actions;
mod auth;
mod cache;
pub(crate) mod handled;
mod handling;
pub(crate) mod host;
pub(crate) mod methods;
pub(crate) mod path;
mod spec;
mod tls;

pub use actions::{Actions, BreakerSpec, Extent, Period, RateSpec, RetrySpec};
pub use auth::{AuthSpec, Place, SecretName};
pub use cache::CacheSpec;
pub use handling::{Given, Handling, Respond, Wanted};
pub use spec::{PortRange, RouteSpec, RuleSpec};
pub use tls::{Pin, Root, TlsSpec, TlsVersion};

use crate::address::always_refused;
use crate::target::{Host, Scheme, Target};
use handled::Handled;
use host::HostPattern;
use ipnet::IpNet;
use methods::Methods;
use path::PathPattern;
use sha2::{Digest, Sha256};
use std::fmt;
use std::sync::Arc;

/// A fault of one rule: the field, as it is written in a manifest, and what to do about it.
pub(crate) type FieldFault = (String, String);

/// Tells one version of a rule from every other: 128 bits of the SHA-256 over all that the rule says. Two rules that say the
/// same are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RuleVersion([u8; 16]);

impl RuleVersion {
    /// The version of a rule as it is written, which every permit of that rule carries.
    #[must_use]
    pub fn of(spec: &RuleSpec) -> Self {
        let digest = Sha256::digest(spec.to_toml("net"));
        let mut version = [0; 16];
        version.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        Self(version)
    }
}

/// In hexadecimal, 32 digits.
impl fmt::Display for RuleVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A compiled rule.
#[derive(Debug)]
pub(crate) struct Rule {
    /// Its place in the order in which rules were added, for messages.
    pub place: usize,
    pub spec: Arc<RuleSpec>,
    pub version: RuleVersion,
    pub host: HostPattern,
    pub routes: Vec<Route>,
    pub exempt: Vec<IpNet>,
    /// What is done with requests of every route.
    pub handled: Option<Arc<Handled>>,
}

/// One compiled route of a rule.
#[derive(Debug)]
pub(crate) struct Route {
    /// Its place among the routes of its rule.
    pub place: usize,
    pub path: PathPattern,
    pub methods: Methods,
    pub encoded_slash: bool,
    /// What is done with its requests alone.
    pub handled: Option<Arc<Handled>>,
    /// Whether it or its rule demands something of a request's fields or query.
    pub demands: bool,
    /// Its own, and where it says nothing the rule's.
    pub extent: Extent,
}

impl Rule {
    /// Compiles and checks a rule; all its faults are returned at once.
    pub fn compile(place: usize, spec: RuleSpec) -> Result<Self, Vec<FieldFault>> {
        let mut faults = Vec::new();
        let host = HostPattern::parse(&spec.host, spec.deny).map_err(|words| faults.push(("host".to_owned(), words))).ok();
        if spec.ports.as_ref().is_some_and(Vec::is_empty) {
            faults.push(("ports".to_owned(), "an empty list allows no port; leave it out for the scheme's own port".to_owned()));
        }
        let routes = compile_routes(&spec, &mut faults);
        let handled = compile_handling(&spec, &routes, &mut faults);
        let exempt = compile_private(&spec, &mut faults);
        faults.extend(tls::faults(&spec));
        faults.extend(actions::faults(&spec));
        faults.extend(auth::fault(&spec, host.as_ref()));
        faults.extend(cache::fault(&spec));
        match host {
            Some(HostPattern::Exact(Host::V6(address))) if address.to_ipv4_mapped().is_some() => {
                faults.push(("host".to_owned(), "write the IPv4 address itself, not its IPv6-mapped form".to_owned()));
                Err(faults)
            }
            Some(host) if faults.is_empty() => {
                Ok(Self { place, version: RuleVersion::of(&spec), spec: Arc::new(spec), host, routes, exempt, handled })
            }
            _ => Err(faults),
        }
    }

    /// The rule that stands for "no rule": every host, in the reach that the owner gave the open mode.
    pub fn open(reach: crate::Reach) -> Self {
        let spec = RuleSpec { ports: Some(reach.ports), https_only: reach.https_only, ..RuleSpec::host("**") };
        Self::everywhere(spec, reach.methods.map_or_else(Methods::default, Methods::exactly))
    }

    /// The rule of the report mode: whatever no rule allows over https, without exemption.
    pub fn any() -> Self {
        Self::everywhere(RuleSpec { ports: "1-65535".parse().ok().map(|all| vec![all]), ..RuleSpec::host("**") }, Methods::Every)
    }

    /// The rule by which the policy hook is asked: whatever no rule claims, by either scheme, without exemption.
    pub fn asked() -> Self {
        let all = "1-65535".parse().ok().map(|all| vec![all]);
        Self::everywhere(RuleSpec { ports: all, https_only: false, ..RuleSpec::host("**") }, Methods::Every)
    }

    /// A rule that nobody wrote: it matches every host and every path.
    fn everywhere(spec: RuleSpec, methods: Methods) -> Self {
        let routes = vec![Route {
            place: 0,
            path: PathPattern::everything(),
            methods,
            encoded_slash: false,
            extent: Extent::default(),
            handled: None,
            demands: false,
        }];
        let (version, exempt) = (RuleVersion::of(&spec), Vec::new());
        Self { place: 0, version, spec: Arc::new(spec), host: HostPattern::Any, routes, exempt, handled: None }
    }

    /// The secret that goes into a request of this rule: its own, else the one that the call asks for. The rule that stands for "no
    /// rule" gives none.
    pub fn auth_of<'a>(&'a self, request: &'a crate::Request) -> Option<&'a AuthSpec> {
        self.spec.auth.as_ref().or_else(|| request.auth().filter(|_| self.names_its_host()))
    }

    /// Whether an owner wrote it, with a host in it.
    pub fn names_its_host(&self) -> bool {
        !matches!(self.host, HostPattern::Any)
    }

    /// Whether it or one of its routes does something with requests beside allowing them.
    pub fn acts(&self) -> bool {
        let of_routes = self.routes.iter().filter_map(|route| route.handled.as_ref());
        self.handled.iter().chain(of_routes).any(|handled| handled.spec.acts())
    }

    pub fn allows_scheme(&self, scheme: Scheme) -> bool {
        scheme == Scheme::Https || !self.spec.https_only || self.spec.deny
    }

    /// An allow rule without ports means the scheme's own; a deny rule without ports means every port.
    pub fn allows_port(&self, target: &Target) -> bool {
        match &self.spec.ports {
            Some(ranges) => ranges.iter().any(|range| range.contains(target.port())),
            None => self.spec.deny || target.port() == target.scheme().default_port(),
        }
    }
}

/// Absent routes mean every path with the default methods (of a deny rule: every method); an empty list means nothing.
fn compile_routes(spec: &RuleSpec, faults: &mut Vec<FieldFault>) -> Vec<Route> {
    let everything = [RouteSpec::path("/**")];
    let specs = spec.routes.as_deref().unwrap_or(&everything);
    if spec.deny && specs.is_empty() {
        faults.push(("routes".to_owned(), "a deny rule without routes denies nothing; leave `routes` out to deny everything".to_owned()));
    }
    let mut routes = Vec::with_capacity(specs.len());
    for (index, route) in specs.iter().enumerate() {
        faults.extend(extent_faults(spec, route, &format!("routes[{index}].")));
        let path = PathPattern::parse(&route.path, spec.deny).map_err(|words| faults.push((format!("routes[{index}].path"), words)));
        let methods = match &route.methods {
            None if spec.deny => Ok(Methods::Every),
            None => Ok(Methods::default()),
            Some(list) if spec.deny && list.is_empty() => {
                let words = "a deny route without methods denies nothing; leave `methods` out to deny every method".to_owned();
                faults.push((format!("routes[{index}].methods"), words));
                continue;
            }
            Some(list) => Methods::parse(list)
                .map(|methods| if spec.deny { methods.with_head() } else { methods })
                .map_err(|words| faults.push((format!("routes[{index}].methods"), words))),
        };
        if let (Ok(path), Ok(methods)) = (path, methods) {
            if path.needs_encoded_slash() && !route.encoded_slash && !spec.deny {
                let words = "the path holds an encoded slash, which is refused without it; write encoded_slash = true".to_owned();
                faults.push((format!("routes[{index}].encoded_slash"), words));
            }
            let extent = route.extent.or(spec.actions.extent);
            let handled = Handled::compile(&route.handling, &format!("routes[{index}]."), &[&path], faults);
            let demands = spec.handling.demands() || route.handling.demands();
            routes.push(Route { place: routes.len(), path, methods, encoded_slash: route.encoded_slash, extent, handled, demands });
        }
    }
    routes
}

/// What the rule does with requests of all its routes. A deny rule does nothing with what it refuses.
fn compile_handling(spec: &RuleSpec, routes: &[Route], faults: &mut Vec<FieldFault>) -> Option<Arc<Handled>> {
    let acting = spec.routes.iter().flatten().map(|route| &route.handling).chain([&spec.handling]).any(|handling| !handling.is_empty());
    if spec.deny && acting {
        let words = "a deny rule refuses, and does nothing else with a request; remove what it says beside";
        faults.push(("middleware".to_owned(), words.to_owned()));
        return None;
    }
    let paths: Vec<&PathPattern> = routes.iter().map(|route| &route.path).collect();
    Handled::compile(&spec.handling, "", &paths, faults)
}

/// What is wrong with how long and how large a route lets a call be.
fn extent_faults(spec: &RuleSpec, route: &RouteSpec, prefix: &str) -> Vec<FieldFault> {
    let faults = route.extent.faults(prefix);
    match route.extent.entries().first().filter(|_| spec.deny) {
        Some(entry) => {
            let field = format!("{prefix}{}", entry.split(' ').next().unwrap_or_default());
            vec![(field, "a deny rule sends nothing; remove one of the two".to_owned())]
        }
        None => faults,
    }
}

fn compile_private(spec: &RuleSpec, faults: &mut Vec<FieldFault>) -> Vec<IpNet> {
    if spec.deny && !spec.private.is_empty() {
        faults.push(("private".to_owned(), "a deny rule cannot exempt an address; remove one of the two".to_owned()));
    }
    let mut nets = Vec::with_capacity(spec.private.len());
    for (index, text) in spec.private.iter().enumerate() {
        match parse_exemption(text) {
            Ok(net) => nets.push(net),
            Err(words) => faults.push((format!("private[{index}]"), words)),
        }
    }
    nets
}

fn parse_exemption(text: &str) -> Result<IpNet, String> {
    let net: IpNet =
        text.parse().map_err(|_| format!("{text:?} is no network; write an address with its prefix length, for example 10.1.2.3/32"))?;
    if net.trunc() != net {
        return Err(format!("{text:?} has bits behind its prefix; write {}", net.trunc()));
    }
    if net.to_string() != text {
        // A leading zero makes a number octal to some readers, so what is meant is not guessed.
        return Err(format!("{text:?} can be read in two ways; if {net} is meant, write that"));
    }
    match always_refused(&net) {
        Some(refused) => Err(format!("{text:?} touches {refused}, which no rule can exempt; name the addresses you need")),
        None => Ok(net),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(spec: RuleSpec) -> Vec<String> {
        Rule::compile(0, spec).err().unwrap_or_default().into_iter().map(|(field, _)| field).collect()
    }

    #[test]
    fn all_faults_of_a_rule_are_reported_at_once() {
        let spec = RuleSpec {
            host: "*".to_owned(),
            ports: Some(vec![]),
            routes: Some(vec![RouteSpec::path("v1"), RouteSpec { methods: Some(vec!["get".to_owned()]), ..RouteSpec::path("/ok") }]),
            private: vec!["10.0.0.1".to_owned(), "169.254.169.254/32".to_owned(), "10.0.0.1/8".to_owned()],
            ..RuleSpec::host("")
        };
        let expected = ["host", "ports", "routes[0].path", "routes[1].methods", "private[0]", "private[1]", "private[2]"];
        assert_eq!(faults(spec), expected);
    }

    #[test]
    fn an_allowed_path_with_an_encoded_slash_needs_the_option() {
        let rule = |deny, encoded_slash| RuleSpec {
            deny,
            routes: Some(vec![RouteSpec { encoded_slash, ..RouteSpec::path("/a%2Fb") }]),
            ..RuleSpec::host("a.test")
        };
        assert_eq!(faults(rule(false, false)), ["routes[0].encoded_slash"]);
        assert!(faults(rule(false, true)).is_empty() && faults(rule(true, false)).is_empty());
    }

    #[test]
    fn an_exemption_has_one_spelling() {
        let rule = |network: &str| RuleSpec { private: vec![network.to_owned()], ..RuleSpec::host("a.test") };
        for good in ["10.1.2.3/32", "10.0.0.0/8", "fd12::1/128", "::1/128"] {
            assert_eq!(faults(rule(good)), [""; 0], "{good}");
        }
        for bad in ["010.1.2.3/32", "10.1.2.03/32", "10.0.0.0/08", "FD12::1/128", "fd12:0:0::1/128", "0x0a.1.2.3/32", "10.1/16"] {
            assert_eq!(faults(rule(bad)), ["private[0]"], "{bad}");
        }
    }

    #[test]
    fn a_deny_rule_cannot_exempt() {
        assert_eq!(faults(RuleSpec { deny: true, private: vec!["10.0.0.0/8".to_owned()], ..RuleSpec::host("a.test") }), ["private"]);
    }
}
