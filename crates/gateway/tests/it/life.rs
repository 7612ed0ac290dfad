//! Reload, stop, and clients that leave.

use crate::harness::{Site, echo, served};
use egret_gateway::{Config, Gateway, Unobserved};
use egret_runtime::{Answer, Failure};
use egret_testkit::{Gate, connect};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Opens its gate when it is dropped: what owned it is gone.
struct Gone(Gate);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.release();
    }
}

/// A site whose function says when it has begun, when it is gone, and ends when it may.
struct Slow {
    site: Site,
    begun: Gate,
    gone: Gate,
    may_end: Gate,
}

impl Slow {
    async fn start(config: Config) -> Self {
        let (begun, gone, may_end) = (Gate::new(), Gate::new(), Gate::new());
        let gates = (begun.clone(), gone.clone(), may_end.clone());
        let site = Site::start(config, "slow.js", move |_| {
            let (begun, gone, may_end) = gates.clone();
            async move {
                let _gone = Gone(gone);
                begun.release();
                may_end.opened().await;
                Ok::<_, Failure>(Answer::new("done".into()))
            }
        })
        .await;
        Self { site, begun, gone, may_end }
    }

    async fn ask(&self) -> tokio::net::TcpStream {
        self.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n").await
    }

    /// Sends `request` and waits until the function has begun.
    async fn send(&self, request: &str) -> tokio::net::TcpStream {
        let mut stream = connect(self.site.address).await;
        stream.write_all(request.as_bytes()).await.unwrap();
        self.begun.opened().await;
        stream
    }
}

#[tokio::test]
async fn a_client_that_leaves_ends_its_invocation() {
    let slow = Slow::start(Config::default()).await;
    let stream = slow.ask().await;
    drop(stream);
    slow.gone.opened().await;
}

#[tokio::test]
async fn a_client_that_leaves_bytes_behind_its_request_ends_its_invocation_all_the_same() {
    let get = "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n".to_owned();
    let length = "POST /slow HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx".to_owned();
    let chunked = "POST /slow HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n".to_owned();
    for request in [get.clone() + "G", get.clone() + &get, length + "G", chunked + "G"] {
        for reset in [true, false] {
            let slow = Slow::start(Config::default()).await;
            let stream = slow.send(&request).await;
            if reset {
                stream.set_zero_linger().unwrap();
            }
            drop(stream);
            slow.gone.opened().await;
        }
    }
}

#[tokio::test]
async fn a_client_that_sends_more_during_its_invocation_and_leaves_ends_it() {
    let slow = Slow::start(Config::default()).await;
    let mut stream = slow.ask().await;
    for _ in 0..3 {
        stream.write_all(b"GET /slow HTTP/1.1\r\n").await.unwrap();
        tokio::task::yield_now().await;
    }
    stream.set_zero_linger().unwrap();
    drop(stream);
    slow.gone.opened().await;
}

#[tokio::test]
async fn requests_that_come_during_an_invocation_are_answered_after_it() {
    let slow = Slow::start(Config::default()).await;
    let mut stream = slow.ask().await;
    // In pieces, so that some of them come while the socket is only watched.
    for piece in ["GET /slow HT", "TP/1.1\r\nHost: a\r\n", "\r\nGET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"] {
        stream.write_all(piece.as_bytes()).await.unwrap();
        tokio::task::yield_now().await;
    }
    slow.may_end.release();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).await.unwrap();
    let statuses: Vec<&str> = answers.lines().flat_map(|line| line.split("HTTP/1.1 ").skip(1)).collect();
    assert_eq!(statuses, ["200 OK", "200 OK", "404 Not Found"], "{answers}");
}

#[tokio::test]
async fn after_the_order_to_stop_requests_in_work_are_answered() {
    let mut slow = Slow::start(Config::default()).await;
    let mut stream = slow.ask().await;
    slow.site.stop();
    slow.may_end.release();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("done"), "{answer}");
    drop(stream);
    slow.site.stopped().await;
}

