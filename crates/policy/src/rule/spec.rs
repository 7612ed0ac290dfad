//! A rule as the owner writes it: plain data, made by a manifest, a server's file or a program.

use super::handling::Handling;
use super::{Actions, AuthSpec, CacheSpec, Extent, TlsSpec};
use std::fmt::{self, Write};
use std::str::FromStr;

/// One rule. Equality of two specs means that they act alike; the pool of connections relies on it (I5).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RuleSpec {
    /// `api.example.com`, `*.example.com` (one label), `**.example.com` (any depth) or an IP address. Wildcards never match the apex.
    pub host: String,
    /// Whether the rule refuses what it matches. Deny beats allow.
    pub deny: bool,
    /// Ports; `None` means the scheme's own (for a deny rule: every port).
    pub ports: Option<Vec<PortRange>>,
    /// Whether plain http is refused. Default true. Without meaning for a deny rule, which matches both.
    pub https_only: bool,
    /// Routes; `None` means every path with the default methods, an empty list means nothing.
    pub routes: Option<Vec<RouteSpec>>,
    /// Networks that this host may resolve to although they are not public, for example `10.1.2.3/32`.
    pub private: Vec<String>,
    /// Whether fields that make a server see another method or path (`X-HTTP-Method-Override`, `X-Original-URL`) may be
    /// sent. Default false: the rule would be decided on what the server does not see.
    pub override_headers: bool,
    /// Whether fields that speak of another client or host (`Forwarded`, `X-Forwarded-Host`, `X-Real-IP`) may be sent.
    /// Default false.
    pub forwarding_headers: bool,
    /// What is asked of TLS beyond what always holds.
    pub tls: Option<TlsSpec>,
    /// The secret that the kernel puts into every request of the rule, in place of what the guest wrote there.
    pub auth: Option<AuthSpec>,
    /// Whether credentials of the guest's own are refused: a guest must not carry data out to an account of somebody else.
    pub require: bool,
    /// Whether a body may follow a redirect that keeps the method (307, 308) to another origin. Default false.
    pub redirect_body: bool,
    /// What is done with every request of the rule, and what is demanded of it.
    pub handling: Handling,
    /// What the rule does beside allowing: tries, rates, breaker, bounds. Nothing by default.
    pub actions: Actions,
    /// Whether answers are kept to be used again, and for how long at most. Default: none are.
    pub cache: Option<CacheSpec>,
}

impl RuleSpec {
    /// The short form: this host, https on its own port, every path, the default methods.
    #[must_use]
    pub fn host(host: impl Into<String>) -> Self {
        Self {
            host: host.into(),
            deny: false,
            ports: None,
            https_only: true,
            routes: None,
            private: Vec::new(),
            override_headers: false,
            forwarding_headers: false,
            tls: None,
            auth: None,
            require: false,
            redirect_body: false,
            handling: Handling::default(),
            actions: Actions::default(),
            cache: None,
        }
    }

    /// The rule as a table of a manifest, for example of `net`.
    #[must_use]
    pub fn to_toml(&self, table: &str) -> String {
        let mut out = format!("[[{table}]]\nhost = {}\n", quoted(&self.host));
        if let Some(ports) = &self.ports {
            let quoted = |range: &PortRange| if range.first == range.last { range.to_string() } else { format!("\"{range}\"") };
            let _ = writeln!(out, "ports = [{}]", ports.iter().map(quoted).collect::<Vec<_>>().join(", "));
        }
        let flags = [
            ("deny", self.deny),
            ("override_headers", self.override_headers),
            ("forwarding_headers", self.forwarding_headers),
            ("require", self.require),
            ("redirect_body", self.redirect_body),
        ];
        for (name, _) in flags.iter().filter(|(_, set)| *set) {
            let _ = writeln!(out, "{name} = true");
        }
        if !self.https_only {
            out.push_str("https_only = false\n");
        }
        if let Some(routes) = &self.routes {
            let routes: Vec<String> = routes.iter().map(RouteSpec::to_toml).collect();
            let _ = writeln!(out, "routes = [{}]", routes.join(", "));
        }
        if !self.private.is_empty() {
            let _ = writeln!(out, "private = {}", list(&self.private));
        }
        if let Some(tls) = &self.tls {
            let _ = writeln!(out, "tls = {}", tls.to_toml());
        }
        if let Some(auth) = &self.auth {
            let _ = writeln!(out, "auth = {}", auth.to_toml());
        }
        out.push_str(&self.actions.to_toml());
        if let Some(cache) = self.cache {
            let _ = writeln!(out, "cache = {}", cache.to_toml());
        }
        for (key, value) in self.handling.to_toml() {
            let _ = writeln!(out, "{key} = {value}");
        }
        out
    }
}

/// One route of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RouteSpec {
    /// The path pattern: `/v1/users/:id`, `/files/:kind(png|jpg)`, `*` one segment, `**` zero or more, `**:rest` one or more.
    pub path: String,
    /// Methods; `None` means GET, POST, PUT, PATCH, DELETE, HEAD and OPTIONS (for a deny rule: every method).
    pub methods: Option<Vec<String>>,
    /// Whether the path may hold `%2F`. Default false.
    pub encoded_slash: bool,
    /// What is done with every request of the route, after what its rule does, and what is demanded of it.
    pub handling: Handling,
    /// How long and how large a call of this route may be; what it does not say, the rule does.
    pub extent: Extent,
}

