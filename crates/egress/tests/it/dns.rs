//! Names: how long answers are kept, how many are asked for at once, and how a query is hard to forge.
//!
//! What a name resolves to shows in the refusal: 127.0.0.1 is loopback, 10.0.0.1 is private. So nothing has to be dialled.

mod secure;

use crate::house::{House, policy};
use egret_egress::Config;
use egret_policy::{Policy, RuleSpec};
use egret_testkit::{Kind, Over, Record, Reply};
use futures_util::future::join_all;
use std::sync::Arc;
use std::time::Duration;

const LOOPBACK: &str = "egress.addr.loopback";
const PRIVATE: &str = "egress.addr.private";

/// A policy that allows every name below `test`.
fn any() -> Arc<Policy> {
    policy([RuleSpec::host("**.x.test")])
}

/// The code under which a call of a name ends.
async fn told(house: &House, name: &str) -> String {
    house.failure(&any(), &format!("https://{name}/")).await
}

fn nothing_is_kept(config: &mut Config) {
    (config.dns.floor, config.dns.negative_floor) = (Duration::ZERO, Duration::ZERO);
}

#[tokio::test]
async fn a_lifetime_of_zero_is_pinned_for_the_floor() {
    let house = House::with(|config| config.dns.floor = Duration::from_secs(600));
    house.zone.time_to_live(0);
    house.zone.replies("rebind.x.test", vec![Reply::addresses(&["127.0.0.1"]), Reply::addresses(&["10.0.0.1"])]);
    for _ in 0..3 {
        assert_eq!(told(&house, "rebind.x.test").await, LOOPBACK);
    }
    assert_eq!(house.zone.queries().len(), 2, "one for each family");
}

#[tokio::test]
async fn without_a_floor_a_lifetime_of_zero_is_asked_again() {
    let house = House::with(nothing_is_kept);
    house.zone.time_to_live(0);
    house.zone.replies("rebind.x.test", vec![Reply::addresses(&["127.0.0.1"]), Reply::addresses(&["10.0.0.1"])]);
    assert_eq!((told(&house, "rebind.x.test").await, told(&house, "rebind.x.test").await), (LOOPBACK.into(), PRIVATE.into()));
}

#[tokio::test]
async fn that_a_name_does_not_exist_is_kept_and_that_dns_failed_is_not() {
    let house = House::with(|config| config.dns.negative_floor = config.dns.negative_ceiling);
    house.zone.reply("empty.x.test", Reply::Records(vec![]));
    for name in ["none.x.test", "empty.x.test"] {
        for _ in 0..3 {
            assert_eq!(told(&house, name).await, "egress.dns.no_such_name", "{name}");
        }
    }
    assert_eq!(house.zone.queries().len(), 4);
    let tries = 2;
    house.zone.replies("broken.x.test", [vec![Reply::ServerFailure; tries], vec![Reply::addresses(&["127.0.0.1"])]].concat());
    assert_eq!(told(&house, "broken.x.test").await, "egress.dns.failed");
    assert_eq!(told(&house, "broken.x.test").await, LOOPBACK);
}

#[tokio::test]
async fn thousand_calls_of_one_name_ask_once() {
    let house = House::with(|config| {
        nothing_is_kept(config);
        // A thousand refusals, and each must say why.
        config.limits.rates.refusals = None;
    });
    house.zone.time_to_live(0);
    house.zone.addresses("busy.x.test", &["127.0.0.1"]);
    let codes = join_all((0..1000).map(|_| told(&house, "busy.x.test"))).await;
    assert!(codes.iter().all(|code| code == LOOPBACK));
    assert_eq!(house.zone.queries().len(), 2, "nothing is kept, so they shared one lookup");
}

