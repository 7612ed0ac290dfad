//! The ring without a reader: what it has room for, in events and in bytes.

use super::*;
use egret_egress::{Caller, Event, Outcome, Secrets, Timings};
use egret_policy::{Policy, Target};
use std::sync::Arc;
use std::time::SystemTime;

fn event(url: &str) -> Event {
    let grants = Arc::new(Policy::builder().build().unwrap()).into();
    let deadline = tokio::time::Instant::now();
    let name: Arc<str> = "shop".into();
    let (app, function, invocation) = (Arc::clone(&name), Arc::clone(&name), Arc::clone(&name));
    Event {
        time: SystemTime::now(),
        call: name,
        caller: Caller {
            app,
            function,
            invocation,
            door: egret_egress::Door::Js,
            grants,
            secrets: Secrets::none(),
            budget: egret_egress::Budget::none(),
            deadline,
        },
        hop: 0,
        retries: 0,
        method: http::Method::GET,
        target: Some(Target::parse(url).unwrap()),
        route: None,
        hook: None,
        rule: None,
        secrets: Vec::new(),
        echoed: Vec::new(),
        address: None,
        reused: false,
        cached: None,
        status: None,
        outcome: Outcome::Answered,
        reported: None,
        change: None,
        sent: 0,
        received: 0,
        took: Duration::ZERO,
        timings: Timings::default(),
    }
}

fn filled(room: usize, path: usize, paths: bool) -> Ring {
    let (ring, event) = (Ring::new(room), event(&format!("https://a.test/{}", "x".repeat(path))));
    (0..50_000).for_each(|_| ring.push(Box::new(Record::new(event.clone(), paths))));
    ring
}

#[test]
fn a_full_ring_drops_and_counts_exactly() {
    let ring = filled(1_000, 1, false);
    assert_eq!((ring.emitted(), ring.dropped(), ring.fullness()), (50_000, 49_000, 1.0));
    assert_eq!(std::iter::from_fn(|| ring.pop()).count(), 1_000);
    assert_eq!((ring.fullness(), ring.bytes.into_inner()), (0.0, 0));
}

#[test]
fn long_paths_fill_the_ring_by_their_bytes_where_they_are_kept() {
    let (kept, left_out) = (filled(50_000, 8_000, true), filled(50_000, 8_000, false));
    let waiting = kept.emitted() - kept.dropped();
    assert!((5_000..=BYTES as u64 / 2_048).contains(&waiting), "{waiting}");
    assert_eq!(left_out.dropped(), 0);
}
