//! What a rule demands of TLS is done, for that rule and for no other.

use super::{code, get, house, outcome, pin};
use crate::house::House;
use egret_egress::{ClientIdentity, Trust};
use egret_policy::{Pin, Root, TlsSpec, TlsVersion};
use egret_testkit::rcgen::ExtendedKeyUsagePurpose;
use egret_testkit::rustls::version::{TLS12, TLS13};
use egret_testkit::{Authority, Hostile, Leaf, Step, mutual_config, server_config, versioned_config};

fn demand(change: impl FnOnce(&mut TlsSpec)) -> Option<TlsSpec> {
    let mut spec = TlsSpec::default();
    change(&mut spec);
    Some(spec)
}

fn pinned(pins: Vec<Pin>) -> Option<TlsSpec> {
    demand(|tls| tls.pins = Some(pins))
}

#[tokio::test]
async fn any_key_of_the_verified_chain_satisfies_a_pin_and_no_other_does() {
    let house = house(|_| {});
    let between = house.authority.intermediate("between", |_| {});
    let leaf = || between.leaf(&["api.test"]);
    for public in [house.authority.public(), between.public()] {
        let pins = vec![Pin::new([0; 32]), pin(&public)];
        assert_eq!(code(&house, leaf(), pinned(pins)).await, "reached");
    }
    let shown = leaf();
    let own = pin(&shown.public);
    assert_eq!(code(&house, shown, pinned(vec![own])).await, "reached");
    assert_eq!(code(&house, leaf(), pinned(vec![own])).await, "egress.tls.pin", "another key of the same authority");
}

#[tokio::test]
async fn a_pinned_certificate_that_is_only_shown_and_verifies_nothing_does_not_count() {
    let house = house(|_| {});
    let stranger = Authority::new();
    let mut leaf = house.authority.leaf(&["api.test"]);
    leaf.chain.push(stranger.certificate_der());
    assert_eq!(code(&house, leaf, pinned(vec![pin(&stranger.public())])).await, "egress.tls.pin");
}

#[tokio::test]
async fn a_pin_does_not_replace_verification() {
    let house = house(|_| {});
    let stranger = Authority::new().leaf(&["api.test"]);
    let own = pin(&stranger.public);
    assert_eq!(code(&house, stranger, pinned(vec![own])).await, "egress.tls.unknown_issuer");
}

#[tokio::test]
async fn authorities_of_a_rule_count_for_that_rule_alone() {
    let house = house(|_| {});
    let own = Authority::new();
    let roots = vec![Root::from_der(own.certificate_der().to_vec()).unwrap()];
    let trusting = || demand(|tls| tls.roots = Root::read_pem(&own.pem()).unwrap());
    assert_eq!(Root::read_pem(&own.pem()).unwrap(), roots);
    assert_eq!(code(&house, own.leaf(&["api.test"]), trusting()).await, "reached");
    assert_eq!(code(&house, house.authority.leaf(&["api.test"]), trusting()).await, "reached", "the kernel's own count too");
    assert_eq!(code(&house, own.leaf(&["api.test"]), None).await, "egress.tls.unknown_issuer");
    let alone = demand(|tls| (tls.roots, tls.only_roots) = (roots, true));
    assert_eq!(code(&house, own.leaf(&["api.test"]), alone.clone()).await, "reached");
    assert_eq!(code(&house, house.authority.leaf(&["api.test"]), alone).await, "egress.tls.unknown_issuer");
    let broken = demand(|tls| tls.roots = vec![Root::from_der([&[0x30, 0x81, 0x80][..], &[0; 0x80]].concat()).unwrap()]);
    assert_eq!(code(&house, own.leaf(&["api.test"]), broken).await, "egress.tls.settings");
}

#[tokio::test]
async fn the_least_version_of_a_rule_is_kept() {
    let house = house(|_| {});
    let newest = || demand(|tls| tls.min = TlsVersion::V13);
    let leaf = || house.authority.leaf(&["api.test"]);
    assert_eq!(outcome(&house, "api.test", versioned_config(leaf(), &[&TLS12]), newest()).await.0, "egress.tls.version");
    assert_eq!(outcome(&house, "api.test", versioned_config(leaf(), &[&TLS13]), newest()).await.0, "reached");
    assert_eq!(outcome(&house, "api.test", versioned_config(leaf(), &[&TLS12]), None).await.0, "reached");
}

fn client(authority: &Authority) -> Leaf {
    authority.leaf_of(&["client"], egret_testkit::rcgen::KeyPair::generate().unwrap(), |params| {
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    })
}

