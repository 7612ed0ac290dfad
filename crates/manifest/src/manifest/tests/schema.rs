//! The schema that editors use, against the reader: what the reader accepts, the schema accepts, and both know the same keys.

use super::*;
use crate::fault::Fault;
use crate::shape::Table;
use jsonschema::Validator;
use serde_json::{Value, json};
use std::sync::OnceLock;

pub(super) fn accepts(manifest: &Value) -> bool {
    static VALIDATOR: OnceLock<Validator> = OnceLock::new();
    let made = || jsonschema::draft202012::new(&serde_json::from_str(&crate::schema()).unwrap()).unwrap();
    VALIDATOR.get_or_init(made).is_valid(manifest)
}

pub(super) fn as_json(text: &str) -> Value {
    serde_json::to_value(text.parse::<toml::Table>().unwrap()).unwrap()
}

/// A manifest that the reader accepts is accepted by the schema, and reads the same as JSON.
#[track_caller]
pub(super) fn agrees(text: &str, manifest: &Manifest) {
    let json = as_json(text);
    assert!(accepts(&json), "{text}");
    let read = Manifest::parse(Path::new("egret.json"), &json.to_string()).unwrap();
    assert_eq!(format!("{read:?}"), format!("{manifest:?}"), "{text}");
}

fn faults(manifest: &Value) -> Vec<Fault> {
    Manifest::parse(Path::new("egret.json"), &manifest.to_string()).err().map_or_else(Vec::new, |faults| faults.0)
}

/// One table, whole: every key with a good value.
struct Sample {
    table: &'static Table,
    /// Where the table stands in a manifest.
    place: &'static str,
    /// That place as the reader names it.
    path: &'static str,
    whole: Value,
}

