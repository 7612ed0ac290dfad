//! Sets of methods. Names are case-sensitive (RFC 9110, 9.1); what Egret never sends cannot be written.

use http::Method;

/// A set of methods.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Methods {
    /// Every method: deny rules without a list.
    Every,
    /// The listed ones, sorted.
    Listed(Vec<Method>),
}

impl Default for Methods {
    fn default() -> Self {
        Self::exactly(vec![Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::HEAD, Method::OPTIONS])
    }
}

impl Methods {
    /// The given ones.
    pub fn exactly(mut methods: Vec<Method>) -> Self {
        methods.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        methods.dedup();
        Self::Listed(methods)
    }

    /// Reads a list of names.
    pub fn parse(names: &[String]) -> Result<Self, String> {
        let methods: Result<Vec<_>, String> = names.iter().map(|name| method(name)).collect();
        methods.map(Self::exactly)
    }

    /// What a deny rule means by GET: a HEAD tells as much of a resource's existence and size.
    pub fn with_head(self) -> Self {
        match &self {
            Self::Listed(methods) if methods.contains(&Method::GET) => {
                Self::exactly(methods.iter().cloned().chain([Method::HEAD]).collect())
            }
            Self::Every | Self::Listed(_) => self,
        }
    }

    pub fn contains(&self, method: &Method) -> bool {
        match self {
            Self::Every => true,
            Self::Listed(methods) => methods.contains(method),
        }
    }

    /// How many; the fewer, the more specific.
    pub fn len(&self) -> usize {
        match self {
            Self::Every => usize::MAX,
            Self::Listed(methods) => methods.len(),
        }
    }

    pub fn overlaps(&self, other: &Self) -> bool {
        match self {
            Self::Every => true,
            Self::Listed(methods) => methods.iter().any(|method| other.contains(method)),
        }
    }

    /// For messages: `GET, POST`.
    pub fn words(&self) -> String {
        match self {
            Self::Every => "every method".to_owned(),
            Self::Listed(methods) if methods.is_empty() => "no method".to_owned(),
            Self::Listed(methods) => methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", "),
        }
    }
}

fn method(name: &str) -> Result<Method, String> {
    let upper = name.to_ascii_uppercase();
    if upper != name {
        return Err(format!("methods are case-sensitive; write {upper:?} for {name:?}"));
    }
    if is_forbidden(name) {
        return Err(format!("{name} is never sent"));
    }
    if !is_token(name) {
        return Err(format!("{name:?} is no method; write an upper-case name, for example \"GET\""));
    }
    Method::from_bytes(name.as_bytes()).map_err(|_| format!("{name:?} is no method"))
}

/// Upper-case letters, digits and hyphens, at most 32: every registered method but `*` (IANA HTTP Method Registry).
pub(crate) fn is_token(name: &str) -> bool {
    (1..=32).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-')
}

/// Methods that no rule can allow: tunnels, reflections of the request, and HTTP/2's preface.
pub(crate) fn is_forbidden(name: &str) -> bool {
    matches!(name, "CONNECT" | "TRACE" | "TRACK" | "PRI")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_strict() {
        let read = |names: &[&str]| Methods::parse(&names.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert!(read(&["GET", "POST"]).unwrap().contains(&Method::GET));
        assert!(read(&["PROPFIND"]).is_ok());
        assert!(!read(&[]).unwrap().contains(&Method::GET));
        for bad in ["get", "*", "", "TRACE", "CONNECT", "G ET"] {
            assert!(read(&[bad]).is_err(), "{bad:?}");
        }
    }
}
