//! The address table against the IANA registries, the tests of CPython, Rust and ipaddr.js, and IPv4 hidden in IPv6.
//!
//! Where a source calls an address global and we refuse it, the block is listed with its reason. The other direction, an
//! address that a source refuses and we let through, has no list: there must be none.

use super::{Tally, cases};
use egret_policy::{Nat64, classify};
use ipnet::IpNet;
use serde_json::Value;
use std::net::IpAddr;

/// Blocks that a source calls global, or does not list, and that are refused here.
const STRICTER: &[(&str, &str)] = &[
    ("192.0.0.0/24", "protocol assignments are refused whole: two anycast addresses in it serve no web"),
    ("224.0.0.0/4", "multicast has global scopes, but no TCP"),
    ("64:ff9b::/96", "NAT64 is judged only where the operator declares the prefix"),
    ("2001::/23", "protocol assignments are refused whole: anycast, AMT, ORCHIDv2 and DRIP serve no web"),
    ("fec0::/10", "site-local was deprecated by RFC 3879, but networks that use it are private"),
    ("::/3", "outside of 2000::/3, which is all of global unicast that is given out"),
    ("4000::/2", "outside of 2000::/3, which is all of global unicast that is given out"),
    ("8000::/1", "outside of 2000::/3, which is all of global unicast that is given out"),
];

/// What a case says of its addresses.
enum Says {
    Public,
    Refused,
    /// It is public if the operator's network translates that prefix.
    IfDeclared,
    /// "Not multicast" leaves open whether it is public.
    Nothing,
}

#[test]
fn every_address_that_a_source_refuses_is_refused() {
    let Some(cases) = cases("ip-ranges/ip-cases.json") else { return };
    let mut tally = Tally::default();
    for case in &cases {
        tally.count(judge(case));
    }
    tally.check(
        "ip-ranges",
        &[
            ("NAT64 is judged only where the operator declares the prefix", 2),
            ("as the source says: public", 45),
            ("as the source says: public where declared", 5),
            ("as the source says: refused", 221),
            ("multicast has global scopes, but no TCP", 2),
            ("not applicable: a zone id, which no address holds here", 1),
            ("not applicable: says what it is not", 9),
            ("outside of 2000::/3, which is all of global unicast that is given out", 12),
            ("protocol assignments are refused whole: anycast, AMT, ORCHIDv2 and DRIP serve no web", 20),
            ("protocol assignments are refused whole: two anycast addresses in it serve no web", 3),
            ("site-local was deprecated by RFC 3879, but networks that use it are private", 1),
        ],
    );
}

/// The heap of one case; all of its addresses must go to the same.
fn judge(case: &Value) -> &'static str {
    let Some(addresses) = addresses(case) else { return "not applicable: a zone id, which no address holds here" };
    let public = addresses.iter().all(|address| classify(*address, &[]).is_none());
    let refused = addresses.iter().all(|address| classify(*address, &[]).is_some());
    match says(case) {
        Says::Refused => {
            assert!(refused && !declared_is_public(addresses[0]), "a hole: {case}");
            "as the source says: refused"
        }
        Says::Public if public => "as the source says: public",
        Says::Public => stricter(&addresses, case),
        Says::IfDeclared => {
            assert!(addresses.iter().all(|address| declared_is_public(*address)), "{case}");
            "as the source says: public where declared"
        }
        Says::Nothing => "not applicable: says what it is not",
    }
}

/// A network is judged by its two ends.
fn addresses(case: &Value) -> Option<Vec<IpAddr>> {
    let text = case["ip"].as_str().unwrap();
    if text.contains('%') {
        return None;
    }
    match text.parse::<IpNet>() {
        Ok(net) => Some(vec![net.network(), net.broadcast()]),
        Err(_) => Some(vec![text.parse().unwrap()]),
    }
}

/// Each source has its own words: IANA's column, a range of ipaddr.js, a property of CPython or Rust, our own `expect`.
fn says(case: &Value) -> Says {
    let word = |key: &str| case[key].as_str().unwrap_or_default().to_lowercase();
    let is_public = matches!(word("globally_reachable").as_str(), "true" | "unlisted")
        || matches!(word("range").as_str(), "unicast" | "as112" | "as112v6")
        || case["prop"] == "is_global" && case["value"] == true;
    if is_public {
        Says::Public
    } else if case["expect"] == "policy" {
        Says::IfDeclared
    } else if case["value"] == false && case["prop"] != "is_global" {
        Says::Nothing
    } else {
        Says::Refused
    }
}

/// Whether an address is public once both NAT64 prefixes of the suite are declared.
fn declared_is_public(address: IpAddr) -> bool {
    let prefixes: [Nat64; 2] = ["64:ff9b::/96", "64:ff9b:1::/96"].map(|prefix| prefix.parse().unwrap());
    classify(address, &prefixes).is_none()
}

#[track_caller]
fn stricter(addresses: &[IpAddr], case: &Value) -> &'static str {
    let listed = |net: &str| addresses.iter().all(|address| net.parse::<IpNet>().unwrap().contains(address));
    match STRICTER.iter().find(|(net, _)| listed(net)) {
        Some((_, reason)) => reason,
        None => panic!("refused without a reason: {case}"),
    }
}
