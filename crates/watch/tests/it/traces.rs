//! Traces, seen from the collector.

use crate::house::{Does, House, get, local};
use egret_testkit::{Listener, Upstream};
use egret_watch::{Collector, Paths, Watch};
use http::Response;
use serde_json::Value;
use std::net::SocketAddr;
use tokio::sync::oneshot;

/// A collector at this peer, on loopback.
fn collector(peer: SocketAddr) -> Collector {
    Collector::parse(&format!("http://127.0.0.1:{}", peer.port()), &["127.0.0.1/32".to_owned()]).unwrap()
}

/// All spans that a collector was sent.
fn spans(collector: &Upstream) -> Vec<Value> {
    let bodies = collector.requests().into_iter().map(|request| serde_json::from_slice::<Value>(&request.body).unwrap());
    bodies.flat_map(|body| body["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap().clone()).collect()
}

fn of_kind(spans: &[Value], kind: u8) -> &Value {
    spans.iter().find(|span| span["kind"] == kind).unwrap()
}

/// An attribute of a span, as text.
fn attribute<'a>(span: &'a Value, name: &str) -> &'a str {
    let attribute = span["attributes"].as_array().unwrap().iter().find(|attribute| attribute["key"] == name);
    let value = &attribute.unwrap_or_else(|| panic!("no {name} in {span:#}"))["value"];
    value["stringValue"].as_str().or(value["intValue"].as_str()).unwrap()
}

/// One request with one call, and what the collector was sent of it.
async fn traced(paths: Paths, fields: &str) -> (Vec<Value>, String) {
    let (watch, waiting) = Watch::traced(paths);
    let house = House::new(watch);
    house.zone.addresses("a.test", &["127.0.0.1"]);
    let upstream = Upstream::http(|_| async { Response::new("body") });
    let peer = Upstream::http(|_| async { Response::new("{}") });
    let exporter = house.watch.exporter(waiting, house.egress.clone(), collector(peer.address()));
    let (stop, stopped) = oneshot::channel::<()>();
    let exporting = tokio::spawn(exporter.run(async { drop(stopped.await) }));
    let url = format!("http://a.test:{}/private/path?token=hunter2", upstream.address().port());
    let calls = Does::Calls { egress: house.egress.clone(), grants: local("a.test", upstream.address()), url };
    let (address, _serving) = house.serve(calls).await;
    let answer = get(address, "/f?key=hunter2", &format!("host: localhost\r\ncookie: hunter2\r\n{fields}")).await;
    let id = answer.lines().find_map(|line| line.strip_prefix("x-request-id: ")).unwrap().to_owned();
    drop(stop);
    exporting.await.unwrap();
    let requests = peer.requests();
    assert!(requests.iter().all(|request| request.target == "/v1/traces" && request.headers["content-type"] == "application/json"));
    assert!(!requests.iter().any(|request| String::from_utf8_lossy(&request.body).contains("hunter2")));
    // A guest's upstream learns of no trace.
    assert!(!upstream.requests()[0].headers.contains_key("traceparent"));
    (spans(&peer), id)
}

#[tokio::test]
async fn a_request_its_invocation_and_its_call_are_one_trace() {
    let (spans, id) = traced(Paths::Hidden, "").await;
    assert_eq!(spans.len(), 3, "{spans:#?}");
    let [server, invocation, client] = [2, 1, 3].map(|kind| of_kind(&spans, kind));
    assert_eq!(server["parentSpanId"], Value::Null);
    assert_eq!(invocation["parentSpanId"], server["spanId"]);
    assert_eq!(client["parentSpanId"], invocation["spanId"]);
    let trace = format!("{:032x}", ulid::Ulid::from_string(&id).unwrap().0);
    assert!(spans.iter().all(|span| span["traceId"] == trace.as_str()), "{spans:#?}");
    assert_eq!((attribute(server, "egret.request_id"), attribute(invocation, "egret.request_id")), (&*id, &*id));
    assert_eq!((attribute(server, "http.request.method"), attribute(server, "http.response.status_code")), ("GET", "200"));
    assert_eq!((attribute(client, "server.address"), attribute(client, "url.template")), ("a.test", "/**"));
    assert_eq!(attribute(client, "network.peer.address"), "127.0.0.1");
    assert!(attribute(client, "url.full").ends_with(&format!(":{}/", attribute(client, "server.port"))), "no path");
    let times = |span: &Value, name: &str| span[name].as_str().unwrap().parse::<u128>().unwrap();
    assert!(spans.iter().all(|span| times(span, "startTimeUnixNano") <= times(span, "endTimeUnixNano")));
}

#[tokio::test]
async fn a_well_formed_trace_of_the_client_is_gone_on_with() {
    let fields = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n";
    let (spans, _) = traced(Paths::Shown, fields).await;
    assert!(spans.iter().all(|span| span["traceId"] == "0af7651916cd43dd8448eb211c80319c"), "{spans:#?}");
    assert_eq!(of_kind(&spans, 2)["parentSpanId"], "b7ad6b7169203331");
    assert!(attribute(of_kind(&spans, 3), "url.full").ends_with("/private/path"));
}

#[tokio::test]
async fn a_collector_in_a_private_network_is_refused_without_the_owners_word() {
    let (watch, waiting) = Watch::traced(Paths::Hidden);
    let (house, nobody) = (House::new(watch), Listener::silent());
    let mut event = house.event();
    event.caller.app = "app".into();
    house.watch.called(&event);
    let collector = Collector::parse(&format!("http://{}", nobody.address()), &[]).unwrap();
    house.watch.exporter(waiting, house.egress.clone(), collector).run(async {}).await;
    nobody.assert_untouched();
    let shown = crate::exposition::Scrape::read(&crate::metrics::scrape(&house).await);
    assert_eq!(shown.value("egret_trace_spans_total{outcome=\"lost\"}"), 2.0);
    assert_eq!(shown.value("egret_outbound_attempts_total{app=\"egret:otlp\",outcome=\"refused\",code=\"egress.addr.loopback\"}"), 1.0);
}

#[tokio::test]
async fn spans_that_nobody_takes_are_counted_and_hold_nothing_up() {
    let (watch, waiting) = Watch::traced(Paths::Hidden);
    let house = House::new(watch.clone());
    let mut event = house.event();
    event.caller.app = "app".into();
    // The line holds 4,096, and one is there already.
    for _ in 0..5_000 {
        watch.called(&event);
    }
    let nobody = Listener::silent();
    let address = nobody.address();
    drop(nobody);
    watch.exporter(waiting, house.egress.clone(), collector(address)).run(async {}).await;
    let shown = crate::metrics::scrape(&house).await;
    let shown = crate::exposition::Scrape::read(&shown);
    assert_eq!(shown.value("egret_trace_spans_total{outcome=\"lost\"}"), 5_001.0);
}
