//! From what an owner writes at the command line to a rule: a host, a wildcard or a URL becomes what a manifest would say,
//! together with words on what was made of it. Pure; whether the rule holds is the law's to say.

use crate::Fault;
use egret_policy::{AuthSpec, PortRange, RouteSpec, RuleSpec, Scheme, Target};
use std::fmt::Display;

/// What beside the target was asked for.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// Whether the rule refuses what it matches.
    pub deny: bool,
    /// Methods; none given, the rule's default.
    pub methods: Vec<String>,
    /// A path pattern; absent, the URL's path.
    pub path: Option<String>,
    /// Whether plain http is allowed.
    pub http: bool,
    /// Ports and ranges of them; none given, the URL's.
    pub ports: Vec<String>,
    /// Networks that the host may resolve to although they are not public.
    pub private: Vec<String>,
    /// The secret that the kernel puts in.
    pub auth: Option<AuthSpec>,
    /// Whether credentials of the guest's own are refused.
    pub require: bool,
}

/// A rule, and how it came out of the words.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The rule.
    pub rule: RuleSpec,
    /// A sentence for each thing that was understood, left out or given by default.
    pub notes: Vec<String>,
}

/// Reads a target: `api.example.com`, `*.example.com`, `host:8443` or a URL.
///
/// # Errors
/// `Fault::Invalid` with words on what to write instead.
pub fn read(target: &str, wish: &Wish) -> Result<Reading, Fault> {
    let place = Written::parse(target)?;
    let mut notes = vec![place.host_note(target)];
    let rule = RuleSpec {
        deny: wish.deny,
        ports: ports(&place, wish)?,
        https_only: https_only(&place, wish)?,
        routes: routes(&place, wish, &mut notes)?,
        private: wish.private.clone(),
        auth: wish.auth.clone(),
        require: wish.require,
        ..RuleSpec::host(place.host)
    };
    if wish.deny {
        let ports = if rule.ports.is_some() { "" } else { ", on every port" };
        notes.push(format!("a deny rule refuses http and https{ports}, whatever allows it"));
    }
    Ok(Reading { rule, notes })
}

/// The parts of a target.
struct Written {
    host: String,
    target: Target,
    is_url: bool,
    /// The port, where it is not the scheme's own.
    port: Option<u16>,
    had_query: bool,
}

impl Written {
    fn parse(text: &str) -> Result<Self, Fault> {
        let is_url = text.contains("://");
        if !is_url && text.contains(['/', '?', '#', '@', '\\']) {
            return Err(invalid("a target is a host, a wildcard or a URL; write https:// before a host with a path"));
        }
        let url = if is_url { text.to_owned() } else { format!("https://{text}/") };
        let (scheme, rest) = url.split_once("://").unwrap_or_default();
        // The wildcard is the law's word, not a URL's: it is taken off for the parser and put back for the law.
        let stars = ["**.", "*."].into_iter().find(|stars| rest.starts_with(stars)).unwrap_or_default();
        let url = format!("{scheme}://{}", &rest[stars.len()..]);
        let target = Target::parse(&url).map_err(|denial| invalid(denial.message()))?;
        let port = Some(target.port()).filter(|port| *port != target.scheme().default_port());
        Ok(Self { host: format!("{stars}{}", target.host()), is_url, port, had_query: url.contains('?'), target })
    }

    fn host_note(&self, text: &str) -> String {
        let same = text.split("://").last().is_some_and(|rest| rest.starts_with(&self.host));
        let port = self.port.map_or_else(String::new, |port| format!(", port {port}"));
        format!("host {}{port}{}", self.host, if same { "" } else { ", as it is written in its one form" })
    }
}

fn ports(place: &Written, wish: &Wish) -> Result<Option<Vec<PortRange>>, Fault> {
    match (place.port, wish.ports.is_empty()) {
        (Some(_), false) => Err(invalid("the target names a port and so does --ports; write one of them")),
        (Some(port), true) => Ok(Some(vec![PortRange::single(port)])),
        (None, true) => Ok(None),
        (None, false) => wish.ports.iter().map(|text| text.parse().map_err(invalid)).collect::<Result<_, _>>().map(Some),
    }
}

/// Plain http is never the consequence of five letters in a URL.
fn https_only(place: &Written, wish: &Wish) -> Result<bool, Fault> {
    if place.target.scheme() == Scheme::Http && !wish.http && !wish.deny {
        return Err(invalid("http is not encrypted, so anybody on the way can read and change what is sent; add --http if that is meant"));
    }
    Ok(wish.deny || !wish.http)
}

