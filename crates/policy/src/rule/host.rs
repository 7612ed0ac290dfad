//! Which hosts a rule names: one exactly, one label below a name, or any depth below it. Never the apex of a wildcard.

mod suffixes;

use crate::target::{Host, Name, is_metadata};
use std::fmt;
use suffixes::Suffixes;

/// A compiled host pattern. The order is the order of specificity, the narrowest last.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum HostPattern {
    /// Every host: only the open mode makes it, no text does.
    Any,
    /// `**.example.com`.
    AnyDepth(Name),
    /// `*.example.com`.
    OneLabel(Name),
    /// `api.example.com`, or an address.
    Exact(Host),
}

impl HostPattern {
    /// Reads a pattern, which must be written in canonical form. Only a deny rule may cover a whole public suffix.
    pub fn parse(text: &str, deny: bool) -> Result<Self, String> {
        if let Some(apex) = text.strip_prefix("**.") {
            return wildcard(apex, Depth::Any, deny).map(Self::AnyDepth);
        }
        if let Some(apex) = text.strip_prefix("*.") {
            return wildcard(apex, Depth::One, deny).map(Self::OneLabel);
        }
        if text.contains('*') {
            return Err(format!("{text:?}: a wildcard stands for whole labels at the front, \"*.example.com\" or \"**.example.com\""));
        }
        let host = exact(text)?;
        if !deny && host.name().is_some_and(|name| is_metadata(name.as_str())) {
            return Err(format!("{text:?} is the metadata service of a cloud, which no rule opens; remove the rule"));
        }
        Ok(Self::Exact(host))
    }

    /// Whether the pattern covers a host. For words; rules are found by the index.
    pub fn matches(&self, host: &Host) -> bool {
        let above =
            |name: &Name, apex: &Name| name.as_str().strip_suffix(apex.as_str()).and_then(|rest| rest.strip_suffix('.')).map(str::len);
        match (self, host.name()) {
            (Self::Any, _) => true,
            (Self::Exact(exact), _) => exact == host,
            (Self::OneLabel(apex), Some(name)) => above(name, apex).is_some_and(|end| !name.as_str()[..end].contains('.')),
            (Self::AnyDepth(apex), Some(name)) => above(name, apex).is_some(),
            (Self::OneLabel(_) | Self::AnyDepth(_), None) => false,
        }
    }

    /// How narrow the pattern is; more labels are narrower within a kind.
    pub fn specificity(&self) -> (u8, usize) {
        match self {
            Self::Any => (0, 0),
            Self::AnyDepth(apex) => (1, apex.labels().count()),
            Self::OneLabel(apex) => (2, apex.labels().count()),
            Self::Exact(_) => (3, 0),
        }
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("any host"),
            Self::AnyDepth(apex) => write!(f, "**.{}", apex.as_str()),
            Self::OneLabel(apex) => write!(f, "*.{}", apex.as_str()),
            Self::Exact(host) => host.fmt(f),
        }
    }
}

fn exact(text: &str) -> Result<Host, String> {
    if let Ok(address) = text.trim_matches(['[', ']']).parse::<std::net::Ipv6Addr>() {
        return Ok(Host::V6(address));
    }
    if let Ok(address) = text.parse::<std::net::Ipv4Addr>() {
        return Ok(Host::V4(address));
    }
    name(text).map(Host::Name)
}

/// A wildcard of an allow rule stands for names of one owner. Which names everyone can register below says the public suffix
/// list, the part of private owners (hosting, storage) included.
fn wildcard(apex: &str, depth: Depth, deny: bool) -> Result<Name, String> {
    let apex = name(apex)?;
    if deny {
        return Ok(apex);
    }
    let shown = apex.as_str();
    match Suffixes::below(shown) {
        Suffixes::Apex => Err(format!("everyone can register below {shown:?}; name the domain that you mean")),
        Suffixes::Unlisted => {
            Err(format!("nobody knows who can register below {shown:?}, which is no public top level; name the domain that you mean"))
        }
        Suffixes::Children => Err(format!("everyone can register below the names under {shown:?}; name the domain that you mean")),
        Suffixes::Deeper if depth == Depth::Any => Err(format!(
            "there are names below {shown:?} under which everyone can register; write \"*.{shown}\", or name the domain that you mean"
        )),
        Suffixes::Deeper | Suffixes::None => Ok(apex),
    }
}