impl RouteSpec {
    /// A route with the default methods.
    #[must_use]
    pub fn path(path: impl Into<String>) -> Self {
        Self { path: path.into(), methods: None, encoded_slash: false, extent: Extent::default(), handling: Handling::default() }
    }

    fn to_toml(&self) -> String {
        let methods = self.methods.as_ref().map_or_else(String::new, |methods| format!(", methods = {}", list(methods)));
        let slash = if self.encoded_slash { ", encoded_slash = true" } else { "" };
        let extent: String = self.extent.entries().iter().map(|entry| format!(", {entry}")).collect();
        let handling: String = self.handling.to_toml().into_iter().map(|(key, value)| format!(", {key} = {value}")).collect();
        format!("{{ path = {}{methods}{slash}{extent}{handling} }}", quoted(&self.path))
    }
}

/// One port or an inclusive range of them, written `443` or `8000-8099`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PortRange {
    first: u16,
    last: u16,
}

impl PortRange {
    /// A single port; 0 is no port.
    #[must_use]
    pub const fn single(port: u16) -> Self {
        Self { first: port, last: port }
    }

    /// Whether the port lies in the range.
    #[must_use]
    pub const fn contains(self, port: u16) -> bool {
        self.first <= port && port <= self.last
    }

    /// Its ports, lowest first.
    pub fn ports(self) -> impl Iterator<Item = u16> {
        self.first..=self.last
    }

    /// Whether two ranges have a port in common.
    pub(crate) const fn meets(self, other: Self) -> bool {
        self.first <= other.last && other.first <= self.last
    }

    /// Whether the whole range lies below another one.
    pub(crate) const fn is_below(self, other: Self) -> bool {
        self.last < other.first
    }

    /// The same ports in ascending order, each once.
    pub(crate) fn merged(mut ranges: Vec<Self>) -> Vec<Self> {
        ranges.sort_by_key(|range| range.first);
        let mut merged: Vec<Self> = Vec::with_capacity(ranges.len());
        for range in ranges {
            match merged.last_mut() {
                Some(last) if range.first <= last.last.saturating_add(1) => last.last = last.last.max(range.last),
                Some(_) | None => merged.push(range),
            }
        }
        merged
    }
}

impl FromStr for PortRange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let port = |digits: &str| {
            // A leading zero makes a number octal to some readers.
            let plain = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
            plain.then(|| digits.parse::<u16>().ok()).flatten()
        };
        match (port(first), port(last)) {
            (Some(first), Some(last)) if first <= last => Ok(Self { first, last }),
            _ => Err(format!("{text:?} is no port; write a number from 1 to 65535 or a range like \"8000-8099\"")),
        }
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last { write!(f, "{}", self.first) } else { write!(f, "{}-{}", self.first, self.last) }
    }
}

/// A TOML basic string.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_ascii_graphic() || c == ' ' || c.is_alphanumeric() => out.push(c),
            c => _ = write!(out, "\\U{:08X}", u32::from(c)),
        }
    }
    out.push('"');
    out
}

pub(super) fn list(texts: &[String]) -> String {
    format!("[{}]", texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn port_ranges_are_read_strictly() {
        let read = |text: &str| text.parse::<PortRange>().map(|range| range.to_string()).ok();
        assert_eq!(read("443").as_deref(), Some("443"));
        assert_eq!(read("8000-8099").as_deref(), Some("8000-8099"));
        for bad in ["0", "", "-", "+80", "65536", "9-8", "1-2-3", "80 ", "0443", "080-90", "80-090", "00"] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn merged_ranges_hold_the_same_ports() {
        let merged = |text: &str| {
            let ranges = text.split(',').map(|range| range.parse().unwrap()).collect();
            PortRange::merged(ranges).iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
        };
        assert_eq!(merged("8000-8099,443,8050-9000,444,80,80,65535,1-65535"), "1-65535");
        assert_eq!(merged("8000-8099,443,8050-9000,444,80,80,65535"), "80,443-444,8000-9000,65535");
    }

    #[test]
    fn what_is_written_as_toml_is_read_as_the_same() {
        let nasty = "a\"b\\c\u{202e}\n\u{1b}é/";
        let route = RouteSpec { methods: Some(vec![nasty.to_owned()]), ..RouteSpec::path(nasty) };
        let rule = RuleSpec { routes: Some(vec![route]), private: vec![nasty.to_owned()], ..RuleSpec::host(nasty) };
        let table: toml::Table = rule.to_toml("net").parse().unwrap();
        let net = &table["net"][0];
        assert_eq!(net["host"].as_str(), Some(nasty));
        assert_eq!(net["private"][0].as_str(), Some(nasty));
        assert_eq!((net["routes"][0]["path"].as_str(), net["routes"][0]["methods"][0].as_str()), (Some(nasty), Some(nasty)));
    }
}
