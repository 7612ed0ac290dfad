//! What is refused, and that nothing of it reaches a socket.

use crate::house::{House, caller, draft, local, policy};
use bytes::Bytes;
use egret_egress::{Code, Detail, Draft};
use egret_policy::RuleSpec;
use egret_testkit::{Listener, Upstream};
use http::{HeaderValue, Method, Response};

#[tokio::test]
async fn no_query_leaves_before_the_name_is_allowed() {
    let house = House::new();
    house.zone.addresses("secret-data.evil.test", &["93.184.215.14"]);
    assert_eq!(house.failure(&policy([RuleSpec::host("api.test")]), "https://secret-data.evil.test/").await, "policy.rule.no_host");
    assert_eq!(house.zone.queries().len(), 0);
}

#[tokio::test]
async fn one_public_and_one_private_answer_refuses_and_dials_neither() {
    let house = House::new();
    let silent = Listener::silent();
    house.zone.addresses("mixed.test", &["93.184.215.14", "127.0.0.1"]);
    let rule = RuleSpec { ports: Some(vec![silent.address().port().to_string().parse().unwrap()]), ..RuleSpec::host("mixed.test") };
    let url = format!("https://mixed.test:{}/", silent.address().port());
    assert_eq!(house.failure(&policy([rule]), &url).await, "egress.addr.loopback");
    silent.assert_untouched();
}

#[tokio::test]
async fn literal_and_named_loopback_are_refused_alike() {
    let house = House::new();
    let silent = Listener::silent();
    let port = silent.address().port();
    house.zone.addresses("inside.test", &["::ffff:127.0.0.1"]);
    for host in ["127.0.0.1", "[::1]", "inside.test"] {
        let rule = RuleSpec { ports: Some(vec![port.to_string().parse().unwrap()]), https_only: false, ..RuleSpec::host(host) };
        assert_eq!(house.failure(&policy([rule]), &format!("http://{host}:{port}/")).await, "egress.addr.loopback", "{host}");
    }
    silent.assert_untouched();
}

#[tokio::test]
async fn own_listener_is_refused_although_the_rule_exempts_its_address() {
    let silent = Listener::silent();
    let house = House::with(|config| config.listeners = vec![silent.address()]);
    let rule = local("127.0.0.1", silent.address());
    assert_eq!(house.failure(&policy([rule]), &format!("http://127.0.0.1:{}/", silent.address().port())).await, "egress.addr.listener");
    silent.assert_untouched();
}

#[tokio::test]
async fn rebinding_between_two_calls_is_refused_at_the_second() {
    let house = House::with(|config| config.dns.floor = std::time::Duration::ZERO);
    let upstream = Upstream::http(|_| async { Response::builder().header("connection", "close").body("ok").unwrap() });
    let silent = Listener::silent();
    house.zone.time_to_live(0);
    house
        .zone
        .replies("rebind.test", vec![egret_testkit::Reply::addresses(&["127.0.0.1"]), egret_testkit::Reply::addresses(&["127.0.0.2"])]);
    let policy = policy([local("rebind.test", upstream.address())]);
    let url = format!("http://rebind.test:{}/", upstream.address().port());
    let first = house.get(&policy, &url).await.unwrap();
    assert_eq!(first.body.collect(10).await.unwrap(), "ok");
    assert_eq!(house.failure(&policy, &url).await, "egress.addr.loopback");
    assert_eq!(upstream.connections(), 1);
    silent.assert_untouched();
}

#[tokio::test]
async fn framing_header_and_oversized_body_are_refused_before_connecting() {
    let house = House::with(|config| config.caps.request_body = 4);
    house.zone.addresses("api.test", &["127.0.0.1"]);
    let silent = Listener::silent();
    let policy = policy([local("api.test", silent.address())]);
    let url = format!("http://api.test:{}/", silent.address().port());
    let mut framing = draft(&url);
    framing.headers.insert("transfer-encoding", HeaderValue::from_static("chunked"));
    assert_eq!(house.egress.fetch(&caller(&policy), framing).await.unwrap_err().path(), "policy.header.framing");
    let large = Draft { method: Method::POST, body: Bytes::from_static(b"12345").into(), ..draft(&url) };
    let error = house.egress.fetch(&caller(&policy), large).await.unwrap_err();
    assert_eq!((error.code(), error.path()), (Code::Size, "egress.size.request_body"));
    silent.assert_untouched();
}

#[tokio::test]
async fn safe_words_name_neither_address_nor_rule() {
    let house = House::with(|config| config.detail = Detail::Safe);
    house.zone.addresses("inside.test", &["10.1.2.3"]);
    let error = house.get(&policy([RuleSpec::host("inside.test")]), "https://inside.test/").await.unwrap_err();
    assert_eq!(error.guest_message(), "this request is not allowed");
    assert!(error.reason().to_string().contains("10.1.2.3"), "the log has the address");
    let full = House::new();
    full.zone.addresses("inside.test", &["10.1.2.3"]);
    let error = full.get(&policy([RuleSpec::host("inside.test")]), "https://inside.test/").await.unwrap_err();
    assert!(error.guest_message().contains("private = [\"10.1.2.3/32\"]"), "{}", error.guest_message());
}
