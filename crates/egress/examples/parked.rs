//! Whether 10,000 calls may be under way at once with the limits as shipped, and what each of them holds: `cargo xtask bench parked`.
//!
//! Five apps of 2,000 calls each ask an upstream, a process of its own, that answers nobody before all have asked.
#![expect(clippy::unwrap_used, reason = "a measurement may panic")]

use egret_egress::{Audit, Budget, Caller, Config, Decode, Draft, Egress, Event, Nameservers, Redirect, RequestBody, Secrets};
use egret_policy::{Policy, PortRange, RuleSpec};
use egret_testkit::Zone;
use http::{HeaderMap, Method};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

const APPS: usize = 5;
const CALLS: usize = 10_000;
/// Descriptors of either process: one a call, and some.
const DESCRIPTORS: u64 = 10_500;
const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";
/// As the kernel bounds what comes in between: nothing waits for ever.
const PATIENCE: Duration = Duration::from_secs(50);

/// The log, off: what is measured is the calls.
struct Nobody;

impl Audit for Nobody {
    fn record(&self, _: Event) {}
}

#[tokio::main]
async fn main() {
    let limit = getrlimit(Resource::Nofile);
    if limit.maximum.is_some_and(|most| most < DESCRIPTORS) {
        println!("needs {DESCRIPTORS} descriptors a process, and this user may have {:?}: nothing was measured", limit.maximum);
        return;
    }
    setrlimit(Resource::Nofile, Rlimit { current: Some(DESCRIPTORS), maximum: limit.maximum }).unwrap();
    match std::env::args().nth(1).as_deref() {
        Some("upstream") => upstream().await,
        _ => measure().await,
    }
}

/// Answers everybody once all have asked.
async fn upstream() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    let (asked, all) = (Arc::new(AtomicUsize::new(0)), watch::Sender::new(false));
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        tokio::spawn(park(stream, Arc::clone(&asked), all.clone()));
    }
}

async fn park(mut stream: TcpStream, asked: Arc<AtomicUsize>, all: watch::Sender<bool>) {
    let (mut head, mut piece) = (Vec::new(), [0; 1024]);
    while !head.ends_with(b"\r\n\r\n") {
        let read = stream.read(&mut piece).await.unwrap();
        head.extend_from_slice(&piece[..read]);
    }
    if asked.fetch_add(1, Ordering::Relaxed) + 1 == CALLS {
        all.send_replace(true);
    }
    all.subscribe().wait_for(|all| *all).await.unwrap();
    let _ = stream.write_all(ANSWER).await;
}

async fn measure() {
    let (mut child, peer) = start();
    let zone = Zone::start();
    zone.addresses("upstream.test", &["127.0.0.1"]);
    let config = Config { nameservers: Nameservers::At(vec![zone.address()]), ..Config::default() };
    let egress = Egress::build(config, Arc::new(Nobody)).unwrap();
    let rule = RuleSpec {
        ports: Some(vec![PortRange::single(peer.port())]),
        https_only: false,
        private: vec!["127.0.0.1/32".to_owned()],
        ..RuleSpec::host("upstream.test")
    };
    let policy = Arc::new(Policy::builder().rules([rule]).build().unwrap());
    let (before, began) = (resident(), Instant::now());
    let calls: Vec<_> = (0..CALLS).map(|call| tokio::spawn(call_of(egress.clone(), caller(call % APPS, &policy), peer))).collect();
    let (mut most, mut held) = (0, before);
    while !calls.iter().all(tokio::task::JoinHandle::is_finished) {
        most = most.max(egress.load().in_flight);
        held = held.max(resident());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut answered = 0;
    for call in calls {
        answered += usize::from(call.await.unwrap());
    }
    child.kill().unwrap();
    child.wait().unwrap();
    println!(
        "{CALLS} calls of {APPS} apps in {:.1} s, {:.1} KiB each while they wait",
        began.elapsed().as_secs_f64(),
        (held - before) / CALLS as f64
    );
    figure("under_way", most, CALLS);
    figure("answered", answered, CALLS);
}

fn figure(name: &str, value: usize, goal: usize) {
    println!("figure egress.parked.{name} {value} {goal} {}", if value >= goal { "ok" } else { "miss" });
}

#[expect(clippy::disallowed_methods, reason = "test: the upstream is a process, for its descriptors")]
fn start() -> (Child, SocketAddr) {
    let mut child = Command::new(std::env::current_exe().unwrap()).arg("upstream").stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (child, line.trim().parse().unwrap())
}

fn caller(app: usize, policy: &Arc<Policy>) -> Caller {
    Caller {
        app: format!("app{app}").into(),
        function: "f.js".into(),
        invocation: "i".into(),
        door: egret_egress::Door::Library,
        grants: Arc::clone(policy).into(),
        secrets: Secrets::none(),
        deadline: tokio::time::Instant::now() + PATIENCE,
        budget: Budget::none(),
    }
}

async fn call_of(egress: Egress, caller: Caller, peer: SocketAddr) -> bool {
    let (method, redirect, decode) = (Method::GET, Redirect::Return, Decode::Auto);
    let url = format!("http://upstream.test:{}/", peer.port());
    let draft = Draft {
        method,
        url,
        headers: HeaderMap::new(),
        body: RequestBody::Empty,
        redirect,
        decode,
        auth: None,
        options: Default::default(),
        cache: Default::default(),
    };
    let outcome = match egress.fetch(&caller, draft).await {
        Ok(response) => response.body.collect(10).await.map(|body| body == "ok"),
        Err(error) => Err(error),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("{error}");
        false
    })
}

/// KiB of memory that the process has, by the system's account.
fn resident() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches("kB").trim().parse().unwrap()
}
