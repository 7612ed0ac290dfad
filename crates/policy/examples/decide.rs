//! What a decision costs: `cargo xtask bench policy`. Rules for many hosts, each with routes; requests that hit, that miss
//! the path, and that miss the host, in turn.
#![expect(clippy::unwrap_used, reason = "a measurement may panic")]

use egret_policy::{Policy, Request, RouteSpec, RuleSpec, Target};
use http::{HeaderMap, HeaderValue, Method};
use rustix::time::{ClockId, clock_gettime};
use std::hint::black_box;

/// Hosts, and the goal in nanoseconds (DESIGN 5).
const SIZES: [(usize, f64); 2] = [(1_000, 500.0), (100_000, 1_000.0)];
const ROUNDS: usize = 7;
const CALLS: usize = 200_000;

fn main() {
    for (hosts, goal) in SIZES {
        let policy = Policy::builder().rules((0..hosts).map(rule)).build().unwrap();
        let requests: Vec<Request> = (0..256).map(|index| request(hosts, index)).collect();
        let best = (0..ROUNDS).map(|_| round(&policy, &requests)).fold(f64::MAX, f64::min);
        let clone = (0..ROUNDS).map(|_| clones(&requests)).fold(f64::MAX, f64::min);
        let cost = best - clone;
        println!("{hosts} hosts: {cost:.0} ns a decision (with the request's copy {best:.0}, the copy alone {clone:.0})");
        println!("figure policy.decide.{hosts} {cost:.0} {goal:.0} {}", if cost <= goal { "ok" } else { "miss" });
    }
}

fn rule(index: usize) -> RuleSpec {
    let host = match index % 10 {
        0 => format!("*.wild{index}.example"),
        1 => format!("**.deep{index}.example"),
        _ => format!("api{index}.example.com"),
    };
    let route = |path: &str, method: &str| RouteSpec { methods: Some(vec![method.to_owned()]), ..RouteSpec::path(path) };
    RuleSpec {
        routes: Some(vec![route("/v1/users/:id", "GET"), route("/v1/charges", "POST"), route("/files/**", "GET")]),
        ..RuleSpec::host(host)
    }
}

fn request(hosts: usize, index: usize) -> Request {
    let place = index * 7919 % hosts / 10 * 10;
    let url = match index % 4 {
        0 => format!("https://api{}.example.com/v1/users/42", place + 2),
        1 => format!("https://a.wild{place}.example/files/a/b"),
        2 => format!("https://api{}.example.com/v2/none", place + 3),
        _ => format!("https://a.b.nowhere{index}.example.org/"),
    };
    let mut headers = HeaderMap::new();
    headers.insert("accept", HeaderValue::from_static("application/json"));
    headers.insert("user-agent", HeaderValue::from_static("bench"));
    Request::new(Method::GET, Target::parse(&url).unwrap(), headers)
}

fn round(policy: &Policy, requests: &[Request]) -> f64 {
    let start = cpu();
    for index in 0..CALLS {
        let _ = black_box(policy.decide(black_box(requests[index % requests.len()].clone())));
    }
    nanoseconds(start)
}

fn clones(requests: &[Request]) -> f64 {
    let start = cpu();
    for index in 0..CALLS {
        drop(black_box(requests[index % requests.len()].clone()));
    }
    nanoseconds(start)
}

/// What this thread has computed so far, in nanoseconds: others on the machine do not count.
fn cpu() -> i64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec * 1_000_000_000 + now.tv_nsec
}

fn nanoseconds(start: i64) -> f64 {
    (cpu() - start) as f64 / CALLS as f64
}
