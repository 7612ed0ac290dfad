//! What is counted, and that nobody from outside decides how much is shown.

use crate::exposition::Scrape;
use crate::house::{Does, House, caller, draft, get, local, nothing, serve};
use egret_egress::Outcome;
use egret_gateway::Hosts;
use egret_policy::Target;
use egret_testkit::Upstream;
use egret_watch::{Watch, metrics_gateway};
use http::{Method, Response};
use std::collections::BTreeSet;
use std::time::Duration;

/// A scrape over a real connection.
pub async fn scrape(house: &House) -> String {
    let (address, _serving) = serve(metrics_gateway(house.watch.clone(), house.sources(), Hosts::Local).unwrap()).await;
    let answer = get(address, "/metrics", "host: localhost\r\n").await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 ") && head.contains("content-type: text/plain; version=0.0.4; charset=utf-8"), "{head}");
    body.to_owned()
}

#[tokio::test]
async fn calls_requests_and_invocations_are_counted_from_what_is_told() {
    let house = House::new(Watch::default());
    house.zone.addresses("a.test", &["127.0.0.1"]);
    house.watch.hosts(["a.test", "*.b.test"]);
    let upstream = Upstream::http(|_| async { Response::new("body") });
    let grants = local("a.test", upstream.address());
    let url = format!("http://a.test:{}/path?query=hunter2", upstream.address().port());
    let (address, _serving) = house.serve(Does::Calls { egress: house.egress.clone(), grants, url }).await;
    for path in ["/f", "/f", "/secret_path"] {
        get(address, path, "host: localhost\r\n").await;
    }
    let (slow, _slow) = house.serve(Does::TooLong).await;
    get(slow, "/f", "host: localhost\r\n").await;
    house.egress.fetch(&caller("app", "", nothing()), draft("https://x.b.test/")).await.unwrap_err();

    let text = scrape(&house).await;
    let scrape = Scrape::read(&text);
    for (sample, value) in [
        ("egret_outbound_attempts_total{app=\"app\",outcome=\"answered\",code=\"\"}", 2.0),
        ("egret_outbound_attempts_total{app=\"app\",outcome=\"refused\",code=\"policy.rule.no_host\"}", 1.0),
        ("egret_outbound_responses_total{host=\"a.test\",method=\"GET\",status=\"2xx\"}", 2.0),
        ("egret_outbound_received_bytes_total{app=\"app\"}", 8.0),
        ("egret_outbound_duration_seconds_count{app=\"app\"}", 3.0),
        ("egret_outbound_connections_total{kind=\"fresh\"}", 1.0),
        ("egret_outbound_connections_total{kind=\"kept\"}", 1.0),
        ("egret_outbound_part_seconds_count{part=\"connect\"}", 1.0),
        ("egret_outbound_part_seconds_count{part=\"first_byte\"}", 2.0),
        ("egret_outbound_in_flight", 0.0),
        ("egret_requests_total{function=\"get.f.js\",method=\"GET\",status=\"2xx\"}", 2.0),
        ("egret_requests_total{function=\"\",method=\"GET\",status=\"4xx\"}", 1.0),
        ("egret_requests_total{function=\"get.f.js\",method=\"GET\",status=\"5xx\"}", 1.0),
        ("egret_request_refusals_total{code=\"gateway.not_found\"}", 1.0),
        ("egret_request_refusals_total{code=\"limit.wall\"}", 1.0),
        ("egret_invocations_total{end=\"answered\"}", 2.0),
        ("egret_invocations_total{end=\"limit.wall\"}", 1.0),
        ("egret_invocations_running", 0.0),
        ("egret_audit_lost_total", 7.0),
    ] {
        assert_eq!(scrape.value(sample), value, "{sample}");
    }
    assert!(scrape.value("process_resident_memory_bytes") > 1e6 && scrape.value("process_open_fds") > 3.0);
    assert!(!text.contains("hunter2") && !text.contains("path"), "{text}");
}

#[tokio::test]
async fn an_invocation_that_its_client_left_is_counted_as_dropped() {
    let house = House::new(Watch::default());
    let runtime = house.watch.runtime("app", std::sync::Arc::new(Does::Answers));
    let request = http::Request::get("http://localhost/f").body(bytes::Bytes::new()).unwrap();
    let invocation = egret_runtime::Invocation {
        id: egret_runtime::InvocationId::new("i"),
        function: "get.f.js".into(),
        request,
        params: Vec::new(),
        deadline: std::time::Instant::now() + Duration::from_secs(1),
    };
    drop(runtime.invoke(invocation));
    assert_eq!(Scrape::read(&scrape(&house).await).value("egret_invocations_total{end=\"dropped\"}"), 1.0);
}

#[tokio::test]
async fn what_is_shown_is_what_the_reference_lists() {
    let house = House::new(Watch::default());
    let listed = egret_watch::page();
    let listed: BTreeSet<&str> =
        listed.lines().filter_map(|line| line.strip_prefix("| `")).map(|line| line.split('`').next().unwrap()).collect();
    let scrape = Scrape::read(&scrape(&house).await);
    assert_eq!(scrape.kinds.keys().map(String::as_str).collect::<BTreeSet<_>>(), listed);
}

#[tokio::test]
async fn a_flood_of_names_does_not_make_a_scrape_larger() {
    let house = House::new(Watch::default());
    let hosts: Vec<String> = (0..100_000).map(|index| format!("host-{index}.test")).collect();
    house.watch.hosts(hosts.iter().map(String::as_str));
    let mut event = house.event();
    let mut flood = |round: usize| {
        for (index, host) in hosts.iter().enumerate() {
            event.caller.app = format!("app-{round}-{index}").into();
            event.method = Method::from_bytes(format!("METHOD-{index}").as_bytes()).unwrap();
            event.target = Some(Target::parse(&format!("https://{host}/")).unwrap());
            (event.status, event.outcome) = (Some(200), Outcome::Answered);
            house.watch.called(&event);
        }
    };
    flood(0);
    let first = scrape(&house).await;
    flood(1);
    let second = scrape(&house).await;
    assert!(second.len() < 2 << 20, "{} bytes", second.len());
    let read = [&first, &second].map(|text| Scrape::read(text).samples.keys().cloned().collect::<BTreeSet<_>>());
    assert!(read[0] == read[1], "the second flood makes no new series");
    let others = Scrape::read(&second).value("egret_outbound_attempts_total{app=\"other\",outcome=\"answered\",code=\"\"}");
    // One of the first names is taken by the event that the others are made of.
    assert_eq!(others, 2.0 * 100_000.0 - 199.0);
}
