//! Slots: taken, given back on every way out, and shared between apps.

use super::{Gate, Slot};
use crate::budget::InFlight;
use crate::error::{Limit, Reason};
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

type Entering = Pin<Box<dyn Future<Output = Result<Slot, Reason>> + Send>>;

fn gate(all: usize, app: usize) -> Arc<Gate> {
    Gate::new(InFlight { all, app, wait: Duration::from_secs(3600), line: 100_000, line_app: 100_000 })
}

fn entering(gate: &Arc<Gate>, app: &str) -> Entering {
    let (gate, app) = (Arc::clone(gate), Arc::<str>::from(app));
    Box::pin(async move { gate.enter(&app, None).await })
}

fn poll(entering: &mut Entering) -> Option<Slot> {
    match entering.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(slot) => Some(slot.unwrap()),
        Poll::Pending => None,
    }
}

fn counts(gate: &Gate) -> (usize, usize) {
    (gate.load().in_flight, gate.load().waiting)
}

#[tokio::test]
async fn a_call_that_gives_up_at_any_moment_gives_back_what_it_has() {
    let gate = gate(1, 1);
    let first = poll(&mut entering(&gate, "a")).unwrap();
    let mut line: Vec<_> = (0..4).map(|_| entering(&gate, "a")).collect();
    line.iter_mut().for_each(|entering| assert!(poll(entering).is_none()));
    assert_eq!(counts(&gate), (1, 4));
    drop(line.remove(1));
    assert_eq!(counts(&gate), (1, 3), "it waits no longer");
    drop(first);
    assert_eq!(counts(&gate), (1, 2), "the slot is handed over, and its taker has not looked yet");
    drop(line.remove(0));
    assert_eq!(counts(&gate), (1, 1), "so it goes on to the next");
    let slot = poll(&mut line[0]).unwrap();
    drop(line);
    assert_eq!(counts(&gate), (1, 0));
    drop(slot);
    assert_eq!(counts(&gate), (0, 0));
}

#[tokio::test]
async fn a_panic_gives_back_the_slot() {
    let gate = gate(1, 1);
    let broken = Arc::clone(&gate);
    let task = tokio::spawn(async move {
        let _slot = broken.enter(&"a".into(), None).await.unwrap();
        panic!("a caller that breaks");
    });
    assert!(task.await.unwrap_err().is_panic());
    assert_eq!(counts(&gate), (0, 0));
}

#[tokio::test]
async fn a_line_that_is_gone_is_no_deep_stack() {
    let gate = gate(1, 1);
    let slot = poll(&mut entering(&gate, "a")).unwrap();
    let mut line: Vec<_> = (0..100_000).map(|_| entering(&gate, "a")).collect();
    line.iter_mut().for_each(|entering| drop(poll(entering)));
    assert_eq!(counts(&gate), (1, 100_000));
    drop(slot);
    drop(line);
    assert_eq!(counts(&gate), (0, 0));
}

#[tokio::test]
async fn a_call_waits_no_longer_than_it_may_and_is_told_what_was_full() {
    let wait = Duration::from_millis(1);
    let gate = Gate::new(InFlight { all: 2, app: 1, wait, line: 10, line_app: 10 });
    let _a = poll(&mut entering(&gate, "a")).unwrap();
    assert_eq!(entering(&gate, "a").await.err(), Some(Reason::Limit(Limit::InFlightApp, Some(wait))));
    let _b = poll(&mut entering(&gate, "b")).unwrap();
    assert_eq!(entering(&gate, "c").await.err(), Some(Reason::Limit(Limit::InFlight, Some(wait))));
    assert_eq!(counts(&gate), (2, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn never_more_than_the_caps_are_inside_and_everyone_gets_in() {
    let (gate, inside, seen) = (gate(10, 3), Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..64 {
        let (gate, inside, seen) = (Arc::clone(&gate), Arc::clone(&inside), Arc::clone(&seen));
        tasks.spawn(async move {
            let app: Arc<str> = format!("app{}", task % 8).into();
            for round in 0..200 {
                let mut entering = pin!(gate.enter(&app, None));
                if round % 7 == 0 {
                    // Gives up at whatever moment this is.
                    let _ = tokio::select! { biased; slot = &mut entering => slot.is_ok(), () = tokio::task::yield_now() => false };
                    continue;
                }
                let slot = entering.await.unwrap();
                assert!(inside.fetch_add(1, Ordering::SeqCst) < 10);
                tokio::task::yield_now().await;
                inside.fetch_sub(1, Ordering::SeqCst);
                seen.fetch_add(1, Ordering::Relaxed);
                drop(slot);
            }
        });
    }
    while let Some(ended) = tasks.join_next().await {
        ended.unwrap();
    }
    assert_eq!((counts(&gate), seen.load(Ordering::Relaxed)), ((0, 0), 64 * (200 - 29)));
}
