//! The address table against the corpus: every `ip_range` case, as data.

use egret_policy::{Mode, Nat64, Policy, Reach, Request, Surroundings};
use http::{HeaderMap, Method};
use serde_json::Value;
use std::net::IpAddr;

#[test]
fn every_ip_range_case_of_the_corpus_is_judged_as_written() {
    let cases = include_str!("../../../../conformance/cases.jsonl");
    let mut judged = 0;
    for line in cases.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        if case["class"] != "ip_range" {
            continue;
        }
        judged += 1;
        let expected = case["expect"] == "allow";
        assert_eq!(admits(&case), expected, "{}", case["id"]);
    }
    assert_eq!(judged, 80);
}

fn admits(case: &Value) -> bool {
    let reach = Reach { ports: vec!["443".parse().unwrap()], https_only: true, methods: None };
    let mut builder = Policy::builder().mode(Mode::Open(reach));
    if case["policy"] == "open_nat64" {
        for prefix in ["64:ff9b::/96", "2001:db8:64::/96"] {
            builder = builder.nat64(prefix.parse::<Nat64>().unwrap());
        }
    }
    let policy = builder.build().unwrap();
    let addresses = |key: &str| -> Vec<IpAddr> {
        let list = case["resolves_to"][key].as_array().cloned().unwrap_or_default();
        list.iter().map(|address| address.as_str().unwrap().parse().unwrap()).collect()
    };
    let request = Request::parse(Method::GET, "https://x.test/", HeaderMap::new()).unwrap();
    let around = Surroundings { own: addresses("local_interfaces"), ..Surroundings::default() };
    policy.decide(request).unwrap().admit(&addresses("answers"), &around).is_ok()
}
