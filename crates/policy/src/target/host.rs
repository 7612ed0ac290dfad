//! A host: a domain name in its punycode form, or an address in its one plain spelling.

use crate::{Code, Denial};
use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};
use std::borrow::Cow;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

/// A host as it is matched, resolved and sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Host {
    /// A domain name.
    Name(Name),
    /// An IPv4 address, written as a dotted quad.
    V4(Ipv4Addr),
    /// An IPv6 address, written in brackets.
    V6(Ipv6Addr),
}

impl Host {
    /// The name, if it is one.
    #[must_use]
    pub fn name(&self) -> Option<&Name> {
        match self {
            Self::Name(name) => Some(name),
            Self::V4(_) | Self::V6(_) => None,
        }
    }

    /// The address, if it is one.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        match self {
            Self::Name(_) => None,
            Self::V4(address) => Some(IpAddr::V4(*address)),
            Self::V6(address) => Some(IpAddr::V6(*address)),
        }
    }

    /// What of it belongs to one owner: a name's registrable domain as the public suffix list has it, else the whole host.
    #[must_use]
    pub fn site(&self) -> Cow<'_, str> {
        match self {
            Self::Name(name) => psl::domain_str(name.as_str()).unwrap_or(name.as_str()).into(),
            Self::V4(_) | Self::V6(_) => self.to_string().into(),
        }
    }

    /// Whether a text is this host in its canonical form.
    #[must_use]
    pub fn is(&self, canonical: &str) -> bool {
        match self {
            Self::Name(name) => name.as_str() == canonical,
            Self::V4(_) | Self::V6(_) => self.to_string() == canonical,
        }
    }

    /// Whether a standard parser's spelling (one trailing dot tolerated) is this host.
    pub(super) fn is_written(&self, standard: &str) -> bool {
        match self {
            Self::Name(name) => standard.strip_suffix('.').unwrap_or(standard) == name.as_str(),
            Self::V4(_) | Self::V6(_) => standard.trim_matches(['[', ']']).parse().ok() == self.address(),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name.as_str()),
            Self::V4(address) => address.fmt(f),
            Self::V6(address) => write!(f, "[{address}]"),
        }
    }
}

/// A domain name: lower case, punycode, without trailing dot, each label 1 to 63 and the whole at most 253 octets.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(Arc<str>);

impl Name {
    /// The ASCII form: matched, resolved, sent and shown.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The Unicode form, to be shown to people beside the ASCII one.
    #[must_use]
    pub fn unicode(&self) -> Cow<'_, str> {
        Uts46::new().to_unicode(self.0.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast).0
    }

    /// The labels, from the left.
    pub fn labels(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('.')
    }

    /// A name in the form that this type holds.
    pub(super) fn of(canonical: &str) -> Self {
        Self(canonical.into())
    }

    /// Reads a name; an address in any notation is refused here.
    pub(crate) fn parse(raw: &str) -> Result<Self, Denial> {
        match parse(raw)? {
            Host::Name(name) => Ok(name),
            Host::V4(_) | Host::V6(_) => Err(Denial::new(Code::TargetIpv4Form, "an address stands where a name belongs")),
        }
    }
}

/// Reads a host that is not in brackets.
///
/// UTS 46, non-transitional, with the STD3 rules. Hyphens in the third and fourth place are allowed: names of content
/// networks have them. Ideographic dots become dots here, before anything is matched.
pub(super) fn parse(raw: &str) -> Result<Host, Denial> {
    let ascii = Uts46::new()
        .to_ascii(raw.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast, DnsLength::Ignore)
        .map_err(|_| Denial::new(Code::NameIdna, "the host is no valid domain name"))?;
    let name = ascii.strip_suffix('.').unwrap_or(&ascii);
    refuse_lengths(name)?;
    refuse_encoded(name)?;
    if ends_in_a_number(name) {
        return match raw.parse::<Ipv4Addr>() {
            Ok(address) => Ok(Host::V4(address)),
            Err(_) => Err(Denial::new(Code::TargetIpv4Form, "an IPv4 address must be written as a plain dotted quad")),
        };
    }
    Ok(Host::Name(Name::of(name)))
}

fn refuse_lengths(name: &str) -> Result<(), Denial> {
    if name.split('.').any(str::is_empty) {
        return Err(Denial::new(Code::NameEmptyLabel, "the host has an empty label"));
    }
    if name.len() > 253 || name.split('.').any(|label| label.len() > 63) {
        return Err(Denial::new(Code::NameLength, "a label may have 63 and a name 253 octets"));
    }
    Ok(())
}

/// The allowance for hyphens in the third and fourth place lets a label through that decodes to another encoded label.
fn refuse_encoded(name: &str) -> Result<(), Denial> {
    for label in name.split('.').filter(|label| label.starts_with("xn--")) {
        let (decoded, _) = Uts46::new().to_unicode(label.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast);
        if decoded.starts_with("xn--") {
            return Err(Denial::new(Code::NameIdna, "the host is no valid domain name"));
        }
    }
    Ok(())
}

/// The URL standard's rule: a host whose last label is decimal or hexadecimal is an IPv4 address or nothing.
fn ends_in_a_number(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or_default();
    let hex = last.strip_prefix("0x").or_else(|| last.strip_prefix("0X"));
    last.bytes().all(|byte| byte.is_ascii_digit()) || hex.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
