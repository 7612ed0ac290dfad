//! Every failure of the runtime has its status and code, and says no more than it may.

use crate::harness::{Reply, Site};
use egret_gateway::{Config, Detail};
use egret_runtime::{Failure, Limit, NetFailure, Thrown};
use std::time::Duration;

async fn ask(detail: Detail, failure: fn() -> Failure) -> Reply {
    let config = Config { detail, ..Config::default() };
    Site::start(config, "f.js", move |_| async move { Err(failure()) }).await.get("/f").await
}

async fn check(failure: fn() -> Failure, status: u16, code: &str, retry_after: Option<&str>) {
    let reply = ask(Detail::Safe, failure).await;
    assert_eq!((reply.problem(), reply.header("retry-after")), ((status, code.to_owned()), retry_after));
    assert!(!reply.body.contains("hidden"), "{}", reply.body);
    let full = ask(Detail::Full, failure).await;
    assert_eq!(full.problem(), reply.problem());
    assert!(full.body.contains("hidden"), "{}", full.body);
}

fn limit(limit: Limit) -> Failure {
    Failure::Limit { limit, detail: "hidden".into() }
}

fn net(code: &str, retry_after: Option<Duration>) -> Failure {
    let net = Some(NetFailure { code: code.into(), retry_after });
    Failure::Thrown(Thrown { name: "NetError".into(), message: "hidden".into(), stack: String::new(), net })
}

fn thrown() -> Failure {
    Failure::Thrown(Thrown { name: "TypeError".into(), message: "m".into(), stack: "at hidden.js:1:2".into(), net: None })
}

#[tokio::test]
async fn limits_are_504_503_or_500() {
    check(|| limit(Limit::Wall), 504, "limit.wall", None).await;
    check(|| limit(Limit::Isolates), 503, "limit.isolates", Some("1")).await;
    check(|| limit(Limit::Cpu), 500, "limit.cpu", None).await;
    check(|| limit(Limit::Heap), 500, "limit.heap", None).await;
    check(|| limit(Limit::Stack), 500, "limit.stack", None).await;
    check(|| limit(Limit::AnswerBody), 500, "limit.answer_body", None).await;
}

#[tokio::test]
async fn uncaught_network_errors_have_the_status_of_their_class() {
    check(|| net("NET_TIMEOUT", None), 504, "NET_TIMEOUT", None).await;
    check(|| net("NET_BUDGET", None), 504, "NET_BUDGET", None).await;
    check(|| net("NET_LIMIT", None), 503, "NET_LIMIT", Some("1")).await;
    check(|| net("NET_RATE", Some(Duration::from_millis(2001))), 503, "NET_RATE", Some("3")).await;
    check(|| net("NET_RATE", Some(Duration::ZERO)), 503, "NET_RATE", Some("1")).await;
    check(|| net("NET_SIZE", None), 502, "NET_SIZE", None).await;
    check(|| net("NET_DNS", None), 502, "NET_DNS", None).await;
    check(|| net("NET_TLS", None), 502, "NET_TLS", None).await;
    check(|| net("NET_CONNECT", Some(Duration::from_secs(1))), 502, "NET_CONNECT", None).await;
    check(|| net("NET_PROTOCOL", None), 502, "NET_PROTOCOL", None).await;
    check(|| net("NET_BLOCKED", None), 500, "NET_BLOCKED", None).await;
    check(|| net("NET_AUTH", None), 500, "NET_AUTH", None).await;
    check(|| net("NET_ABORTED", None), 500, "NET_ABORTED", None).await;
}

#[tokio::test]
async fn everything_else_is_500() {
    check(thrown, 500, "function.thrown", None).await;
    check(|| Failure::BadAnswer("hidden".into()), 500, "function.bad_answer", None).await;
    check(|| Failure::NoFunction("hidden".into()), 500, "runtime.no_function", None).await;
    check(|| Failure::Engine("hidden".into()), 500, "runtime.engine", None).await;
}
