//! The table itself. Within a family the first match counts, so the narrow entries stand first.

use super::AddressKind::{self as K};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use std::net::{Ipv4Addr, Ipv6Addr};

/// IPv4: everything that is refused.
const V4: &[(Ipv4Net, K)] = &[
    v4(0, 0, 0, 0, 32, K::Unspecified),
    v4(100, 100, 100, 200, 32, K::Metadata), // Alibaba Cloud
    v4(168, 63, 129, 16, 32, K::Metadata),   // Azure WireServer: a public address
    v4(192, 0, 0, 192, 32, K::Metadata),     // Oracle Cloud
    v4(192, 80, 8, 124, 32, K::Metadata),    // Equinix Metal: a public address
    v4(169, 254, 169, 254, 32, K::Metadata), // AWS, GCP, Azure and others
    v4(169, 254, 170, 0, 24, K::Metadata),   // AWS container and pod credentials
    v4(0, 0, 0, 0, 8, K::ThisNetwork),
    v4(10, 0, 0, 0, 8, K::Private),
    v4(100, 64, 0, 0, 10, K::Shared),
    v4(127, 0, 0, 0, 8, K::Loopback),
    v4(169, 254, 0, 0, 16, K::LinkLocal),
    v4(172, 16, 0, 0, 12, K::Private),
    v4(192, 0, 0, 0, 24, K::ProtocolAssignments),
    v4(192, 0, 2, 0, 24, K::Documentation),
    v4(192, 88, 99, 0, 24, K::Relay),
    v4(192, 168, 0, 0, 16, K::Private),
    v4(198, 18, 0, 0, 15, K::Benchmark),
    v4(198, 51, 100, 0, 24, K::Documentation),
    v4(203, 0, 113, 0, 24, K::Documentation),
    v4(224, 0, 0, 0, 4, K::Multicast),
    v4(255, 255, 255, 255, 32, K::Broadcast),
    v4(240, 0, 0, 0, 4, K::Reserved),
];

/// IPv6: what is outside of 2000::/3 gets a better name here; what is inside and refused stands at the end.
const V6: &[(Ipv6Net, K)] = &[
    v6([0, 0, 0, 0, 0, 0, 0, 0], 128, K::Unspecified),
    v6([0, 0, 0, 0, 0, 0, 0, 1], 128, K::Loopback),
    v6([0, 0, 0, 0, 0, 0, 0, 0], 96, K::Compatible),
    v6([0, 0, 0, 0, 0xffff, 0, 0, 0], 96, K::Translated),
    v6([0x64, 0xff9b, 0, 0, 0, 0, 0, 0], 96, K::Nat64),
    v6([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48, K::Nat64),
    v6([0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0], 32, K::Metadata), // AWS: instance metadata, pod identity, DNS, time
    v6([0xfd20, 0x00ce, 0, 0, 0, 0, 0, 0x254], 128, K::Metadata), // Google Cloud
    v6([0xfd00, 0x00c1, 0, 0, 0, 0, 0xa9fe, 0xa9fe], 128, K::Metadata), // Oracle Cloud
    v6([0xfd00, 0x0100, 0, 0, 0, 0, 0x0100, 0x0200], 128, K::Metadata), // Alibaba Cloud
    v6([0xfd00, 0x0042, 0, 0, 0, 0, 0, 0x42], 128, K::Metadata), // Scaleway
    v6([0xfd00, 0xa9fe, 0xa9fe, 0, 0, 0, 0, 1], 128, K::Metadata), // Akamai
    v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7, K::UniqueLocal),
    v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, K::LinkLocal),
    v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10, K::SiteLocal),
    v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, K::Multicast),
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 32, K::Tunnel), // Teredo, RFC 4380
    v6([0x2002, 0, 0, 0, 0, 0, 0, 0], 16, K::Tunnel), // 6to4, RFC 3056
    v6([0x2001, 0, 0, 0, 0, 0, 0, 0], 23, K::ProtocolAssignments),
    v6([0x2001, 0x0db8, 0, 0, 0, 0, 0, 0], 32, K::Documentation),
    v6([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20, K::Documentation),
];

const fn v4(a: u8, b: u8, c: u8, d: u8, length: u8, kind: K) -> (Ipv4Net, K) {
    (Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), length), kind)
}

const fn v6(s: [u16; 8], length: u8, kind: K) -> (Ipv6Net, K) {
    (Ipv6Net::new_assert(Ipv6Addr::new(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]), length), kind)
}

pub(super) fn find_v4(address: Ipv4Addr) -> Option<K> {
    V4.iter().find(|(net, _)| net.contains(&address)).map(|(_, kind)| *kind)
}

pub(super) fn find_v6(address: Ipv6Addr) -> Option<K> {
    let listed = V6.iter().find(|(net, _)| net.contains(&address)).map(|(_, kind)| *kind);
    let is_global_unicast = address.segments()[0] & 0xe000 == 0x2000;
    listed.or_else(|| (!is_global_unicast).then_some(K::OutsideGlobal))
}

/// A network of the set that nothing lifts which the given one touches. Used when rules are loaded.
pub(crate) fn always_refused(net: &IpNet) -> Option<IpNet> {
    // An IPv4-mapped network would be compared as IPv4 and so slip by; it has no use of its own.
    let mapped = (IpNet::V6(v6([0, 0, 0, 0, 0, 0xffff, 0, 0], 96, K::Translated).0), K::Translated);
    let v4 = V4.iter().map(|(net, kind)| (IpNet::V4(*net), *kind));
    let v6 = V6.iter().map(|(net, kind)| (IpNet::V6(*net), *kind));
    for (entry, kind) in [mapped].into_iter().chain(v4).chain(v6) {
        let within = entry.contains(net);
        if kind.is_always_refused() && (within || net.contains(&entry)) {
            return Some(entry);
        }
        if within {
            return None;
        }
    }
    None
}