fn samples() -> [Sample; 17] {
    use crate::keys::{AUTH, BREAKER, CACHE, DEFAULTS, RESPOND, RETRY, ROUTE, RULE, SECRETS, TLS};
    let mut route =
        json!({ "path": "/v1/**", "methods": ["GET", "PROPFIND"], "encoded_slash": true, "timeout": "5s", "max_response": "1MiB" });
    let respond = json!({ "status": 202, "headers": { "x-a": "b" }, "body": { "queued": true, "id": ":id", "n": [1, 2.5] }, "json": true });
    let handling = json!({ "middleware": ["tag"], "set_header": { "x-a": "b" }, "remove_header": "x-b", "rewrite_path": "/v2",
        "respond": respond, "require_header": { "x-c": true }, "require_query": { "v": "2" }, "body_schema": { "type": "object" } });
    route.as_object_mut().unwrap().extend(handling.as_object().unwrap().clone());
    // What begins and is as long as a certificate: whether it can be used is the kernel's affair.
    let root = format!("-----BEGIN CERTIFICATE-----\n{}{}\n-----END CERTIFICATE-----\n", "MIHI", "BwcH".repeat(66) + "Bwc=");
    let pin = "sha256/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let tls = json!({ "roots": root, "only_roots": false, "pins": [pin], "identity": "billing", "min": "1.3" });
    let auth = json!({ "secret": "STRIPE_KEY", "as": "header:x-api-key" });
    let retry = json!({ "attempts": 2, "on": [429, 503], "backoff": "100ms..2s", "methods": ["POST"] });
    let breaker = json!({ "failures": 3, "open": "10s" });
    let cache = json!({ "fresh": "5m", "heuristic": true });
    let mut rule = json!({ "host": "a.test", "deny": false, "ports": [443, "8000-8009"], "https_only": true, "routes": [route, "/x"],
        "private": "10.0.0.0/8", "override_headers": true, "forwarding_headers": true, "tls": tls,
        "auth": auth, "require": true, "redirect_body": true, "retry": retry, "rate": "60/min", "burst": 10, "rate_wait": "250ms",
        "breaker": breaker, "cache": cache, "timeout": "10s", "max_response": "1MiB" });
    rule.as_object_mut().unwrap().extend(handling.as_object().unwrap().clone());
    let defaults = json!({ "middleware": ["log"] });
    let upstream = json!({ "host": "up.test", "port": 8443, "functions": "upstream" });
    let dev = json!({ "net": [{ "host": "up.test", "ports": 8443, "private": ["127.0.0.1/32"] }], "upstream": [upstream] });
    let secrets = json!({ "required": ["STRIPE_KEY"], "hmac": ["WHSEC"] });
    let limits = json!({ "timeout": "5s", "cpu": "200ms", "heap": "32MiB" });
    let manifest = json!({ "$schema": "./egret.schema.json", "version": 1, "name": "shop", "mode": "enforce", "defaults": defaults, "net": ["b.test", rule],
        "vars": { "REGION": "eu" }, "secrets": secrets, "limits": limits, "dev": dev });
    let sample = |table, place, path, whole| Sample { table, place, path, whole };
    [
        sample(&MANIFEST, "", "", manifest),
        sample(&VARS, "/vars", "vars.", json!({ "REGION": "eu" })),
        sample(&SECRETS, "/secrets", "secrets.", secrets),
        sample(&LIMITS, "/limits", "limits.", limits),
        sample(&DEV, "/dev", "dev.", dev),
        sample(&UPSTREAM, "/dev/upstream/0", "dev.upstream[0].", upstream),
        sample(&RULE, "/net/1", "net[1].", rule),
        sample(&RULE, "/dev/net/0", "dev.net[0].", rule_of_dev()),
        sample(&TLS, "/net/1/tls", "net[1].tls.", tls),
        sample(&RETRY, "/net/1/retry", "net[1].retry.", retry),
        sample(&BREAKER, "/net/1/breaker", "net[1].breaker.", breaker),
        sample(&CACHE, "/net/1/cache", "net[1].cache.", cache),
        sample(&AUTH, "/net/1/auth", "net[1].auth.", auth),
        sample(&ROUTE, "/net/1/routes/0", "net[1].routes[0].", route),
        sample(&DEFAULTS, "/defaults", "defaults.", defaults),
        sample(&RESPOND, "/net/1/respond", "net[1].respond.", respond.clone()),
        sample(&RESPOND, "/net/1/routes/0/respond", "net[1].routes[0].respond.", respond),
    ]
}

fn rule_of_dev() -> Value {
    json!({ "host": "up.test", "ports": 8443, "private": ["127.0.0.1/32"] })
}

/// The whole manifest with one of its tables changed.
fn with(sample: &Sample, change: impl FnOnce(&mut serde_json::Map<String, Value>)) -> Value {
    let mut manifest = samples()[0].whole.clone();
    change(manifest.pointer_mut(sample.place).unwrap().as_object_mut().unwrap());
    manifest
}

#[test]
fn every_key_is_known_to_the_reader_and_to_the_schema() {
    let whole = samples()[0].whole.clone();
    assert!(faults(&whole).is_empty() && accepts(&whole), "{:#?}", faults(&whole));
    for sample in samples() {
        for key in sample.table.keys {
            assert!(sample.whole.get(key.name).is_some() || sample.place == "/dev/net/0", "no sample has {}{}", sample.path, key.name);
            // No kind of value is like this one: where it passes, nobody has looked.
            let wrong = with(&sample, |table| drop(table.insert(key.name.to_owned(), json!({ "": {} }))));
            let path = format!("{}{}", sample.path, key.name);
            assert!(faults(&wrong).iter().any(|fault| fault.key.starts_with(&path)), "{path}: {:#?}", faults(&wrong));
            assert!(!accepts(&wrong), "{path}");
        }
    }
}

#[test]
fn a_key_that_is_not_listed_is_refused_by_both() {
    for sample in samples() {
        let wrong = with(&sample, |table| drop(table.insert("bogus".to_owned(), json!(1))));
        assert!(faults(&wrong).iter().any(|fault| fault.key == format!("{}bogus", sample.path)), "{}: {:#?}", sample.path, faults(&wrong));
        assert!(!accepts(&wrong), "{}", sample.path);
    }
}