fn routes(place: &Written, wish: &Wish, notes: &mut Vec<String>) -> Result<Option<Vec<RouteSpec>>, Fault> {
    let written = Some(place.target.path()).filter(|path| place.is_url && *path != "/");
    if written.is_some() && wish.path.is_some() {
        return Err(invalid("the URL has a path and --path is another; write one of them"));
    }
    if place.had_query {
        notes.push("a rule says nothing of queries: what stands behind the ? was left out".to_owned());
    }
    let path = wish.path.as_deref().or(written);
    notes.push(match path {
        Some(path) if path.contains('*') || path.contains("/:") => format!("paths like {path}"),
        Some(path) => format!("path {path} and no other; for all below it write {}/**", path.trim_end_matches('/')),
        None => "every path".to_owned(),
    });
    let methods = (!wish.methods.is_empty()).then(|| wish.methods.clone());
    notes.push(methods.as_ref().map_or_else(|| default_methods(wish), |methods| format!("methods {}", methods.join(", "))));
    if path.is_none() && methods.is_none() {
        return Ok(None);
    }
    Ok(Some(vec![RouteSpec { methods, ..RouteSpec::path(path.unwrap_or("/**")) }]))
}

fn default_methods(wish: &Wish) -> String {
    if wish.deny { "every method".to_owned() } else { "methods GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS".to_owned() }
}

fn invalid(words: impl Display) -> Fault {
    Fault::Invalid(words.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use egret_policy::Policy;

    fn rule(target: &str, wish: Wish) -> String {
        let rule = read(target, &wish).unwrap().rule;
        Policy::builder().rule(rule.clone()).build().unwrap();
        rule.to_toml("net").replace("[[net]]\n", "").trim_end().replace('\n', "; ")
    }

    fn fault(target: &str, wish: Wish) -> String {
        read(target, &wish).unwrap_err().to_string()
    }

    #[test]
    fn a_target_becomes_the_rule_that_a_manifest_would_have() {
        let plain = |target| rule(target, Wish::default());
        assert_eq!(plain("api.example.com"), r#"host = "api.example.com""#);
        assert_eq!(plain("*.example.com"), r#"host = "*.example.com""#);
        assert_eq!(plain("**.example.com:8443"), "host = \"**.example.com\"; ports = [8443]");
        assert_eq!(plain("https://x.test/y"), "host = \"x.test\"; routes = [{ path = \"/y\" }]");
        assert_eq!(plain("https://X.Test:443/"), r#"host = "x.test""#);
        assert_eq!(plain("https://*.x.test:1/a/*?k=v#f"), "host = \"*.x.test\"; ports = [1]; routes = [{ path = \"/a/*\" }]");
        assert_eq!(plain("[2606:4700::1111]"), r#"host = "[2606:4700::1111]""#);
    }

    #[test]
    fn options_say_what_a_host_alone_does_not() {
        let methods = vec!["GET".to_owned(), "POST".to_owned()];
        let with_methods = rule("a.test", Wish { methods: methods.clone(), ..Wish::default() });
        assert_eq!(with_methods, "host = \"a.test\"; routes = [{ path = \"/**\", methods = [\"GET\", \"POST\"] }]");
        assert_eq!(rule("http://a.test", Wish { http: true, ..Wish::default() }), "host = \"a.test\"; https_only = false");
        assert_eq!(rule("http://a.test", Wish { deny: true, ..Wish::default() }), "host = \"a.test\"; deny = true");
        let path = Wish { path: Some("/v1/:id".to_owned()), ports: vec!["8000-8099".to_owned()], ..Wish::default() };
        assert_eq!(rule("a.test", path), "host = \"a.test\"; ports = [\"8000-8099\"]; routes = [{ path = \"/v1/:id\" }]");
        let private = Wish { private: vec!["10.0.0.7/32".to_owned()], ..Wish::default() };
        assert_eq!(rule("a.test", private), "host = \"a.test\"; private = [\"10.0.0.7/32\"]");
    }

    #[test]
    fn what_was_made_of_a_url_is_said() {
        let notes = |target| read(target, &Wish::default()).unwrap().notes.join("\n");
        let said = notes("https://X.test:8443/y/?token=hunter2");
        assert!(
            said.contains("host x.test, port 8443, as it is written in its one form") && said.contains("path /y/ and no other"),
            "{said}"
        );
        assert!(said.contains("/y/**") && said.contains("behind the ?") && !said.contains("hunter2"), "{said}");
        assert!(notes("a.test").contains("every path\nmethods GET"));
    }

    #[test]
    fn what_could_be_meant_in_two_ways_is_asked_back() {
        assert!(fault("http://a.test", Wish::default()).contains("--http"));
        assert!(fault("a.test/y", Wish::default()).contains("https://"));
        assert!(fault("https://a.test/y", Wish { path: Some("/z".to_owned()), ..Wish::default() }).contains("--path"));
        assert!(fault("a.test:1", Wish { ports: vec!["2".to_owned()], ..Wish::default() }).contains("--ports"));
        for bad in ["", "*", "ftp://a.test", "https://u:hunter2@a.test/", "https://0x7f.1/", "a b", "https://", "*.*.a.test"] {
            let read = read(bad, &Wish::default()).map(|reading| Policy::builder().rule(reading.rule).build().is_ok());
            assert!(!matches!(read, Ok(true)), "{bad:?}");
            assert!(!format!("{read:?}").contains("hunter2"));
        }
    }
}
