//! Where a request wants to go, in its one canonical form. The only URL parser in the house.
//!
//! Parsing is strict before it is standard: a pre-parser refuses whatever two parsers may read differently, then the
//! result is held against the `url` crate. What is matched, dialled, sent and logged are the fields made here (I3).

mod authority;
mod host;
mod join;
mod metadata;
mod path;
mod plain;
mod query;
mod reading;

pub use host::{Host, Name};
pub(crate) use metadata::is_metadata;
pub use query::Parameter;
pub(crate) use reading::readings;

use crate::{Code, Denial};
use std::fmt::{self, Write};
use std::ops::Range;

/// The longest URL that is read, in bytes.
pub const MAX_URL: usize = 8 << 10;

/// The two schemes there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Plain HTTP.
    Http,
    /// HTTP over TLS.
    Https,
}

impl Scheme {
    /// `http` or `https`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// 80 or 443.
    #[must_use]
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// Where a request wants to go. One text, the canonical URL, of which everything that is sent is a part.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Target {
    scheme: Scheme,
    host: Host,
    port: u16,
    url: String,
    /// Where the path stands; behind it there is nothing, or a question mark and the query.
    path: Range<usize>,
}

impl Target {
    /// Reads an absolute URL. The fragment is dropped: it is never sent.
    ///
    /// # Errors
    /// A denial with a code of `policy.target`, `policy.name` or `policy.path`.
    pub fn parse(url: &str) -> Result<Self, Denial> {
        plain::read(url).map_or_else(|| Self::parse_thoroughly(url), Ok)
    }

    fn parse_thoroughly(url: &str) -> Result<Self, Denial> {
        refuse_size_and_controls(url)?;
        let (scheme, rest) = split_scheme(url)?;
        let rest = rest.split('#').next().unwrap_or_default();
        let (before_query, query) = match rest.split_once('?') {
            Some((before, query)) => (before, Some(query)),
            None => (rest, None),
        };
        if before_query.contains('\\') {
            return Err(Denial::new(Code::TargetBackslash, "the URL holds a backslash; write / for a path, %5C for data in a query"));
        }
        let path_start = before_query.find('/').unwrap_or(before_query.len());
        let (authority, raw_path) = before_query.split_at(path_start);
        let (host, port) = authority::parse(authority, scheme)?;
        let target = Self::put_together(scheme, host, port, &path::canonical(raw_path)?, query.map(query::canonical).as_deref());
        target.agrees_with_the_standard(url)?;
        Ok(target)
    }

    fn put_together(scheme: Scheme, host: Host, port: u16, path: &str, query: Option<&str>) -> Self {
        let mut url = format!("{}://{host}", scheme.as_str());
        if port != scheme.default_port() {
            let _ = write!(url, ":{port}");
        }
        let start = url.len();
        url.push_str(path);
        let path = start..url.len();
        query.into_iter().for_each(|query| url.extend(["?", query]));
        Self { scheme, host, port, url, path }
    }

    /// The scheme.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host that is matched, resolved, sent as SNI and as `Host`.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The port that is dialled.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The canonical path; starts with a slash.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.url[self.path.clone()]
    }

    /// The query, as it is sent; without its question mark.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.url.get(self.path.end + 1..)
    }

    /// The parameters of the query, first to last.
    pub fn parameters(&self) -> impl Iterator<Item = Parameter<'_>> {
        self.query().into_iter().flat_map(query::parameters)
    }

    /// The `Host` header: the host, with the port where it is not the scheme's own.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.url[self.scheme.as_str().len() + "://".len()..self.path.start]
    }

    /// The request line's target in origin form (RFC 9112, 3.2.1): path and query.
    #[must_use]
    pub fn origin_form(&self) -> &str {
        &self.url[self.path.start..]
    }

    /// The whole canonical URL, query included. For the wire and for callers; logs use `Display`.
    #[must_use]
    pub fn to_url(&self) -> String {
        self.url.clone()
    }

    /// Scheme and authority, for example `https://api.example.com:8443`.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.url[..self.path.start]
    }

    /// The same without its query, of which no copy is made: what records keep.
    #[must_use]
    pub fn without_query(&self) -> Self {
        let (host, url, path) = (self.host.clone(), self.url[..self.path.end].to_owned(), self.path.clone());
        Self { scheme: self.scheme, host, port: self.port, url, path }
    }

    /// Whether two targets have scheme, host and port in common.
    #[must_use]
    pub fn same_origin(&self, other: &Self) -> bool {
        self.scheme == other.scheme && self.host == other.host && self.port == other.port
    }

    /// Whether the path holds `%2F`, which only a route that says so lets through.
    pub(crate) fn has_encoded_slash(&self) -> bool {
        self.path().contains("%2F")
    }

    /// The second reading: the `url` crate must find the same parts in the canonical form and the same host in the
    /// original, so that no string is decided as one thing and understood as another.
    fn agrees_with_the_standard(&self, original: &str) -> Result<(), Denial> {
        let disagree = || Denial::new(Code::TargetAmbiguous, "the standard URL parser reads this URL differently");
        let canonical = self.url.as_str();
        if canonical.len() > MAX_URL {
            // Escapes make it longer; what is accepted must be accepted again in its canonical form.
            return Err(too_long(canonical.len()));
        }
        let again = url::Url::parse(canonical).map_err(|_| disagree())?;
        if again.as_str() != canonical {
            return Err(disagree());
        }
        // Most URLs are written in their canonical form, which has just been read.
        let first = if original == canonical { again } else { url::Url::parse(original).map_err(|_| disagree())? };
        let host_agrees = first.host_str().is_some_and(|host| self.host.is_written(host));
        if host_agrees && first.port_or_known_default() == Some(self.port) { Ok(()) } else { Err(disagree()) }
    }
}

/// For people and logs: never shows the query, which may hold secrets.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", &self.url[..self.path.end], if self.query().is_some() { "?…" } else { "" })
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn refuse_size_and_controls(url: &str) -> Result<(), Denial> {
    if url.len() > MAX_URL {
        return Err(too_long(url.len()));
    }
    match url.chars().find(|c| *c <= ' ' || *c == '\u{7f}') {
        Some(c) => Err(Denial::new(Code::TargetControl, format!("the URL holds the character U+{:04X}; encode it", c as u32))),
        None => Ok(()),
    }
}

fn too_long(bytes: usize) -> Denial {
    Denial::new(Code::TargetTooLong, format!("the URL is {bytes} bytes long, the limit is {MAX_URL}"))
}

/// The scheme in any case, then exactly two slashes and something behind them.
fn split_scheme(url: &str) -> Result<(Scheme, &str), Denial> {
    let no_scheme = || Denial::new(Code::TargetScheme, "the URL must begin with https:// or http://");
    let (name, rest) = url.split_once(':').ok_or_else(no_scheme)?;
    let scheme = if name.eq_ignore_ascii_case("https") {
        Scheme::Https
    } else if name.eq_ignore_ascii_case("http") {
        Scheme::Http
    } else {
        return Err(no_scheme());
    };
    let slashes = || Denial::new(Code::TargetSlashes, "the scheme must be followed by exactly two slashes and a host");
    let rest = rest.strip_prefix("//").ok_or_else(slashes)?;
    if rest.starts_with(['/', '\\']) { Err(slashes()) } else { Ok((scheme, rest)) }
}

#[cfg(test)]
mod tests;