#[tokio::test]
async fn a_lookup_outlives_the_call_that_began_it_but_not_the_last_that_waits() {
    let house = House::with(|config| config.dns.lookups = 1);
    house.zone.reply("mute.x.test", Reply::Silence);
    house.zone.addresses("kept.x.test", &["10.0.0.1"]);
    house.zone.addresses("next.x.test", &["127.0.0.1"]);
    assert_eq!(told(&house, "kept.x.test").await, PRIVATE);
    let mut first = Box::pin(told(&house, "mute.x.test"));
    let mut second = Box::pin(told(&house, "mute.x.test"));
    let mut next = Box::pin(told(&house, "next.x.test"));
    tokio::select! {
        biased;
        code = &mut first => panic!("{code}"),
        code = &mut second => panic!("{code}"),
        code = &mut next => panic!("the one slot is taken, but: {code}"),
        () = house.zone.until_asked("mute.x.test") => {}
    }
    drop(first);
    assert_eq!(told(&house, "kept.x.test").await, PRIVATE, "what is kept needs no slot");
    assert!(!house.zone.queries().iter().any(|query| query.name == "next.x.test"), "the second call still waits in the slot");
    drop(second);
    assert_eq!(next.await, LOOPBACK);
}

#[tokio::test]
async fn only_addresses_are_asked_for_and_an_alias_of_any_name_counts_by_its_addresses() {
    let house = House::new();
    house.zone.alias("www.x.test", "printer.local");
    house.zone.addresses("printer.local", &["127.0.0.1", "::1"]);
    assert_eq!(told(&house, "www.x.test").await, LOOPBACK);
    let mut kinds: Vec<Kind> = house.zone.queries().iter().map(|query| query.kind).collect();
    kinds.sort_by_key(|kind| *kind == Kind::Aaaa);
    assert_eq!(kinds, [Kind::A, Kind::Aaaa]);
}

#[tokio::test]
async fn letters_of_a_query_are_of_random_case() {
    let house = House::with(nothing_is_kept);
    let name = "a-name-with-many-letters-so-that-chance-plays-no-part.x.test";
    house.zone.addresses(name, &["127.0.0.1"]);
    assert_eq!(told(&house, name).await, LOOPBACK);
    let queries = house.zone.queries();
    let mixed = |spelling: &str| spelling.contains(char::is_lowercase) && spelling.contains(char::is_uppercase);
    assert!(queries.iter().all(|query| query.over == Over::Udp && mixed(&query.spelling)), "{queries:?}");
    assert_ne!(queries[0].spelling, queries[1].spelling);
}

#[tokio::test]
async fn an_answer_in_another_case_is_taken_for_forged_and_asked_for_by_tcp() {
    let house = House::new();
    let records = ["10.0.0.1"].iter().map(|text| Record::Address(text.parse().unwrap())).collect();
    house.zone.reply("forged.x.test", Reply::Recased(records));
    assert_eq!(told(&house, "forged.x.test").await, PRIVATE);
    let over = |over| house.zone.queries().iter().filter(|query| query.over == over).count();
    assert_eq!((over(Over::Udp), over(Over::Tcp)), (2, 2));
}

#[tokio::test]
async fn an_answer_that_does_not_fit_is_asked_for_by_tcp() {
    let house = House::with(|config| config.caps.dns_answers = 100);
    let many: Vec<String> = (0..100).map(|last| format!("127.0.0.{last}")).collect();
    house.zone.addresses("many.x.test", &many.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(told(&house, "many.x.test").await, LOOPBACK);
    assert!(house.zone.queries().iter().any(|query| query.over == Over::Tcp));
}

#[tokio::test]
async fn aliases_on_the_way_to_an_address_are_counted() {
    for (aliases, code) in [(8, LOOPBACK), (9, "egress.dns.failed")] {
        let house = House::new();
        for step in 0..aliases {
            house.zone.alias(&format!("a{step}.x.test"), &format!("a{}.x.test", step + 1));
        }
        house.zone.addresses(&format!("a{aliases}.x.test"), &["127.0.0.1"]);
        assert_eq!(told(&house, "a0.x.test").await, code, "{aliases} aliases");
    }
}