#[tokio::test]
async fn requests_that_outlive_the_grace_time_are_dropped() {
    let mut slow = Slow::start(Config { grace: Duration::ZERO, ..Config::default() }).await;
    let mut stream = slow.ask().await;
    slow.site.stop();
    slow.site.stopped().await;
    slow.gone.opened().await;
    assert_eq!(stream.read(&mut [0; 1]).await.unwrap_or(0), 0);
}

#[tokio::test]
async fn an_idle_connection_does_not_delay_the_stop() {
    let config = Config { grace: Duration::from_secs(900), head_timeout: Duration::from_secs(900), ..Config::default() };
    let mut site = Site::start(config, "f.js", echo).await;
    let mut stream = connect(site.address).await;
    stream.write_all(b"GET /f HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
    stream.read_exact(&mut [0; 12]).await.unwrap();
    site.stop();
    stream.read_to_end(&mut Vec::new()).await.unwrap();
    drop(stream);
    site.stopped().await;
}

#[tokio::test]
async fn a_swap_changes_routes_and_runtime_together_for_the_next_request() {
    let site = Site::start(Config::default(), "old.js", echo).await;
    assert_eq!((site.get("/old").await.status, site.get("/new").await.status), (200, 404));
    site.gateway.swap(served("new.js", |_| async { Ok(Answer::new("new".into())) }));
    assert_eq!((site.get("/old").await.status, site.get("/new").await.body), (404, "new".into()));
    assert_eq!(&*site.gateway.served().routes.list()[0].file, "new.js");
}

#[tokio::test]
async fn a_request_in_work_ends_with_what_it_began_with() {
    let slow = Slow::start(Config::default()).await;
    let mut stream = slow.ask().await;
    slow.site.gateway.swap(served("other.js", echo));
    slow.may_end.release();
    let mut start = [0; 12];
    stream.read_exact(&mut start).await.unwrap();
    assert_eq!(&start, b"HTTP/1.1 200");
}

#[tokio::test]
async fn the_observer_is_told_of_every_answer_without_the_query() {
    let site = Site::start(Config::default(), "f.js get.g.js", |invocation| async move {
        if &*invocation.function == "f.js" { echo(invocation).await } else { Err(Failure::Engine("x".into())) }
    })
    .await;
    for path in ["/f?secret", "/g", "/nowhere"] {
        site.get(path).await;
    }
    let log = site.log.0.lock().unwrap().clone();
    assert_eq!(log, ["GET /f f.js 200 -", "GET /g get.g.js 500 runtime.engine", "GET /nowhere - 404 gateway.not_found"]);
}

#[tokio::test]
async fn requests_inside_tls_are_served_with_an_https_url() {
    let authority = egret_testkit::Authority::new();
    let config = egret_testkit::server_config(authority.leaf(&["inside.test"]));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = served("url.js", |invocation| async move { Ok::<_, Failure>(Answer::new(invocation.request.uri().to_string().into())) });
    let gateway = Gateway::build(Config::default(), served, Arc::new(Unobserved)).unwrap();
    tokio::spawn(async move { gateway.serve_tls(listener, config, std::future::pending()).await });
    let connector = tokio_rustls::TlsConnector::from(egret_testkit::client_config(&authority));
    let stream = egret_testkit::connect(address).await;
    let mut stream = connector.connect("inside.test".try_into().unwrap(), stream).await.unwrap();
    stream.write_all(b"GET /url HTTP/1.1\r\nhost: inside.test\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("https://inside.test/url"), "{answer}");
}

#[tokio::test]
async fn a_pause_ends_requests_in_work_and_refuses_the_next_until_it_is_over() {
    let slow = Slow::start(Config::default()).await;
    let mut stream = slow.send("GET /slow HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
    slow.site.gateway.pause(true);
    slow.gone.opened().await;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("gateway.paused"), "{answer}");
    assert_eq!(slow.site.get("/slow").await.problem(), (503, "gateway.paused".into()));
    assert_eq!(slow.site.get("/nowhere").await.problem(), (404, "gateway.not_found".into()));
    slow.site.gateway.pause(false);
    slow.may_end.release();
    assert_eq!(slow.site.get("/slow").await.status, 200);
}
