//! What actions of rules bring and cost: `cargo xtask bench actions`. How many calls an upstream serves that fails half the time, how
//! often a dead one is connected to, and what a call costs under a rule with every action beside one with none.
#![expect(clippy::unwrap_used, reason = "a measurement may panic")]

use egret_egress::{Budget, CallOptions, Caller, Config, Decode, Draft, Egress, Nameservers, Redirect, RequestBody, Secrets, Silent};
use egret_policy::{Actions, BreakerSpec, Extent, Policy, PortRange, RateSpec, RetrySpec, RuleSpec};
use egret_testkit::{Hostile, Upstream, Zone};
use http::{HeaderMap, Method, Response};
use rustix::time::{ClockId, clock_gettime};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

/// Calls to the upstream that fails half the time.
const CALLS: u32 = 10_000;
/// How long a dead upstream is left alone, and for how many such times it is called.
const OPEN: Duration = Duration::from_millis(100);
const INTERVALS: u32 = 20;
/// Tasks that call it without a pause.
const TASKS: usize = 64;
const ROUNDS: usize = 21;
const CALLS_A_ROUND: u32 = 1_000;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        half().await;
        dead().await;
    });
    // Peers have a thread of their own: the time of this one is the kernel's.
    let (tell, told) = mpsc::channel();
    let (_stay, stayed) = tokio::sync::oneshot::channel::<()>();
    std::thread::spawn(move || {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let zone = Zone::start();
            let upstream = Upstream::http(|_| async { Response::new("ok") });
            zone.addresses("a.test", &["127.0.0.1"]);
            tell.send((zone.address(), upstream.address())).unwrap();
            let _ = stayed.await;
        });
    });
    let (zone, peer) = told.recv().unwrap();
    runtime.block_on(cost(zone, peer));
}

fn figure(name: &str, value: f64, goal: &str, good: bool) {
    println!("figure actions.{name} {value:.3} {goal} {}", if good { "ok" } else { "miss" });
}

fn kernel(zone: SocketAddr) -> Egress {
    Egress::build(Config { nameservers: Nameservers::At(vec![zone]), ..Config::default() }, Arc::new(Silent)).unwrap()
}

fn caller(app: &str, peer: SocketAddr, actions: Actions) -> Caller {
    let rule = RuleSpec {
        ports: Some(vec![PortRange::single(peer.port())]),
        https_only: false,
        private: vec!["127.0.0.1/32".to_owned()],
        actions,
        ..RuleSpec::host("a.test")
    };
    Caller {
        app: app.into(),
        function: "f".into(),
        invocation: "i".into(),
        grants: Policy::builder().rule(rule).build().unwrap().into(),
        secrets: Secrets::none(),
        deadline: tokio::time::Instant::now() + Duration::from_secs(600),
        budget: Budget::none(),
        door: egret_egress::Door::Library,
    }
}

fn draft(peer: SocketAddr) -> Draft {
    Draft {
        method: Method::GET,
        url: format!("http://a.test:{}/", peer.port()),
        headers: HeaderMap::new(),
        body: RequestBody::Empty,
        redirect: Redirect::Return,
        decode: Decode::Raw,
        auth: None,
        options: CallOptions::default(),
        cache: Default::default(),
    }
}

/// Whether a call brought a 200.
async fn call(egress: &Egress, caller: &Caller, peer: SocketAddr) -> bool {
    let Ok(response) = egress.fetch(caller, draft(peer)).await else { return false };
    let status = response.status;
    response.body.collect(1_000).await.is_ok() && status.is_success()
}

/// Three tries against dice that are the same in every run.
async fn half() {
    let (zone, dice) = (Zone::start(), Arc::new(AtomicU64::new(1)));
    zone.addresses("a.test", &["127.0.0.1"]);
    let upstream = Upstream::http(move |_| {
        let next = |dice: u64| Some(dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407));
        let status = if dice.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).unwrap() >> 63 == 0 { 200 } else { 503 };
        async move { Response::builder().status(status).body("").unwrap() }
    });
    let retry = RetrySpec { backoff: (Duration::ZERO, Duration::from_millis(1)), ..RetrySpec::default() };
    let (egress, caller) = (kernel(zone.address()), caller("a", upstream.address(), Actions { retry: Some(retry), ..Actions::default() }));
    let mut served = 0;
    for _ in 0..CALLS {
        served += u32::from(call(&egress, &caller, upstream.address()).await);
    }
    let share = f64::from(served) / f64::from(CALLS);
    println!("{CALLS} calls to an upstream that fails half the time took {} requests", upstream.requests().len());
    figure("success", share, "0.87", share >= 0.87);
}

/// Many tasks call a peer that ends every connection at once.
async fn dead() {
    let (zone, dead) = (Zone::start(), Hostile::script(vec![]));
    zone.addresses("a.test", &["127.0.0.1"]);
    let breaker = BreakerSpec { failures: 1, open: OPEN };
    let (egress, caller) = (kernel(zone.address()), caller("a", dead.address(), Actions { breaker: Some(breaker), ..Actions::default() }));
    let peer = dead.address();
    call(&egress, &caller, peer).await;
    let (before, start) = (dead.connections(), Instant::now());
    let until = start + OPEN * INTERVALS;
    let tasks = (0..TASKS).map(|_| {
        let (egress, caller) = (egress.clone(), caller.clone());
        tokio::spawn(async move {
            let mut calls = 0_u32;
            while Instant::now() < until {
                call(&egress, &caller, peer).await;
                calls += 1;
                tokio::task::yield_now().await;
            }
            calls
        })
    });
    let mut calls = 0;
    for task in tasks.collect::<Vec<_>>() {
        calls += task.await.unwrap();
    }
    let (probes, intervals) = (dead.connections() - before, start.elapsed().as_secs_f64() / OPEN.as_secs_f64());
    println!("{calls} calls of {TASKS} tasks to a dead upstream in {intervals:.1} intervals made {probes} connections");
    let each = probes as f64 / intervals;
    figure("dead_connections_per_interval", each, "1", each <= 1.0);
}

/// Rules with and without actions, in turn. None of the actions has anything to do.
async fn cost(zone: SocketAddr, peer: SocketAddr) {
    let actions = Actions {
        retry: Some(RetrySpec::default()),
        rate: Some(RateSpec::read("1000000/s").unwrap()),
        breaker: Some(BreakerSpec::default()),
        extent: Extent { timeout: Some(Duration::from_secs(60)), max_response: Some(1 << 20) },
    };
    let egress = kernel(zone);
    let callers = [caller("plain", peer, Actions::default()), caller("acting", peer, actions)];
    let mut rounds = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let mut spent = [0.0; 2];
        for (caller, spent) in callers.iter().zip(&mut spent) {
            let before = cpu();
            for _ in 0..CALLS_A_ROUND {
                assert!(call(&egress, caller, peer).await);
            }
            *spent = (cpu() - before).as_secs_f64() * 1e6 / f64::from(CALLS_A_ROUND);
        }
        rounds.push((spent[1] / spent[0], spent));
    }
    rounds.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (ratio, [plain, acting]) = rounds[ROUNDS / 2];
    println!("a call under a rule with no action costs {plain:.1} µs of CPU, with all of them {acting:.1} µs");
    figure("acting_to_plain", ratio, "1.10", ratio <= 1.10);
}

/// What this thread has used of a processor: other work on the machine does not count.
fn cpu() -> Duration {
    let spent = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(spent.tv_sec.try_into().unwrap(), spent.tv_nsec.try_into().unwrap())
}