fn mutual_house(clients: &Authority) -> House {
    let leaf = client(clients);
    house(|config| _ = config.identities.insert("shop".to_owned(), ClientIdentity::new(leaf.chain, leaf.key).unwrap()))
}

#[tokio::test]
async fn an_identity_is_shown_under_the_rule_that_names_it_and_under_no_other() {
    let clients = Authority::new();
    let house = mutual_house(&clients);
    let named = |name: &str| demand(|tls| tls.identity = Some(name.to_owned()));
    for version in [&TLS12, &TLS13] {
        let server = || mutual_config(house.authority.leaf(&["api.test"]), &clients, &[version]);
        assert_eq!(outcome(&house, "api.test", server(), named("shop")).await.0, "reached");
        assert_eq!(outcome(&house, "api.test", server(), None).await.0, "egress.tls.client_certificate", "{version:?}");
        let others = mutual_config(house.authority.leaf(&["api.test"]), &Authority::new(), &[version]);
        assert_eq!(outcome(&house, "api.test", others, named("shop")).await.0, "egress.tls.client_certificate", "{version:?}");
    }
    let (path, words) = outcome(&house, "api.test", server_config(house.authority.leaf(&["api.test"])), named("other")).await;
    assert_eq!(path, "egress.tls.settings");
    assert!(words.contains("\"other\""), "{words}");
}

#[test]
fn a_key_is_never_shown_and_must_belong_to_its_certificate() {
    let (clients, others) = (Authority::new(), Authority::new());
    let leaf = client(&clients);
    let identity = ClientIdentity::new(leaf.chain.clone(), leaf.key.clone_key()).unwrap();
    assert_eq!(format!("{identity:?}"), "ClientIdentity(1 certificates)");
    let config = egret_egress::Config { identities: [("shop".to_owned(), identity)].into(), ..Default::default() };
    let shown = format!("{config:?}");
    assert!(shown.contains("shop") && !shown.to_lowercase().contains("key"), "{shown}");
    for (chain, key) in [(leaf.chain, client(&others).key), (Vec::new(), client(&others).key)] {
        assert!(ClientIdentity::new(chain, key).is_err());
    }
    let words = ClientIdentity::from_pem("no", "-----BEGIN PRIVATE KEY-----\nhunter2\n").unwrap_err().to_string();
    assert!(!words.contains("hunter2"), "{words}");
}

#[tokio::test]
async fn connections_under_different_demands_are_not_shared() {
    let house = house(|_| {});
    let leaf = house.authority.leaf(&["api.test"]);
    let pins = vec![pin(&leaf.public)];
    let answer = || [Step::ExpectHead, Step::send("HTTP/1.1 204 No Content\r\n\r\n")];
    let peer = Hostile::script_tls(server_config(leaf), answer().into_iter().chain(answer()).chain([Step::Hold]).collect());
    for (spec, connections) in [(None, 1), (None, 1), (pinned(pins), 2), (demand(|tls| tls.min = TlsVersion::V13), 3)] {
        assert_eq!(get(&house, "api.test", peer.address(), spec).await.0, "reached");
        assert_eq!(peer.connections(), connections);
    }
}

#[tokio::test]
async fn no_session_is_resumed() {
    let house = house(|_| {});
    for version in [&TLS12, &TLS13] {
        // The server would: it keeps sessions and gives out tickets.
        let config = versioned_config(house.authority.leaf(&["api.test"]), &[version]);
        let answer = "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n";
        let peer = Hostile::script_tls(config, vec![Step::ExpectHead, Step::send(answer)]);
        for _ in 0..3 {
            assert_eq!(get(&house, "api.test", peer.address(), None).await.0, "reached");
        }
        assert_eq!(peer.until(|seen| seen.ended == 3).await.resumed, 0, "{version:?}");
    }
}

#[tokio::test]
async fn only_configured_authorities_are_trusted_where_that_is_asked_for() {
    let other = Authority::new();
    let house = house(|config| config.trust = Trust::Only);
    assert_eq!(code(&house, house.authority.leaf(&["api.test"]), None).await, "reached");
    assert_eq!(code(&house, other.leaf(&["api.test"]), None).await, "egress.tls.unknown_issuer");
    let nobody = super::house(|config| (config.trust, config.roots) = (Trust::Only, Vec::new()));
    assert_eq!(code(&nobody, house.authority.leaf(&["api.test"]), None).await, "egress.tls.settings");
}