/// How far down a wildcard reaches.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    One,
    Any,
}

fn name(text: &str) -> Result<Name, String> {
    let hint = if text.contains("://") || text.contains('/') { "; write the host alone, paths belong to routes" } else { "" };
    let name = Name::parse(text).map_err(|denial| format!("{text:?} is no host: {}{hint}", denial.message()))?;
    if name.as_str() == text { Ok(name) } else { Err(format!("write {text:?} in its canonical form, {:?}", name.as_str())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<&str, &str>) {
        match (HostPattern::parse(text, false), expected) {
            (Ok(pattern), Ok(expected)) => assert_eq!(pattern.to_string(), expected),
            (Err(words), Err(part)) => assert!(words.contains(part), "{text:?}: {words}"),
            (got, _) => panic!("{text:?}: {got:?}, not {expected:?}"),
        }
    }

    #[test]
    fn patterns_are_canonical_or_refused() {
        check("api.example.com", Ok("api.example.com"));
        check("*.example.com", Ok("*.example.com"));
        check("**.example.com", Ok("**.example.com"));
        check("10.1.2.3", Ok("10.1.2.3"));
        check("[2606:4700::1]", Ok("[2606:4700::1]"));
        check("*", Err("whole labels"));
        check("**", Err("whole labels"));
        check("*example.com", Err("whole labels"));
        check("a.*.example.com", Err("whole labels"));
        check("*.com", Err("everyone can register"));
        check("**.co.uk", Err("everyone can register"));
        check("*.github.io", Err("everyone can register"));
        check("API.example.com", Err("canonical form, \"api.example.com\""));
        check("api.example.com.", Err("canonical form"));
        check("bücher.example", Err("xn--bcher-kva.example"));
        check("https://api.example.com/v1", Err("paths belong to routes"));
        check("127.1", Err("is no host"));
        check("", Err("is no host"));
    }

    #[test]
    fn no_rule_allows_a_metadata_service_by_name() {
        check("metadata.goog", Err("no rule opens"));
        check("metadata.packet.net", Err("no rule opens"));
        check("*.packet.net", Ok("*.packet.net"));
        assert!(HostPattern::parse("metadata.goog", true).is_ok());
    }

    #[test]
    fn only_deny_rules_cover_a_public_suffix() {
        assert!(HostPattern::parse("**.zip", false).is_err());
        assert!(HostPattern::parse("**.zip", true).is_ok());
        for (text, words) in [
            ("*.corp-unlisted", "no public top level"),
            ("**.newtld", "no public top level"),
            ("**.github.io", "everyone can register"),
            ("*.ck", "everyone can register"),
            ("**.kawasaki.jp", "below the names under"),
            ("*.compute-1.amazonaws.com", "below the names under"),
            ("**.compute.amazonaws.com", "below the names under"),
            ("**.amazonaws.com", "write \"*.amazonaws.com\""),
            ("**.windows.net", "write \"*.windows.net\""),
            ("**.core.windows.net", "write \"*.core.windows.net\""),
        ] {
            check(text, Err(words));
            assert!(HostPattern::parse(text, true).is_ok(), "{text}");
        }
    }

    #[test]
    fn wildcards_below_names_of_one_owner_stay() {
        for text in [
            "**.example.com",
            "**.github.com",
            "*.amazonaws.com",
            "**.bucket.s3.amazonaws.com",
            "**.www.ck",
            "**.city.kawasaki.jp",
            "**.example.co.uk",
            "**.eu.newtld",
            "**.test",
            "**.corp.internal",
            "*.internal",
        ] {
            check(text, Ok(text));
        }
    }
}
