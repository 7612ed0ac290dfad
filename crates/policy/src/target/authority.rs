//! The part between `//` and the path: host and port, nothing else.

use super::{Host, Scheme, host, is_metadata};
use crate::{Code, Denial};
use std::net::Ipv6Addr;

/// Splits an authority and reads both parts.
pub(super) fn parse(authority: &str, scheme: Scheme) -> Result<(Host, u16), Denial> {
    if authority.contains('@') {
        return Err(Denial::new(Code::TargetUserinfo, "the URL carries a user name or password; use a secret by reference instead"));
    }
    let (host, port) = if authority.starts_with('[') { bracketed(authority)? } else { named(authority)? };
    if let Some(name) = host.name().filter(|name| is_metadata(name.as_str())) {
        return Err(Denial::new(Code::NameMetadata, format!("{} is the metadata service of a cloud; no rule opens it", name.as_str())));
    }
    Ok((host, self::port(port, scheme)?))
}

fn bracketed(authority: &str) -> Result<(Host, Option<&str>), Denial> {
    let bad = || Denial::new(Code::TargetBracket, "what stands in brackets is no IPv6 address");
    let (inner, behind) = authority.strip_prefix('[').and_then(|rest| rest.split_once(']')).ok_or_else(bad)?;
    if inner.contains('%') {
        return Err(Denial::new(Code::TargetZoneId, "an IPv6 address with a zone id cannot be reached from here"));
    }
    let address: Ipv6Addr = inner.parse().map_err(|_| bad())?;
    if address.to_ipv4_mapped().is_some() {
        // A second spelling of an IPv4 address would slip by the rules that name the first.
        return Err(Denial::new(Code::TargetMapped, "write the IPv4 address itself, not its IPv6-mapped form"));
    }
    match behind.strip_prefix(':') {
        Some(port) => Ok((Host::V6(address), Some(port))),
        None if behind.is_empty() => Ok((Host::V6(address), None)),
        None => Err(bad()),
    }
}

fn named(authority: &str) -> Result<(Host, Option<&str>), Denial> {
    let (name, port) = match authority.split_once(':') {
        Some((name, port)) => (name, Some(port)),
        None => (authority, None),
    };
    if name.is_empty() {
        return Err(Denial::new(Code::TargetNoHost, "the URL names no host"));
    }
    if name.contains('%') {
        return Err(Denial::new(Code::TargetPercentInHost, "a host must not be percent-encoded"));
    }
    Ok((host::parse(name)?, port))
}

/// Decimal ASCII digits only; empty means the scheme's own; leading zeros are dropped.
fn port(port: Option<&str>, scheme: Scheme) -> Result<u16, Denial> {
    let Some(digits) = port.filter(|digits| !digits.is_empty()) else { return Ok(scheme.default_port()) };
    let bad = || Denial::new(Code::TargetPort, "the port must be a number from 1 to 65535");
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(bad());
    }
    match digits.trim_start_matches('0').parse() {
        Ok(port) if port > 0 => Ok(port),
        _ => Err(bad()),
    }
}
