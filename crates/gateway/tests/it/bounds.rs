//! What a client may make the gateway hold, and for how long.

use crate::harness::{Reply, Site, echo};
use bytes::Bytes;
use egret_gateway::{BuildError, Config, Detail, Gateway, Unobserved};
use egret_runtime::{Answer, Failure, Limit};
use egret_testkit::{Gate, connect, exchange};
use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const SHORT: Duration = Duration::from_millis(50);
/// Longer than any test runs: what ends within it does not end because of it.
const FOREVER: Duration = Duration::from_secs(900);

#[tokio::test]
async fn a_body_over_the_cap_is_refused_by_its_announced_length() {
    let site = Site::start(Config { body: 10, ..Config::default() }, "f.js", echo).await;
    let reply = site.ask("POST /f HTTP/1.1\nContent-Length: 11", "").await;
    assert_eq!((reply.problem(), reply.header("connection")), ((413, "gateway.body_too_large".into()), Some("close")));
    assert_eq!(site.ask("POST /f HTTP/1.1\nContent-Length: 10", "0123456789").await.status, 200);
}

#[tokio::test]
async fn a_body_over_the_cap_is_refused_while_it_comes() {
    let site = Site::start(Config { body: 10, ..Config::default() }, "f.js", echo).await;
    let head = "POST /f HTTP/1.1\nTransfer-Encoding: chunked";
    assert_eq!(site.ask(head, "5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n").await.status, 200);
    // It never ends: a gateway that waited for the whole body would wait for ever.
    assert_eq!(site.ask(head, "5\r\n01234\r\n6\r\n567890\r\n").await.problem(), (413, "gateway.body_too_large".into()));
}

#[tokio::test]
async fn the_refusal_of_a_long_body_reaches_a_client_that_is_still_sending() {
    let site = Site::start(Config { body: 10, ..Config::default() }, "f.js", echo).await;
    let head = format!("POST /f HTTP/1.1\nContent-Length: {}", 8 << 20);
    assert_eq!(site.ask(&head, &"x".repeat(8 << 20)).await.status, 413);
}

#[tokio::test]
async fn a_head_that_is_too_long_or_has_too_many_fields_is_refused() {
    let config = Config { head: 4096, headers: 10, ..Config::default() };
    let site = Site::start(config, "f.js", echo).await;
    let field = |length: usize| format!("GET /f HTTP/1.1\nX: {}", "x".repeat(length));
    assert_eq!(site.ask(&field(3000), "").await.status, 200);
    assert_eq!(site.ask(&field(4096), "").await.problem(), (431, "gateway.head_too_large".into()));
    let fields = |count: usize| format!("GET /f HTTP/1.1{}", "\nX: 1".repeat(count));
    // `ask` adds two fields of its own.
    assert_eq!(site.ask(&fields(8), "").await.status, 200);
    assert_eq!(site.ask(&fields(9), "").await.problem(), (431, "gateway.head_too_large".into()));
}

#[tokio::test]
async fn a_head_flood_is_cut_off() {
    let config = Config { head: 4096, headers: 10, ..Config::default() };
    let site = Site::start(config, "f.js", echo).await;
    for flood in ["X: 1\r\n".repeat(50_000), format!("X: {}", "x".repeat(300_000))] {
        let answer = exchange(site.address, format!("GET /f HTTP/1.1\r\n{flood}").as_bytes()).await;
        assert_eq!(Reply::parse(&answer).status, 431);
    }
}

#[tokio::test]
async fn a_head_that_does_not_end_is_answered_408_and_closed() {
    let site = Site::start(Config { head_timeout: SHORT, ..Config::default() }, "f.js", echo).await;
    let reply = Reply::parse(&exchange(site.address, b"GET /f HTTP/1.1\r\nHost: a").await);
    assert_eq!((reply.status, reply.header("connection")), (408, Some("close")));
}

