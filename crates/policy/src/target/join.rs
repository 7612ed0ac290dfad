//! A reference against a target: what a `Location` leads to (RFC 3986, 5.2), judged as strictly as any URL.

use super::Target;
use crate::{Code, Denial};

impl Target {
    /// Resolves a `Location`. Its fragment is dropped.
    ///
    /// # Errors
    /// `policy.redirect.location` for what is no reference, else what [`Target::parse`] refuses.
    pub fn join(&self, reference: &str) -> Result<Self, Denial> {
        let reference = reference.split('#').next().unwrap_or_default();
        if has_scheme(reference) {
            return Self::parse(reference);
        }
        if reference.starts_with("//") {
            return Self::parse(&format!("{}:{reference}", self.scheme.as_str()));
        }
        if reference.contains('\\') {
            return Err(Denial::new(Code::RedirectLocation, "the Location holds a backslash"));
        }
        if reference.starts_with('/') {
            return Self::parse(&format!("{}{reference}", self.origin()));
        }
        if reference.is_empty() {
            return Err(Denial::new(Code::RedirectLocation, "the Location leads nowhere else"));
        }
        if reference.starts_with('?') {
            return Self::parse(&format!("{}{}{reference}", self.origin(), self.path()));
        }
        let folder = self.path().rsplit_once('/').map_or("", |(folder, _)| folder);
        Self::parse(&format!("{}{folder}/{reference}", self.origin()))
    }
}

/// A scheme, as RFC 3986, 3.1 writes it, before the first of `:/?`.
fn has_scheme(reference: &str) -> bool {
    let end = reference.find([':', '/', '?']).unwrap_or(reference.len());
    reference[end..].starts_with(':')
        && reference.starts_with(|c: char| c.is_ascii_alphabetic())
        && reference[..end].bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(reference: &str, expected: &str) {
        let base = Target::parse("https://api.example.com/v1/a?q=1").unwrap();
        let got = base.join(reference).map_or_else(|denial| denial.code().to_string(), |target| target.to_url());
        assert_eq!(got, expected, "{reference:?}");
    }

    #[test]
    fn references_resolve_as_the_rfc_says_or_are_refused() {
        check("https://other.example.com/x#f", "https://other.example.com/x");
        check("//other.example.com/x", "https://other.example.com/x");
        check("/v2", "https://api.example.com/v2");
        check("b/c", "https://api.example.com/v1/b/c");
        check("../b", "https://api.example.com/b");
        check("?r=2", "https://api.example.com/v1/a?r=2");
        check("", "policy.redirect.location");
        check("#f", "policy.redirect.location");
        check("./x:y", "https://api.example.com/v1/x:y");
        check("javascript:alert(1)", "policy.target.scheme");
        check("\\\\evil.test/", "policy.redirect.location");
        check("/a b", "policy.target.control");
        check("https://user@evil.test/", "policy.target.userinfo");
        check("///evil.test", "policy.target.slashes");
    }
}
