//! DNS over TLS and over HTTPS: who is asked must be authentic, and nobody else is asked.

use super::{LOOPBACK, told};
use crate::house::House;
use egret_egress::{Nameservers, SecureServer};
use egret_testkit::{Authority, Leaf, Over, Validity, Zone};
use std::net::SocketAddr;

const NAME: &str = "dns.test";

type Start = fn(Leaf) -> Zone;
type Config = fn(SocketAddr, &str) -> Nameservers;

fn tls(address: SocketAddr, name: &str) -> Nameservers {
    Nameservers::Tls(vec![SecureServer { address, name: name.to_owned() }])
}

fn https(address: SocketAddr, name: &str) -> Nameservers {
    Nameservers::Https { servers: vec![SecureServer { address, name: name.to_owned() }], path: "/dns-query".to_owned() }
}

/// Both protocols: what a zone speaks, how it is configured, what a query then came over.
const BOTH: [(Start, Config, Over); 2] = [(Zone::tls, tls, Over::Tls), (Zone::https, https, Over::Https)];

/// A house that asks a server with this leaf and expects it to be `name`.
fn house(start: Start, config: Config, authority: Authority, leaf: Leaf, name: &str) -> House {
    let zone = start(leaf);
    zone.addresses("a.x.test", &["127.0.0.1"]);
    let nameservers = config(zone.address(), name);
    House::of(zone, authority, |config| config.nameservers = nameservers)
}

#[tokio::test]
async fn names_are_asked_over_tls_or_https_of_a_server_with_the_right_certificate() {
    for (start, config, over) in BOTH {
        for name in [NAME, "127.0.0.1"] {
            let authority = Authority::new();
            let leaf = authority.leaf(&[name]);
            let house = house(start, config, authority, leaf, name);
            assert_eq!(told(&house, "a.x.test").await, LOOPBACK);
            assert_eq!(told(&house, "none.x.test").await, "egress.dns.no_such_name");
            let queries = house.zone.queries();
            assert!(queries.len() == 4 && queries.iter().all(|query| query.over == over), "{queries:?}");
        }
    }
}

#[tokio::test]
async fn a_name_server_with_a_wrong_certificate_is_not_asked_and_nothing_falls_back_to_plain() {
    for (start, config, _) in BOTH {
        let bad = |number: usize, authority: &Authority| match number {
            0 => authority.leaf(&["other.test"]),
            1 => authority.leaf_with(&[NAME], Validity::Expired),
            _ => Authority::new().leaf(&[NAME]),
        };
        for number in 0..3 {
            let authority = Authority::new();
            let leaf = bad(number, &authority);
            let house = house(start, config, authority, leaf, NAME);
            assert_refused(&house).await;
        }
    }
}

#[tokio::test]
async fn a_name_server_that_speaks_no_tls_is_not_asked_in_plain() {
    for config in [tls as Config, https] {
        let zone = Zone::start();
        let peer = egret_testkit::Hostile::script(vec![egret_testkit::Step::send("no TLS here, and none to come")]);
        let nameservers = config(peer.address(), NAME);
        let house = House::of(zone, Authority::new(), |config| config.nameservers = nameservers);
        assert_refused(&house).await;
    }
}

/// The resolver failed, and no query reached the zone over anything.
async fn assert_refused(house: &House) {
    let error = house.get(&super::any(), "https://a.x.test/").await.unwrap_err();
    assert_eq!(error.path(), "egress.dns.failed", "{error:?}");
    assert!(error.reason().to_string().contains("none is authentic"), "{}", error.reason());
    assert_eq!(house.zone.queries(), []);
}
