//! Each way to be refused has its own code, and words that say what was wrong.

use super::{alert, code, house, outcome, raw};
use egret_egress::Protocols;
use egret_testkit::rcgen::{
    BasicConstraints, CidrSubnet, DistinguishedName, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, KeyPair, NameConstraints,
};
use egret_testkit::{Authority, Leaf, RsaKey, Validity, forged_config, rsa_key, self_signed, server_config, server_hello, with_sha1};
use std::sync::Arc;

fn key() -> KeyPair {
    KeyPair::generate().unwrap()
}

#[tokio::test]
async fn a_refusal_says_what_is_wrong_with_the_certificate() {
    let house = house(|_| {});
    let ca = &house.authority;
    let cases = [
        (ca.leaf_with(&["api.test"], Validity::Expired), "egress.tls.expired", "days ago"),
        (ca.leaf_with(&["api.test"], Validity::Future), "egress.tls.not_yet_valid", "days only"),
        (ca.leaf(&["other.test", "10.0.0.1"]), "egress.tls.wrong_name", "other.test, 10.0.0.1"),
        (ca.leaf(&["*.api.test"]), "egress.tls.wrong_name", "*.api.test"),
        (ca.impostor().leaf(&["api.test"]), "egress.tls.bad_signature", "plays a trusted authority"),
        (Authority::new().leaf(&["api.test"]), "egress.tls.unknown_issuer", "tls.roots"),
        (self_signed(&["api.test"]), "egress.tls.self_signed", "signed by itself"),
        (ca.as_leaf(), "egress.tls.authority_as_leaf", "authority's own"),
        (self_signed_authority(), "egress.tls.self_signed", "signed by itself"),
        (client_only(ca), "egress.tls.purpose", "not for servers"),
        (below_constrained(ca), "egress.tls.name_constraint", "may not sign for this name"),
        (below_a_leaf(ca), "egress.tls.chain", "no authority has signed"),
        (below_a_closed_authority(ca), "egress.tls.chain", "longer"),
    ];
    for (leaf, path, words) in cases {
        let (found, said) = outcome(&house, "api.test", server_config(leaf), None).await;
        assert_eq!(found, path, "{said}");
        assert!(said.starts_with("TLS with api.test failed: ") && said.contains(words), "{said}");
    }
}

fn named(name: &str) -> DistinguishedName {
    let mut names = DistinguishedName::new();
    names.push(DnType::CommonName, name);
    names
}

fn self_signed_authority() -> Leaf {
    Authority::with(key(), |params| params.distinguished_name = named("api.test")).as_leaf()
}

fn client_only(ca: &Authority) -> Leaf {
    ca.leaf_of(&["api.test"], key(), |params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth])
}

fn below_constrained(ca: &Authority) -> Leaf {
    let permitted =
        vec![GeneralSubtree::DnsName("inside.test".to_owned()), GeneralSubtree::IpAddress(CidrSubnet::V4([10, 0, 0, 0], [255, 0, 0, 0]))];
    let constraints = NameConstraints { permitted_subtrees: permitted, excluded_subtrees: Vec::new() };
    ca.intermediate("constrained", |params| params.name_constraints = Some(constraints)).leaf(&["api.test"])
}

/// What a thief of a plain certificate would try: to sign others with it.
fn below_a_leaf(ca: &Authority) -> Leaf {
    ca.intermediate("no authority", |params| params.is_ca = IsCa::ExplicitNoCa).leaf(&["api.test"])
}

fn below_a_closed_authority(ca: &Authority) -> Leaf {
    let closed = ca.intermediate("closed", |params| params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0)));
    closed.intermediate("too deep", |_| {}).leaf(&["api.test"])
}

#[tokio::test]
async fn weak_keys_and_signatures_are_told_from_wrong_ones() {
    let house = house(|_| {});
    let ca = &house.authority;
    for bits in [512, 1024, 2040] {
        let forged = ca.certify(&["api.test"], &RsaKey::new(bits), |_| {});
        let (path, words) = outcome(&house, "api.test", forged_config(vec![forged], ca.leaf(&["api.test"]).key), None).await;
        assert_eq!(path, "egress.tls.weak_key");
        assert!(words.contains(&format!("{bits} bits")), "{words}");
    }
    let old = Authority::with(rsa_key(2048), |_| {});
    let house = super::house(|config| config.roots = vec![old.certificate_der()]);
    let leaf = old.leaf(&["api.test"]);
    let sha1 = vec![with_sha1(&leaf.chain[0])];
    assert_eq!(outcome(&house, "api.test", forged_config(sha1, leaf.key), None).await.0, "egress.tls.weak_signature");
    assert_eq!(code(&house, old.leaf(&["api.test"]), None).await, "reached");
}

#[tokio::test]
async fn peers_that_speak_no_tls_or_a_broken_one_are_told_apart() {
    let house = house(|_| {});
    let cases = [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), "egress.tls.not_tls"),
        (b"SSH-2.0-OpenSSH_9.9\r\n".to_vec(), "egress.tls.not_tls"),
        (vec![0x16, 3, 3, 0xff, 0xff, 2], "egress.tls.oversized"),
        (vec![0x16, 9, 9, 0, 4, 2, 0, 0, 0], "egress.tls.version"),
        (vec![0x16, 3, 3, 0, 4, 2, 0, 0, 0], "egress.tls.handshake"),
        (server_hello([3, 1], 0xc02f, None), "egress.tls.version"),
        (server_hello([3, 3], 0x0005, None), "egress.tls.no_common_suite"),
        (alert(40), "egress.tls.no_common_suite"),
        (alert(70), "egress.tls.version"),
        (alert(80), "egress.tls.alert"),
        (alert(112), "egress.tls.alert"),
        (alert(116), "egress.tls.client_certificate"),
        (alert(120), "egress.tls.protocol"),
        (alert(22), "egress.tls.oversized"),
    ];
    for (bytes, path) in cases {
        let (found, words) = raw(&house, bytes.clone()).await;
        assert_eq!(found, path, "{bytes:?}: {words}");
    }
    assert!(raw(&house, alert(112)).await.1.ends_with("the alert unrecognised_name"));
}

#[tokio::test]
async fn a_peer_that_hangs_up_in_the_handshake_is_told_from_one_that_refuses() {
    let house = house(|_| {});
    let peer = egret_testkit::Hostile::script(vec![egret_testkit::Step::ExpectBytes(100)]);
    assert_eq!(super::get(&house, "api.test", peer.address(), None).await.0, "egress.tls.closed_early");
}

#[tokio::test]
async fn a_protocol_that_was_not_offered_is_not_spoken() {
    let house = house(|config| config.protocols = Protocols::Http1);
    for (name, expected) in [("h2", "egress.tls.protocol"), ("evil", "egress.tls.protocol"), ("http/1.1", "reached")] {
        let mut config = egret_testkit::rustls::ServerConfig::clone(&server_config(house.authority.leaf(&["api.test"])));
        config.alpn_protocols = vec![name.as_bytes().to_vec()];
        assert_eq!(outcome(&house, "api.test", Arc::new(config), None).await.0, expected, "{name}");
    }
}
