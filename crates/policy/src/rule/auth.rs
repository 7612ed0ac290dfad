//! Which secret a rule puts into its requests, and where. Names only: the law never sees a secret's value.

use super::FieldFault;
use super::host::HostPattern;
use super::spec::{RuleSpec, quoted};
use crate::checks::fields;
use http::HeaderName;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Characters of a parameter's name, at most.
const MOST: usize = 64;

/// A secret's name: `[A-Z][A-Z0-9_]*`, at most 64 characters. One spelling only, so that no two names look alike.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SecretName(Arc<str>);

impl SecretName {
    /// Characters of a name, at most.
    pub const LONGEST: usize = 64;

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SecretName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let fits = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        if text.len() <= Self::LONGEST && text.starts_with(|first: char| first.is_ascii_uppercase()) && text.bytes().all(fits) {
            return Ok(Self(text.into()));
        }
        Err(format!(
            "{text:?} is no name of a secret; write capital letters, digits and underscores, a letter first, at most {}",
            Self::LONGEST
        ))
    }
}

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a secret goes in a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// `Authorization: Bearer VALUE` (RFC 6750, 2.1). Written `bearer`.
    Bearer,
    /// `Authorization: Basic` of the value, which is `user:password` itself (RFC 7617). Written `basic`.
    Basic,
    /// A field that holds the value and nothing else. Written `header:NAME`.
    Header(HeaderName),
    /// A parameter of the query that is added behind all others. Written `query:NAME`.
    Query(Arc<str>),
    /// Wherever its placeholder stands as one whole segment of the path. Written `path`.
    Path,
    /// Wherever its placeholder stands in the body. Written `body`.
    Body,
}

impl Place {
    /// The header field that the place owns, if it is one.
    #[must_use]
    pub fn field(&self) -> Option<HeaderName> {
        match self {
            Self::Bearer | Self::Basic => Some(http::header::AUTHORIZATION),
            Self::Header(name) => Some(name.clone()),
            Self::Query(_) | Self::Path | Self::Body => None,
        }
    }

    /// Whether a secret may go there: a field that frames or routes, or that the kernel writes for itself, is no place for one.
    #[must_use]
    pub fn may_hold(&self) -> bool {
        self.field().is_none_or(|name| !fields::is_kernels(&name))
    }
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unknown = || format!("{text:?} is no place for a secret; write bearer, basic, header:NAME, query:NAME, path or body");
        match text.split_once(':') {
            None => match text {
                "bearer" => Ok(Self::Bearer),
                "basic" => Ok(Self::Basic),
                "path" => Ok(Self::Path),
                "body" => Ok(Self::Body),
                _ => Err(unknown()),
            },
            Some(("header", name)) => {
                let place = name.parse().map(Self::Header).map_err(|_| unknown())?;
                if place.may_hold() {
                    Ok(place)
                } else {
                    Err(format!("{text:?} is no place for a secret: the kernel writes that field itself"))
                }
            }
            Some(("query", name)) if is_parameter(name) => Ok(Self::Query(name.into())),
            Some(_) => Err(unknown()),
        }
    }
}

/// A parameter's name that no encoding changes, so that it has one spelling.
fn is_parameter(name: &str) -> bool {
    (1..=MOST).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bearer => f.write_str("bearer"),
            Self::Basic => f.write_str("basic"),
            Self::Header(name) => write!(f, "header:{name}"),
            Self::Query(name) => write!(f, "query:{name}"),
            Self::Path => f.write_str("path"),
            Self::Body => f.write_str("body"),
        }
    }
}

/// The secret of a rule and its place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AuthSpec {
    /// The secret.
    pub secret: SecretName,
    /// Where it goes.
    pub place: Place,
}

impl AuthSpec {
    pub(super) fn to_toml(&self) -> String {
        format!("{{ secret = {}, as = {} }}", quoted(self.secret.as_str()), quoted(&self.place.to_string()))
    }
}

/// What is wrong with the secret of a rule for such a host.
pub(super) fn fault(spec: &RuleSpec, host: Option<&HostPattern>) -> Option<FieldFault> {
    let auth = spec.auth.as_ref()?;
    let fault = |words: &str| Some(("auth".to_owned(), words.to_owned()));
    if spec.deny {
        return fault("a deny rule sends nothing; remove one of the two");
    }
    if host.is_some_and(|host| !matches!(host, HostPattern::Exact(_))) {
        return fault("a secret goes to one host: write the exact name in place of a wildcard, in a rule of its own");
    }
    if auth.place.may_hold() { None } else { fault("the kernel writes that field itself; it is no place for a secret") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_has_one_spelling() {
        for good in ["A", "STRIPE_KEY", "K2_"] {
            assert_eq!(good.parse::<SecretName>().unwrap().as_str(), good);
        }
        for bad in ["", "_A", "2A", "stripe_key", "A-B", "A/B", "STRIPE_KEY\u{200b}", "\u{0410}", &"A".repeat(65)] {
            assert!(bad.parse::<SecretName>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn places_are_written_as_they_are_read() {
        for good in ["bearer", "basic", "header:x-api-key", "query:api_key", "path", "body"] {
            assert_eq!(good.parse::<Place>().unwrap().to_string(), good);
        }
        for bad in ["", "Bearer", "header", "header:", "header:a b", "header:a\r\nb", "query:", "query:a=b", "query:a&b", "cookie:a"] {
            assert!(bad.parse::<Place>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_field_of_the_kernels_is_no_place() {
        for bad in [
            "host",
            "Content-Length",
            "te",
            "proxy-authorization",
            "x-egret-app",
            "x-forwarded-for",
            "accept-encoding",
            "sec-websocket-protocol",
        ] {
            assert!(format!("header:{bad}").parse::<Place>().is_err(), "{bad}");
        }
        for good in ["authorization", "cookie", "x-api-key", "user-agent"] {
            assert!(format!("header:{good}").parse::<Place>().is_ok(), "{good}");
        }
    }

    #[test]
    fn a_secret_is_bound_no_wider_than_to_one_host() {
        let auth = Some(AuthSpec { secret: "KEY".parse().unwrap(), place: Place::Bearer });
        let fields = |spec: RuleSpec| crate::rule::Rule::compile(0, spec).err().map(|faults| faults[0].0.clone());
        let rule = |host: &str, deny| RuleSpec { auth: auth.clone(), deny, ..RuleSpec::host(host) };
        assert_eq!(fields(rule("api.example.com", false)), None);
        for wide in [rule("*.example.com", false), rule("**.example.com", false), rule("api.example.com", true)] {
            assert_eq!(fields(wide), Some("auth".to_owned()));
        }
        let place = Place::Header(http::header::HOST);
        let kernels = RuleSpec { auth: Some(AuthSpec { secret: "KEY".parse().unwrap(), place }), ..RuleSpec::host("a.test") };
        assert_eq!(fields(kernels), Some("auth".to_owned()));
    }
}
