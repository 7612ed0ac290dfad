//! The cases of badssl.com, each made here and held against its code. `docs/suites.md` has the same table for readers.

use super::{alert, house, outcome, pin, raw};
use crate::house::House;
use egret_policy::{Pin, TlsSpec};
use egret_testkit::rcgen::{DistinguishedName, DnType, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ECDSA_P521_SHA512};
use egret_testkit::rustls::ServerConfig;
use egret_testkit::rustls::version::{TLS12, TLS13};
use egret_testkit::{
    Authority, Leaf, Validity, forged_config, rsa_key, self_signed, server_config, server_hello, versioned_config, with_sha1,
};
use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

/// What a peer does.
enum Peer {
    /// Speaks TLS with this configuration, under this name, with this demand of the rule.
    Tls(Arc<ServerConfig>, &'static str, Option<TlsSpec>),
    /// Answers the hello with these bytes.
    Raw(Vec<u8>),
}

const REACHED: &str = "reached";
const SUITE: &str = "egress.tls.no_common_suite";
const ISSUER: &str = "egress.tls.unknown_issuer";
const WEAK: &str = "egress.tls.weak_signature";
const VERSION: &str = "egress.tls.version";

/// Case and what must come of it; a text that is no code is the reason why the case does not apply.
const CASES: [(&str, &str); 63] = [
    ("1000-sans", REACHED),
    ("10000-sans", "egress.tls.oversized"),
    ("blocked-interception", ISSUER),
    ("captive-portal", "egress.tls.wrong_name"),
    ("ecc256", REACHED),
    ("ecc384", REACHED),
    ("expired", "egress.tls.expired"),
    ("extended-validation", REACHED),
    ("incomplete-chain", ISSUER),
    ("invalid-expected-sct", "certificate transparency is not checked: its list of logs ages in weeks; pins do that work for a rule"),
    ("known-interception", ISSUER),
    ("no-common-name", REACHED),
    ("no-sct", "certificate transparency is not checked"),
    ("no-subject", REACHED),
    ("pinning-test", "egress.tls.pin"),
    ("preloaded-expect-ct", "a browser's list; certificate transparency is not checked"),
    ("reversed-chain", REACHED),
    (
        "revoked",
        "revocation is not checked: it would be a call of its own to whom the certificate names; short lives and pins are the answer",
    ),
    ("rsa2048", REACHED),
    ("rsa4096", REACHED),
    ("rsa8192", REACHED),
    ("self-signed", "egress.tls.self_signed"),
    ("sha1-2016", WEAK),
    ("sha1-2017", WEAK),
    ("sha1-intermediate", WEAK),
    ("sha1", WEAK),
    ("sha256", REACHED),
    ("sha384", REACHED),
    ("sha512", REACHED),
    ("spoof", "egress.tls.bad_signature"),
    ("untrusted-root", ISSUER),
    ("wrong.host", "egress.tls.wrong_name"),
    ("xn--n1aae7f7o", REACHED),
    ("3des", SUITE),
    ("cbc", SUITE),
    ("mozilla-intermediate", REACHED),
    ("mozilla-modern", REACHED),
    ("mozilla-old", REACHED),
    ("null", SUITE),
    ("rc4-md5", SUITE),
    ("rc4", SUITE),
    ("dh-composite", SUITE),
    ("dh-small-subgroup", SUITE),
    ("dh1024", SUITE),
    ("dh2048", SUITE),
    ("dh480", SUITE),
    ("dh512", SUITE),
    ("static-rsa", SUITE),
    ("ssl-v2", "egress.tls.not_tls"),
    ("ssl-v3", VERSION),
    ("tls-v1-0", VERSION),
    ("tls-v1-1", VERSION),
    ("tls-v1-2", REACHED),
    ("hsts", "a browser's memory: here plain http is refused unless a rule allows it"),
    ("https-everywhere", "a browser's extension"),
    ("preloaded-hsts", "a browser's list: here plain http is refused unless a rule allows it"),
    ("subdomain.preloaded-hsts", "a browser's list: here plain http is refused unless a rule allows it"),
    ("upgrade", "a browser's rewriting of a page's links"),
    // Beyond the suite: the same peers refusing by alert, and what the suite has no host for.
    ("+not-yet-valid", "egress.tls.not_yet_valid"),
    ("+alert-handshake-failure", SUITE),
    ("+alert-protocol-version", VERSION),
    ("+whole-chain-reversed", "egress.tls.authority_as_leaf"),
    ("+ecc521", REACHED),
];

fn is_outcome(expected: &str) -> bool {
    expected == REACHED || expected.starts_with("egress.")
}

#[tokio::test]
async fn each_case_of_badssl_has_its_outcome() {
    let rsa = Authority::with(rsa_key(2048), |params| params.distinguished_name = named("RSA authority"));
    let house = house(|config| config.roots.push(rsa.certificate_der()));
    house.zone.addresses("xn--n1aae7f7o.test", &["127.0.0.1"]);
    for (case, expected) in CASES.iter().filter(|(_, expected)| is_outcome(expected)) {
        let (found, words) = match peer(case, &house, &rsa) {
            Peer::Tls(config, host, demand) => outcome(&house, host, config, demand).await,
            Peer::Raw(bytes) => raw(&house, bytes).await,
        };
        assert_eq!(found, *expected, "{case}: {words}");
    }
}

/// How each case is made.
fn peer(case: &str, house: &House, rsa: &Authority) -> Peer {
    let ca = &house.authority;
    let shows = |leaf: Leaf| Peer::Tls(server_config(leaf), "api.test", None);
    let own = |key: KeyPair| shows(ca.leaf_of(&["api.test"], key, |_| {}));
    let elliptic = |algorithm| own(KeyPair::generate_for(algorithm).unwrap());
    let chooses = |suite: u16| Peer::Raw(server_hello([3, 3], suite, None));
    let names = |count: u16| (0..count).map(|number| format!("name-{number}.api.test")).chain(["api.test".to_owned()]).collect::<Vec<_>>();
    let stranger = |name: &str| Authority::with(KeyPair::generate().unwrap(), |params| params.distinguished_name = named(name));
    match case {
        "1000-sans" => shows(ca.leaf(&names(1_000).iter().map(String::as_str).collect::<Vec<_>>())),
        "10000-sans" => {
            let leaf = ca.leaf(&names(10_000).iter().map(String::as_str).collect::<Vec<_>>());
            Peer::Tls(forged_config(leaf.chain, leaf.key), "api.test", None)
        }
        "blocked-interception" | "known-interception" | "untrusted-root" => shows(stranger("interceptor").leaf(&["api.test"])),
        "captive-portal" => shows(ca.leaf(&["login.portal.test"])),
        "wrong.host" => shows(ca.leaf(&["badssl.com", "*.badssl.com"])),
        "ecc256" => elliptic(&PKCS_ECDSA_P256_SHA256),
        "ecc384" => elliptic(&PKCS_ECDSA_P384_SHA384),
        "+ecc521" => elliptic(&PKCS_ECDSA_P521_SHA512),
        "rsa2048" | "sha256" => own(rsa_key(2048)),
        "rsa4096" => own(rsa_key(4096)),
        "rsa8192" => own(rsa_key(8192)),
        "expired" => shows(ca.leaf_with(&["api.test"], Validity::Expired)),
        "+not-yet-valid" => shows(ca.leaf_with(&["api.test"], Validity::Future)),
        "extended-validation" | "no-common-name" => shows(ca.leaf(&["api.test"])),
        "no-subject" => {
            shows(ca.leaf_of(&["api.test"], KeyPair::generate().unwrap(), |params| params.distinguished_name = DistinguishedName::new()))
        }
        "incomplete-chain" => {
            let mut leaf = ca.intermediate("between", |_| {}).leaf(&["api.test"]);
            leaf.chain.truncate(1);
            shows(leaf)
        }
        "reversed-chain" | "+whole-chain-reversed" => {
            let mut leaf = ca.intermediate("upper", |_| {}).intermediate("lower", |_| {}).leaf(&["api.test"]);
            let whole = case.starts_with('+');
            leaf.chain[if whole { 0 } else { 1 }..].reverse();
            if whole { Peer::Tls(forged_config(leaf.chain, leaf.key), "api.test", None) } else { shows(leaf) }
        }
        "pinning-test" => {
            let pins = Some(vec![Pin::new([1; 32]), pin(&stranger("old").public())]);
            Peer::Tls(server_config(ca.leaf(&["api.test"])), "api.test", Some(TlsSpec { pins, ..TlsSpec::default() }))
        }
        "self-signed" => shows(self_signed(&["api.test"])),
        "sha1" | "sha1-2016" | "sha1-2017" => {
            let leaf = rsa.leaf(&["api.test"]);
            Peer::Tls(forged_config(vec![with_sha1(&leaf.chain[0])], leaf.key), "api.test", None)
        }
        "sha1-intermediate" => {
            let mut leaf = rsa.intermediate("old", |_| {}).leaf(&["api.test"]);
            leaf.chain[1] = with_sha1(&leaf.chain[1]);
            Peer::Tls(forged_config(leaf.chain, leaf.key), "api.test", None)
        }
        "sha384" => elliptic(&PKCS_ECDSA_P384_SHA384),
        "sha512" => elliptic(&PKCS_ECDSA_P521_SHA512),
        "spoof" => shows(ca.impostor().leaf(&["api.test"])),
        "xn--n1aae7f7o" => Peer::Tls(server_config(ca.leaf(&["xn--n1aae7f7o.test"])), "xn--n1aae7f7o.test", None),
        "mozilla-intermediate" => Peer::Tls(versioned_config(ca.leaf(&["api.test"]), &[&TLS12, &TLS13]), "api.test", None),
        "mozilla-modern" => Peer::Tls(versioned_config(ca.leaf(&["api.test"]), &[&TLS13]), "api.test", None),
        "mozilla-old" | "tls-v1-2" => Peer::Tls(versioned_config(ca.leaf(&["api.test"]), &[&TLS12]), "api.test", None),
        // Suites by their numbers in IANA's registry.
        "3des" => chooses(0x000a),
        "cbc" => chooses(0xc027),
        "null" => chooses(0x0002),
        "rc4-md5" => chooses(0x0004),
        "rc4" => chooses(0x0005),
        "static-rsa" => chooses(0x009c),
        "dh-composite" | "dh-small-subgroup" | "dh480" | "dh512" | "dh1024" | "dh2048" => chooses(0x009e),
        "ssl-v2" => Peer::Raw(vec![0x80, 0x0b, 4, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0]),
        "ssl-v3" => Peer::Raw(server_hello([3, 0], 0x0005, None)),
        "tls-v1-0" => Peer::Raw(server_hello([3, 1], 0xc013, None)),
        "tls-v1-1" => Peer::Raw(server_hello([3, 2], 0xc013, None)),
        "+alert-handshake-failure" => Peer::Raw(alert(40)),
        "+alert-protocol-version" => Peer::Raw(alert(70)),
        other => panic!("nobody has said how to make {other}"),
    }
}

fn named(name: &str) -> DistinguishedName {
    let mut names = DistinguishedName::new();
    names.push(DnType::CommonName, name);
    names
}

#[test]
fn every_case_of_the_suite_is_listed_once_and_shown_to_readers() {
    let listed: BTreeSet<&str> = CASES.iter().map(|(case, _)| *case).collect();
    assert_eq!(listed.len(), CASES.len());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let readers = std::fs::read_to_string(folder.join("docs/suites.md")).unwrap();
    for (case, expected) in CASES {
        let shown = if is_outcome(expected) && expected != REACHED { format!("`{expected}`") } else { expected.to_owned() };
        assert!(readers.contains(&format!("| `{case}` | {shown} |")), "docs/suites.md lacks: | `{case}` | {shown} |");
    }
    let suite = folder.join("../shared/suites/bad-tls/badssl-cases.tsv");
    let Ok(text) = std::fs::read_to_string(&suite) else {
        assert!(option_env!("CI").is_none(), "the suites must be at hand where everything is checked");
        // Straight to the stream: the test harness keeps what `eprintln` says of a test that passes.
        let _ = writeln!(std::io::stderr(), "skipped: {} is not at hand", suite.display());
        return;
    };
    let wanted: BTreeSet<&str> = text.lines().filter_map(|line| line.split_once('\t')).map(|(_, case)| case.trim()).collect();
    let own: BTreeSet<&str> = listed.into_iter().filter(|case| !case.starts_with('+')).collect();
    assert_eq!(own, wanted);
}
