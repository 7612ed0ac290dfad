//! Golden cases of the address table, and its agreement with the independent model in `conformance/`.

use super::*;

#[track_caller]
fn check(address: &str, expected: &str) {
    let got = classify(address.parse().unwrap(), &[]).map_or("public", |kind| kind.code().as_str());
    assert_eq!(got, expected, "{address}");
}

#[test]
fn each_kind_is_told_apart() {
    check("1.1.1.1", "public");
    check("9.255.255.255", "public");
    check("172.32.0.1", "public");
    check("0.0.0.0", "egress.addr.unspecified");
    check("0.1.2.3", "egress.addr.this_network");
    check("10.0.0.1", "egress.addr.private");
    check("127.255.255.254", "egress.addr.loopback");
    check("169.254.169.254", "egress.addr.metadata");
    check("168.63.129.16", "egress.addr.metadata");
    check("100.100.100.200", "egress.addr.metadata");
    check("169.254.0.1", "egress.addr.link_local");
    check("255.255.255.255", "egress.addr.broadcast");
    check("250.0.0.1", "egress.addr.reserved");
    check("::", "egress.addr.unspecified");
    check("::1", "egress.addr.loopback");
    check("::7f00:1", "egress.addr.compatible");
    check("::ffff:127.0.0.1", "egress.addr.loopback");
    check("::ffff:0:7f00:1", "egress.addr.translated");
    check("64:ff9b::a9fe:a9fe", "egress.addr.nat64");
    check("64:ff9b:1::1", "egress.addr.nat64");
    check("2002:c0a8:1::1", "egress.addr.tunnel");
    check("2001::80ff:fefe", "egress.addr.tunnel");
    check("fd00:ec2::254", "egress.addr.metadata");
    check("fd00::1", "egress.addr.unique_local");
    check("5f00::1", "egress.addr.outside_global");
    check("2001:470:1f0b:1::5efe:a00:1", "egress.addr.private");
    check("2001:470:1f0b:1::5efe:101:101", "public");
    check("2606:4700:4700::1111", "public");
}

#[test]
fn declared_nat64_prefix_is_judged_by_the_address_inside() {
    let layouts = [
        ("2001:470::/32", "2001:470:a00:1::", "2001:470:101:101::"),
        ("2001:470::/40", "2001:470:a:0:1::", "2001:470:1:101:1::"),
        ("2001:470:1::/48", "2001:470:1:a00:0:100::", "2001:470:1:101:1:100::"),
        ("2001:470:1::/56", "2001:470:1:a:0:1::", "2001:470:1:1:1:101::"),
        ("2001:470:1:1::/64", "2001:470:1:1:a:0:100:0", "2001:470:1:1:1:101:100:0"),
        ("64:ff9b::/96", "64:ff9b::10.0.0.1", "64:ff9b::1.1.1.1"),
    ];
    for (prefix, private, public) in layouts {
        let nat64 = [prefix.parse().unwrap()];
        assert_eq!(classify(private.parse().unwrap(), &nat64), Some(AddressKind::Private), "{prefix} {private}");
        assert_eq!(classify(public.parse().unwrap(), &nat64), None, "{prefix} {public}");
    }
    assert!("64:ff9b::/95".parse::<Nat64>().is_err());
    assert!("64:ff9b::1/96".parse::<Nat64>().is_err());
}

#[test]
fn an_exemption_lifts_what_it_names_and_nothing_else() {
    let nets = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<IpNet>>();
    let around = Surroundings {
        own: vec!["198.50.100.7".parse().unwrap()],
        listeners: vec!["0.0.0.0:3000".parse().unwrap()],
        ..Surroundings::default()
    };
    let judge = |address: &str, port, exempt: &[&str]| judge(address.parse().unwrap(), port, &nets(exempt), &[], &around);
    assert_eq!(judge("10.1.2.3", 443, &["10.1.2.3/32"]), None);
    assert_eq!(judge("::ffff:10.1.2.3", 443, &["10.1.2.3/32"]), None);
    assert_eq!(judge("10.1.2.4", 443, &["10.1.2.3/32"]), Some(AddressKind::Private));
    assert_eq!(judge("169.254.169.254", 80, &["169.254.0.0/16"]), Some(AddressKind::Metadata));
    assert_eq!(judge("198.50.100.7", 443, &[]), Some(AddressKind::Own));
    assert_eq!(judge("198.50.100.7", 443, &["198.50.100.7/32"]), None);
    assert_eq!(judge("127.0.0.1", 3000, &["127.0.0.1/32"]), Some(AddressKind::Listener));
    assert_eq!(judge("198.50.100.7", 3000, &["198.50.100.7/32"]), Some(AddressKind::Listener));
    assert_eq!(judge("127.0.0.1", 3001, &["127.0.0.1/32"]), None);
}

#[test]
fn exemptions_that_touch_the_always_refused_set_are_found() {
    let touches = |net: &str| always_refused(&net.parse().unwrap()).is_some();
    assert!(touches("0.0.0.0/0") && touches("169.254.169.254/32") && touches("100.64.0.0/10") && touches("::/0"));
    assert!(touches("fd00::/8") && touches("ff02::1/128") && touches("::ffff:10.0.0.0/104"));
    assert!(!touches("10.0.0.0/8") && !touches("127.0.0.0/8") && !touches("fd12::/16") && !touches("192.168.1.7/32"));
}

#[test]
fn another_spelling_of_an_own_address_is_own_all_the_same() {
    let around = Surroundings {
        own: vec!["198.50.100.7".parse().unwrap()],
        listeners: vec!["[::ffff:198.50.100.7]:80".parse().unwrap()],
        ..Surroundings::default()
    };
    let nat64 = ["64:ff9b::/96".parse().unwrap()];
    let judge = |address: &str, port| judge(address.parse().unwrap(), port, &[], &nat64, &around);
    assert_eq!(judge("64:ff9b::198.50.100.7", 443), Some(AddressKind::Own));
    assert_eq!(judge("64:ff9b::198.50.100.7", 80), Some(AddressKind::Listener));
    assert_eq!(judge("198.50.100.7", 80), Some(AddressKind::Listener));
}

#[test]
fn a_neighbour_on_an_ipv6_link_of_our_own_is_refused_unless_exempted() {
    let links = vec![("2606:4700:1:2::10".parse().unwrap(), 64), ("2a00:1::1".parse().unwrap(), 128), ("2a02::1".parse().unwrap(), 32)];
    let around = Surroundings { links, ..Surroundings::default() };
    let judged = |address: &str, exempt: &[IpNet]| judge(address.parse().unwrap(), 443, exempt, &[], &around);
    assert_eq!(judged("2606:4700:1:2:ffff::1", &[]), Some(AddressKind::Neighbour));
    assert_eq!(judged("2606:4700:1:2:ffff::1", &["2606:4700:1:2:ffff::1/128".parse().unwrap()]), None);
    for public in ["2606:4700:1:3::10", "2a00:1::2", "2a02::2", "93.184.215.14"] {
        assert_eq!(judged(public, &[]), None, "{public}");
    }
}
