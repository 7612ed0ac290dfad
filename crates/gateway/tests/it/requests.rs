//! What a function is given, and what becomes of what it answers.

use crate::harness::{Reply, Site, echo};
use bytes::Bytes;
use egret_gateway::{Config, Hosts};
use egret_runtime::Answer;
use egret_testkit::exchange;
use http::Response;

const FILES: &str = "hello.js users/get.[id].js files/[...path].js post.form.js";

async fn site() -> Site {
    Site::start(Config::default(), FILES, echo).await
}

#[tokio::test]
async fn a_function_gets_an_absolute_uri_its_parameters_and_the_body() {
    let site = site().await;
    assert_eq!(site.get("/hello?a=%20b").await.body, "hello.js GET http://localhost/hello?a=%20b [] ");
    let user = site.get("/users/a%20b").await.body;
    assert_eq!(user, r#"users/get.[id].js GET http://localhost/users/a%20b [("id", "a b")] "#);
    let form = site.ask("POST /form HTTP/1.1\nContent-Length: 3", "a=b").await.body;
    assert_eq!(form, "post.form.js POST http://localhost/form [] a=b");
    let chunked = site.ask("POST /form HTTP/1.1\nTransfer-Encoding: chunked", "1\r\na\r\n2;x=y\r\n=b\r\n0\r\nT: 1\r\n\r\n").await;
    assert_eq!(chunked.body, "post.form.js POST http://localhost/form [] a=b");
}

#[tokio::test]
async fn every_answer_has_an_id_of_its_own_which_is_never_the_clients() {
    let site = site().await;
    let mut ids = Vec::new();
    for path in ["/hello", "/hello", "/nowhere", "//"] {
        let reply = site.ask(&format!("GET {path} HTTP/1.1\nX-Request-Id: mine"), "").await;
        ids.push(reply.header("x-request-id").unwrap().to_owned());
    }
    ids.dedup();
    assert!(ids.len() == 4 && ids.iter().all(|id| id.len() == 26), "{ids:?}");
}

#[tokio::test]
async fn what_is_not_routed_is_a_problem() {
    let site = site().await;
    assert_eq!(site.get("/nowhere").await.problem(), (404, "gateway.not_found".into()));
    let reply = site.ask("PUT /users/7 HTTP/1.1", "").await;
    assert_eq!((reply.problem(), reply.header("allow")), ((405, "gateway.method_not_allowed".into()), Some("GET, HEAD")));
    for path in ["/a%2Fb", "//", "/..", "/%00", "/a%5cb", "/%ff", "/files/%2e%2e/x"] {
        let reply = site.get(path).await;
        assert_eq!((reply.problem(), reply.header("connection")), ((400, "gateway.bad_path".into()), Some("close")), "{path}");
    }
}

#[tokio::test]
async fn a_target_with_a_fragment_is_refused() {
    let site = site().await;
    for target in ["/hello#x", "/hello?a#x", "http://localhost/hello#x", "/nowhere#x"] {
        let reply = site.get(target).await;
        assert_eq!((reply.problem(), reply.header("connection")), ((400, "gateway.bad_path".into()), Some("close")), "{target}");
    }
    assert_eq!(site.get("/files/%23x").await.status, 200);
}

#[tokio::test]
async fn head_is_answered_by_a_get_function_without_a_body() {
    let reply = site().await.ask("HEAD /users/7 HTTP/1.1", "").await;
    let length = r#"users/get.[id].js HEAD http://localhost/users/7 [("id", "7")] "#.len().to_string();
    assert_eq!((reply.status, reply.body.as_str(), reply.header("content-length")), (200, "", Some(&*length)));
}

#[tokio::test]
async fn the_host_must_be_one_valid_host() {
    let site = site().await;
    for hosts in ["", "Host: a\r\nHost: a\r\n", "Host: a b\r\n", "Host: u@a\r\n", "Host: a/b\r\n", "Host:\r\n", "Host: a:99999\r\n"] {
        let request = format!("GET /hello HTTP/1.1\r\n{hosts}\r\n");
        let reply = Reply::parse(&exchange(site.address, request.as_bytes()).await);
        assert_eq!(reply.problem(), (400, "gateway.bad_host".into()), "{hosts:?}");
    }
}

#[tokio::test]
async fn a_target_that_names_another_host_than_the_host_field_is_refused() {
    let site = site().await;
    assert_eq!(site.get("http://other/hello").await.problem(), (400, "gateway.bad_host".into()));
    assert_eq!(site.get("http://LOCALHOST/hello").await.body, "hello.js GET http://localhost/hello [] ");
}

#[tokio::test]
async fn a_local_gateway_answers_to_local_names_only() {
    let config = Config { hosts: Hosts::Local, ..Config::default() };
    let site = Site::start(config, FILES, echo).await;
    for (host, status) in [
        ("localhost:3000", 200),
        ("shop.localhost", 200),
        ("127.0.0.1", 200),
        ("[::1]:80", 200),
        ("example.com", 421),
        ("localhost.example.com", 421),
        ("192.168.0.1", 421),
    ] {
        let request = format!("GET /hello HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let reply = Reply::parse(&exchange(site.address, request.as_bytes()).await);
        assert_eq!(reply.status, status, "{host}");
    }
}

#[tokio::test]
async fn hop_by_hop_fields_stay_on_their_connection() {
    let site = Site::start(Config::default(), FILES, |invocation| async move {
        let mut names: Vec<String> = invocation.request.headers().keys().map(ToString::to_string).collect();
        names.sort();
        Ok(Response::new(Bytes::from(names.join(" "))))
    })
    .await;
    let reply = site.ask("GET /hello HTTP/1.1\nConnection: x-hop\nX-Hop: 1\nTE: trailers\nUpgrade: x\nKeep-Alive: 1\nX-Kept: 1", "").await;
    assert_eq!(reply.body, "host x-kept");
}

#[tokio::test]
async fn framing_that_a_function_sets_is_ours_to_compute() {
    let site = Site::start(Config::default(), FILES, |_| async {
        let answer = Response::builder()
            .header("content-length", "3")
            .header("transfer-encoding", "gzip")
            .header("connection", "x-hop")
            .header("x-hop", "1")
            .header("x-request-id", "forged")
            .header("x-kept", "1");
        Ok(answer.body(Bytes::from_static(b"hello world")).unwrap())
    })
    .await;
    let reply = site.get("/hello").await;
    assert_eq!((reply.body.as_str(), reply.header("content-length")), ("hello world", Some("11")));
    assert_eq!((reply.header("transfer-encoding"), reply.header("x-hop"), reply.header("x-kept")), (None, None, Some("1")));
    assert_eq!(reply.header("x-request-id").unwrap().len(), 26);
}

#[tokio::test]
async fn an_answer_that_can_have_no_body_has_none() {
    for status in [204, 205, 304] {
        let site = Site::start(Config::default(), FILES, move |_| async move {
            Ok(Response::builder().status(status).body(Bytes::from_static(b"body")).unwrap())
        })
        .await;
        let reply = site.get("/hello").await;
        assert_eq!((reply.status, reply.body.as_str()), (status, ""));
    }
}

#[tokio::test]
async fn a_status_that_is_no_answer_is_the_functions_fault() {
    for status in [100, 101, 199, 600, 999] {
        let site = Site::start(Config::default(), FILES, move |_| async move {
            let mut answer = Answer::default();
            *answer.status_mut() = status.try_into().unwrap();
            Ok(answer)
        })
        .await;
        assert_eq!(site.get("/hello").await.problem(), (500, "function.bad_answer".into()), "{status}");
    }
}

/// What a client gets when a function sets `fields` header fields of `length` bytes each.
async fn fields(fields: usize, length: usize) -> Reply {
    let answer = move |_| async move {
        let mut answer = Answer::new("body".into());
        for at in 0..fields {
            // As it is sent: a name of six bytes, a colon, a space, the value, and the line's end.
            let name: http::HeaderName = format!("x-{at:04}").parse().unwrap();
            answer.headers_mut().insert(name, "v".repeat(length - 10).parse().unwrap());
        }
        Ok(answer)
    };
    Site::start(Config::default(), FILES, answer).await.get("/hello").await
}

#[tokio::test]
async fn an_answer_with_too_many_or_too_long_header_fields_is_the_functions_fault() {
    assert_eq!(fields(100, 11).await.status, 200);
    assert_eq!(fields(101, 11).await.problem(), (500, "function.bad_answer".into()));
    assert_eq!(fields(64, 1024).await.status, 200);
    assert_eq!(fields(64, 1025).await.problem(), (500, "function.bad_answer".into()));
}

#[tokio::test]
async fn a_long_answer_arrives_whole_though_its_connection_closes_behind_it() {
    let site = Site::start(Config::default(), FILES, |_| async { Ok(Answer::new(Bytes::from(vec![b'x'; 32 << 20]))) }).await;
    assert_eq!(site.get("/hello").await.body.len(), 32 << 20);
}