#[tokio::test]
async fn a_connection_that_idles_is_closed_without_a_word() {
    let site = Site::start(Config { head_timeout: SHORT, ..Config::default() }, "f.js", echo).await;
    assert_eq!(exchange(site.address, b"").await, b"");
    let kept_alive = exchange(site.address, b"GET /f HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(Reply::parse(&kept_alive).body, "f.js GET http://a/f [] ");
}

#[tokio::test]
async fn a_body_that_does_not_come_is_answered_408_and_closed() {
    let site = Site::start(Config { body_timeout: SHORT, ..Config::default() }, "f.js", echo).await;
    let reply = site.ask("POST /f HTTP/1.1\nContent-Length: 5", "123").await;
    assert_eq!((reply.problem(), reply.header("connection")), ((408, "gateway.body_timeout".into()), Some("close")));
}

#[tokio::test]
async fn a_body_below_the_least_rate_is_answered_408_long_before_its_whole_time_is_over() {
    let config = Config { body_patience: SHORT, body_timeout: FOREVER, ..Config::default() };
    let site = Site::start(config, "f.js", echo).await;
    let reply = site.ask("POST /f HTTP/1.1\nContent-Length: 5", "123").await;
    assert_eq!((reply.problem(), reply.header("connection")), ((408, "gateway.body_timeout".into()), Some("close")));
}

#[tokio::test]
async fn bodies_of_all_connections_together_are_bounded() {
    let (begun, may_end) = (Gate::new(), Gate::new());
    let gates = (begun.clone(), may_end.clone());
    let site = Site::start(Config { bodies: 1 << 20, ..Config::default() }, "wait.js now.js", move |invocation| {
        let (begun, may_end) = gates.clone();
        async move {
            if &*invocation.function == "wait.js" {
                begun.release();
                may_end.opened().await;
            }
            Ok(Answer::default())
        }
    })
    .await;
    let post = async |path: &str, length: usize| {
        let head = format!("POST {path} HTTP/1.1\nContent-Length: {length}");
        site.ask(&head, &"x".repeat(length)).await
    };
    let others = async {
        begun.opened().await;
        let refused = post("/now", (100 << 10) + 1).await;
        let fits = post("/now", 100 << 10).await;
        may_end.release();
        (refused, fits)
    };
    let (first, (refused, fits)) = tokio::join!(post("/wait", 924 << 10), others);
    assert_eq!((refused.problem(), refused.header("retry-after")), ((503, "gateway.overloaded".into()), Some("1")));
    assert_eq!((refused.header("connection"), fits.status, first.status), (Some("close"), 200, 200));
    assert_eq!(post("/now", 1 << 20).await.status, 200, "what was held is given back");
}

#[tokio::test]
async fn a_body_in_small_chunks_takes_no_more_memory_than_its_length() {
    let site = Site::start(Config { bodies: 1 << 20, ..Config::default() }, "f.js", echo).await;
    let chunks = "1\r\nx\r\n".repeat(3000) + "0\r\n\r\n";
    assert_eq!(site.ask("POST /f HTTP/1.1\nTransfer-Encoding: chunked", &chunks).await.status, 200);
}

#[tokio::test]
async fn a_runtime_that_ends_at_the_deadline_has_the_last_word() {
    let config = Config { timeout: SHORT, detail: Detail::Full, ..Config::default() };
    let site = Site::start(config, "f.js", |invocation| async move {
        tokio::time::sleep_until((invocation.deadline + Duration::from_millis(20)).into()).await;
        Err(Failure::Limit { limit: Limit::Wall, detail: "while it waited for somebody".into() })
    })
    .await;
    let reply = site.get("/f").await;
    assert!(reply.status == 504 && reply.body.contains("while it waited for somebody"), "{reply:?}");
}

#[tokio::test]
async fn a_function_that_does_not_end_is_answered_504() {
    let site = Site::start(Config { timeout: SHORT, ..Config::default() }, "f.js", |_| pending()).await;
    assert_eq!(site.get("/f").await.problem(), (504, "limit.wall".into()));
}

#[tokio::test]
async fn a_client_that_takes_nothing_of_its_answer_is_dropped() {
    let config = Config { write_timeout: SHORT, grace: FOREVER, head_timeout: FOREVER, ..Config::default() };
    let answered = Gate::new();
    let opened = answered.clone();
    let mut site = Site::start(config, "f.js", move |_| {
        answered.release();
        // More than the kernel buffers for a connection.
        async { Ok(Answer::new(Bytes::from(vec![b'x'; 64 << 20]))) }
    })
    .await;
    let mut stream = connect(site.address).await;
    stream.write_all(b"GET /f HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    opened.opened().await;
    site.stop();
    // The order to stop waits for answers, and nothing but the stalled client can end this one.
    site.stopped().await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert!(answer.len() < 64 << 20);
}

#[tokio::test]
async fn requests_over_the_number_in_work_are_told_to_come_back() {
    let gate = Gate::new();
    let (entered, waiting) = (Gate::new(), gate.clone());
    let inside = entered.clone();
    let site = Site::start(Config { in_flight: 1, ..Config::default() }, "f.js", move |_| {
        let (entered, waiting) = (entered.clone(), waiting.clone());
        async move {
            entered.release();
            waiting.opened().await;
            Ok(Answer::default())
        }
    })
    .await;
    let refused = async {
        inside.opened().await;
        let reply = site.get("/f").await;
        gate.release();
        reply
    };
    let (first, second) = tokio::join!(site.get("/f"), refused);
    assert_eq!((second.problem(), second.header("retry-after")), ((503, "gateway.overloaded".into()), Some("1")));
    assert_eq!((first.status, site.get("/f").await.status), (200, 200));
}

#[tokio::test]
async fn connections_over_the_number_allowed_wait_for_their_turn() {
    let order = Arc::new(Mutex::new(Vec::new()));
    let seen = order.clone();
    let site = Site::start(Config { connections: 1, ..Config::default() }, "[name].js", move |invocation| {
        seen.lock().unwrap().push(invocation.params[0].1.clone());
        async { Ok(Answer::default()) }
    })
    .await;
    let mut first = connect(site.address).await;
    first.write_all(b"GET /one HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    first.read_exact(&mut [0; 20]).await.unwrap();
    let mut second = connect(site.address).await;
    second.write_all(b"GET /three HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.unwrap();
    first.write_all(b"GET /two HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await.unwrap();
    first.read_to_end(&mut Vec::new()).await.unwrap();
    drop(first);
    second.read_to_end(&mut Vec::new()).await.unwrap();
    assert_eq!(*order.lock().unwrap(), ["one", "two", "three"]);
}

#[tokio::test]
async fn a_configuration_out_of_range_is_refused_field_by_field() {
    let config = Config { headers: 0, head: 100, least_body_rate: 0, timeout: Duration::ZERO, ..Config::default() };
    let faults = Gateway::build(config, crate::harness::served("f.js", echo), Arc::new(Unobserved)).err().unwrap();
    let fields: Vec<&str> = faults.iter().map(|fault: &BuildError| fault.field).collect();
    assert_eq!(fields, ["head", "headers", "least_body_rate", "timeout"]);
    assert_eq!(faults[0].to_string(), "gateway: head is 100, allowed is 4096 to 1048576");
}