#[test]
fn a_key_that_must_be_there_is_missed_by_both() {
    for sample in samples() {
        for key in sample.table.keys {
            let without = with(&sample, |table| drop(table.remove(key.name)));
            // That a rule's secret is no longer asked for is a fault of the rule, and so is what means nothing without its rate.
            let of_rule = ["net[1].auth", "net[1].burst", "net[1].rate_wait"];
            let missed = faults(&without).iter().any(|fault| !of_rule.contains(&fault.key.as_str()));
            assert_eq!((missed, accepts(&without)), (key.required, !key.required), "{}{}", sample.path, key.name);
        }
    }
}

#[test]
fn what_the_schema_refuses_the_reader_refuses() {
    let manifest = |part: Value| {
        let mut whole = json!({ "version": 1, "name": "a" });
        whole.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
        whole
    };
    for part in [
        json!({ "version": 2 }),
        json!({ "version": "1" }),
        json!({ "name": "Shop" }),
        json!({ "name": "-a" }),
        json!({ "name": "a".repeat(64) }),
        json!({ "mode": "Open" }),
        json!({ "net": "a.test" }),
        json!({ "net": [1] }),
        json!({ "net": ["https://a.test"] }),
        json!({ "net": [{}] }),
        json!({ "net": vec!["a.test"; 1001] }),
        json!({ "net": [{ "host": "a.test", "ports": 0 }] }),
        json!({ "net": [{ "host": "a.test", "ports": 65536 }] }),
        json!({ "net": [{ "host": "a.test", "ports": [1.5] }] }),
        json!({ "net": [{ "host": "a.test", "ports": "a-b" }] }),
        json!({ "net": [{ "host": "a.test", "private": ["all"] }] }),
        json!({ "net": [{ "host": "a.test", "routes": "/" }] }),
        json!({ "net": [{ "host": "a.test", "routes": ["x"] }] }),
        json!({ "net": [{ "host": "a.test", "routes": [{ "path": "/", "methods": ["get"] }] }] }),
        json!({ "net": [{ "host": "a.test", "auth": { "secret": "key", "as": "bearer" } }] }),
        json!({ "net": [{ "host": "a.test", "auth": { "secret": "KEY", "as": "cookie:a" } }] }),
        json!({ "net": [{ "host": "a.test", "auth": { "secret": "KEY", "as": "query:a=b" } }] }),
        json!({ "vars": { "1X": "a" } }),
        json!({ "vars": { "X": 1 } }),
        json!({ "secrets": ["A"] }),
        json!({ "secrets": { "required": ["a"] } }),
        json!({ "secrets": { "required": "A" } }),
        json!({ "secrets": { "hmac": ["A".repeat(65)] } }),
        json!({ "secrets": { "A": "sk_live" } }),
        json!({ "limits": { "cpu": 1 } }),
        json!({ "limits": { "cpu": "1 s" } }),
        json!({ "limits": { "heap": "64MB" } }),
        json!({ "dev": { "upstream": [{ "host": "a.test", "port": 1, "functions": "/etc" }] } }),
        json!([]),
    ] {
        let manifest = if part.is_array() { part } else { manifest(part) };
        assert!(!accepts(&manifest), "{manifest}");
        assert!(!faults(&manifest).is_empty(), "{manifest}");
    }
}

#[test]
fn every_example_and_every_new_app_is_accepted() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let examples = std::fs::read_dir(crates.join("../examples")).unwrap().map(|app| app.unwrap().path().join("egret.toml"));
    let manifests: Vec<_> = examples.chain([crates.join("app/src/scaffold/egret.toml")]).filter(|file| file.exists()).collect();
    assert!(manifests.len() >= 2);
    for file in manifests {
        let text = std::fs::read_to_string(&file).unwrap().replace("NAME", "shop");
        agrees(&text, &Manifest::parse(&file, &text).unwrap());
    }
}
