//! NAT64 prefixes that the operator declares, and the IPv4 address inside them (RFC 6052, 2.2).

use ipnet::Ipv6Net;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// A declared NAT64 prefix of length 32, 40, 48, 56, 64 or 96.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Nat64(Ipv6Net);

/// Why a text is no NAT64 prefix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a NAT64 prefix is an IPv6 network of length 32, 40, 48, 56, 64 or 96, for example 64:ff9b::/96")]
pub struct Nat64Error;

impl FromStr for Nat64 {
    type Err = Nat64Error;

    fn from_str(text: &str) -> Result<Self, Nat64Error> {
        let net: Ipv6Net = text.parse().map_err(|_| Nat64Error)?;
        if matches!(net.prefix_len(), 32 | 40 | 48 | 56 | 64 | 96) && net.trunc() == net { Ok(Self(net)) } else { Err(Nat64Error) }
    }
}

impl Nat64 {
    /// The embedded IPv4 address, if the address lies in the prefix. Octet 8 is skipped: RFC 6052 keeps it zero.
    pub(super) fn embedded(self, address: Ipv6Addr) -> Option<Ipv4Addr> {
        if !self.0.contains(&address) {
            return None;
        }
        let octets = address.octets();
        let places = match self.0.prefix_len() {
            32 => [4, 5, 6, 7],
            40 => [5, 6, 7, 9],
            48 => [6, 7, 9, 10],
            56 => [7, 9, 10, 11],
            64 => [9, 10, 11, 12],
            _ => [12, 13, 14, 15],
        };
        Some(Ipv4Addr::from(places.map(|place| octets[place])))
    }
}
