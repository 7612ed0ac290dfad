//! The one host that a request is for.

use crate::config::Hosts;
use crate::refusal::Refusal;
use http::header::HOST;
use http::request::Parts;
use std::net::Ipv6Addr;

/// A host with its optional port, in lower case, for example `localhost:8080`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Host(String);

impl Host {
    /// The host of a request: exactly one `Host` field, and a request target that names no other one
    /// (RFC 9112, 3.2; two hosts are how a cache and a server are made to disagree).
    pub(crate) fn of(head: &Parts) -> Result<Self, Refusal> {
        let mut fields = head.headers.get_all(HOST).iter();
        let (Some(field), None) = (fields.next(), fields.next()) else {
            return Err(Refusal::BadHost("exactly one Host field is needed"));
        };
        let host = field.to_str().ok().and_then(Self::parse).ok_or(Refusal::BadHost("the Host field is no host"))?;
        let target = head.uri.authority().map(|authority| authority.as_str().to_ascii_lowercase());
        if target.is_some_and(|target| target != host.0) {
            return Err(Refusal::BadHost("the request target names another host than the Host field"));
        }
        Ok(host)
    }

    /// The host and port as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a gateway that answers to `hosts` is meant.
    pub(crate) fn among(&self, hosts: Hosts) -> Result<(), Refusal> {
        let (name, _) = split(&self.0);
        let local = name == "localhost" || name.ends_with(".localhost") || name == "127.0.0.1" || name == "[::1]";
        match hosts {
            Hosts::Any => Ok(()),
            Hosts::Local if local => Ok(()),
            Hosts::Local => Err(Refusal::WrongHost),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let (name, port) = split(text);
        let port_fits = port.is_none_or(|port| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok());
        (port_fits && is_name(name)).then(|| Self(text.to_ascii_lowercase()))
    }
}

/// Name and port; the colons of an address in brackets belong to the name.
fn split(text: &str) -> (&str, Option<&str>) {
    let name_end = text.rfind(']').map_or(0, |at| at + 1);
    match text[name_end..].find(':') {
        Some(at) => (&text[..name_end + at], Some(&text[name_end + at + 1..])),
        None => (text, None),
    }
}

fn is_name(name: &str) -> bool {
    if let Some(address) = name.strip_prefix('[') {
        return address.strip_suffix(']').is_some_and(|address| address.parse::<Ipv6Addr>().is_ok());
    }
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::Host;
    use crate::config::Hosts;

    #[test]
    fn hosts_are_names_or_addresses_with_an_optional_port() {
        for good in ["a", "a.b:80", "A-1.example", "127.0.0.1:1", "[::1]", "[2001:db8::1]:65535", "a_b"] {
            assert_eq!(Host::parse(good).unwrap().as_str(), good.to_ascii_lowercase());
        }
        let bad = [
            "",
            ":80",
            "a:",
            "a:b",
            "a:+1",
            "a:65536",
            "u@a",
            "a/b",
            "a b",
            "[::1",
            "::1",
            "[::1]x",
            "[::1%25eth0]",
            "[1.2.3.4]",
            "a,b",
            "é",
        ];
        for bad in bad {
            assert_eq!(Host::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn local_hosts_are_those_of_this_machine_by_name() {
        let is_local = |text: &str| Host::parse(text).unwrap().among(Hosts::Local).is_ok();
        for local in ["localhost", "LocalHost:3000", "shop.localhost:1", "127.0.0.1:8080", "[::1]:8080"] {
            assert!(is_local(local), "{local}");
        }
        for other in ["example.com", "localhost.example.com", "notlocalhost", "127.0.0.2", "10.0.0.1", "[::2]", "localhost."] {
            assert!(!is_local(other), "{other}");
        }
    }
}
