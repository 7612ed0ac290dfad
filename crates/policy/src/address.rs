//! Which addresses may be dialled: IPv4 by a table of what is refused, IPv6 only inside global unicast.
//!
//! Sources: the IANA special-purpose registries (RFC 6890 and its successors) and the documentation of the clouds for the
//! addresses of their metadata and control services. Embedded IPv4 is decoded and judged again.

mod kind;
mod nat64;
mod table;

pub use kind::AddressKind;
pub use nat64::{Nat64, Nat64Error};
pub(crate) use table::always_refused;

use ipnet::IpNet;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

/// A link has a prefix of 64 bits (RFC 4291, 2.5.1) or a longer one; a much shorter one is the route of a tunnel to many networks.
const SHORTEST_LINK: u8 = 48;

/// What the process knows of its own place in the network; read by the kernel, judged here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// The addresses of this machine's interfaces.
    pub own: Vec<IpAddr>,
    /// The networks of global IPv6 addresses that this machine's interfaces lie on: an address of each, and the length of the prefix in
    /// bits. IPv4 is left out on purpose: see `docs/decisions/0010-on-link-neighbours.md`.
    pub links: Vec<(Ipv6Addr, u8)>,
    /// Egret's own listeners. An unspecified address stands for every own one. Nothing lifts their refusal.
    pub listeners: Vec<SocketAddr>,
}

impl Surroundings {
    fn is_own(&self, address: IpAddr) -> bool {
        self.own.iter().any(|own| own.to_canonical() == address)
    }

    /// Whether an address is that of a neighbour: on a link of our own, and not behind any router.
    fn is_neighbour(&self, address: IpAddr) -> bool {
        let IpAddr::V6(address) = address else { return false };
        self.links.iter().filter(|(_, length)| *length >= SHORTEST_LINK).any(|(own, length)| {
            let behind = 128_u32.saturating_sub(u32::from(*length));
            let prefix = |address: Ipv6Addr| address.to_bits().checked_shr(behind).unwrap_or_default();
            prefix(*own) == prefix(address)
        })
    }

    fn listens_at(&self, address: IpAddr, port: u16) -> bool {
        let is_here = address.is_loopback() || self.is_own(address);
        self.listeners.iter().any(|listener| {
            let at = listener.ip().to_canonical();
            listener.port() == port && (at == address || at.is_unspecified() && is_here)
        })
    }
}

/// Whether an address leads to another one: by itself, or through a declared NAT64 prefix.
pub(crate) fn is_at(address: IpAddr, other: IpAddr, nat64: &[Nat64]) -> bool {
    forms(address, nat64).any(|form| form == other.to_canonical())
}

/// An address and the IPv4 address that a declared NAT64 prefix makes of it.
fn forms(address: IpAddr, nat64: &[Nat64]) -> impl Iterator<Item = IpAddr> {
    let address = address.to_canonical();
    let embedded = match address {
        IpAddr::V4(_) => None,
        IpAddr::V6(v6) => nat64.iter().find_map(|prefix| prefix.embedded(v6)),
    };
    [Some(address), embedded.map(IpAddr::V4)].into_iter().flatten()
}

/// The kind that makes an address refused, or `None` for one that is public.
///
/// `nat64` are the operator's declared prefixes: inside them the embedded IPv4 address decides.
#[must_use]
pub fn classify(address: IpAddr, nat64: &[Nat64]) -> Option<AddressKind> {
    match address.to_canonical() {
        IpAddr::V4(v4) => table::find_v4(v4),
        IpAddr::V6(v6) => classify_v6(v6, nat64),
    }
}

fn classify_v6(address: Ipv6Addr, nat64: &[Nat64]) -> Option<AddressKind> {
    if let Some(embedded) = nat64.iter().find_map(|prefix| prefix.embedded(address)) {
        return table::find_v4(embedded);
    }
    table::find_v6(address).or_else(|| isatap(address).and_then(table::find_v4))
}

/// The IPv4 address in an ISATAP interface id (RFC 5214, 6.1), under any prefix.
fn isatap(address: Ipv6Addr) -> Option<std::net::Ipv4Addr> {
    match address.segments() {
        [_, _, _, _, 0 | 0x0200, 0x5efe, high, low] => {
            let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
            Some(std::net::Ipv4Addr::new(a, b, c, d))
        }
        _ => None,
    }
}

/// Judges one address for one port under the exemptions of one rule.
pub(crate) fn judge(address: IpAddr, port: u16, exempt: &[IpNet], nat64: &[Nat64], around: &Surroundings) -> Option<AddressKind> {
    if forms(address, nat64).any(|form| around.listens_at(form, port)) {
        return Some(AddressKind::Listener);
    }
    let own = || forms(address, nat64).any(|form| around.is_own(form)).then_some(AddressKind::Own);
    let neighbour = || forms(address, nat64).any(|form| around.is_neighbour(form)).then_some(AddressKind::Neighbour);
    let kind = classify(address, nat64).or_else(own).or_else(neighbour)?;
    let address = address.to_canonical();
    let lifted = !kind.is_always_refused() && exempt.iter().any(|net| net.contains(&address));
    (!lifted).then_some(kind)
}

#[cfg(test)]
mod tests;
