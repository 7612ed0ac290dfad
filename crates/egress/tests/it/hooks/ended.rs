//! What ends a call with hooks: their failure, their silence, the caller's time, and a way past them.

use super::*;
use egret_egress::{Detail, Outcome, Reply, WsDraft};
use egret_testkit::Listener;
use http::{HeaderMap, StatusCode};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

#[tokio::test]
async fn a_hook_that_fails_panics_or_is_silent_fails_the_call_and_tells_the_guest_nothing() {
    let peer = telling();
    let house = house(|config| {
        config.detail = Detail::Safe;
        config.hooks.register("fails", hook(|_, _| Box::pin(async { Err(HookError::new("vault.internal said hunter2")) })));
        config.hooks.register("panics", hook(|_, _| Box::pin(async { panic!("hunter2") })));
        config.hooks.register("silent", hook(|_, _| Box::pin(async { Ok(()) })));
        config.hooks.register(
            "informs",
            hook(|context: &mut Context, _| {
                Box::pin(async move {
                    context.answer(Reply::new(StatusCode::CONTINUE));
                    Ok(())
                })
            }),
        );
    });
    for (name, path) in [
        ("fails", "egress.hook.failed"),
        ("panics", "egress.hook.panicked"),
        ("silent", "egress.hook.no_response"),
        ("informs", "egress.hook.failed"),
        ("nobody", "egress.hook.unknown"),
    ] {
        let policy = policy([rule(peer.address(), named(&[name]))]);
        let error = house.get(&policy, &url("a.test", &peer, "/")).await.unwrap_err();
        assert_eq!((error.code().as_str(), error.path()), ("NET_BLOCKED", path), "{name}");
        assert!(!error.to_string().contains("hunter2") && !error.to_string().contains(name), "{error}");
        let event = house.events().pop().unwrap();
        assert!(matches!(event.outcome, Outcome::Failed(reason) if reason.path() == path && reason.to_string().contains(name)));
    }
    assert!(peer.requests().is_empty() && house.events().len() == 5);
}

#[tokio::test]
async fn a_hook_further_out_may_answer_for_one_that_failed() {
    let peer = telling();
    let house = house(|config| {
        config.hooks.register(
            "rescue",
            hook(|context: &mut Context, next| {
                Box::pin(async move {
                    if next.run(context).await.is_err() {
                        context.answer(Reply::text(StatusCode::OK, "instead"));
                    }
                    Ok(())
                })
            }),
        );
        config.hooks.register("fails", hook(|_, _| Box::pin(async { Err(HookError::new("no")) })));
    });
    let policy = policy([rule(peer.address(), named(&["rescue", "fails"]))]);
    assert_eq!(get(&house, &policy, &url("a.test", &peer, "/")).await, "instead");
}

#[tokio::test]
async fn what_a_call_fails_with_passes_a_hook_as_it_is() {
    let (silent, house) = (Listener::silent(), house(|config| config.hooks.register("look", changes(|_| ()))));
    let policy = policy([rule(silent.address(), named(&["look"]))]);
    let missing = RuleSpec { handling: named(&["look"]), ..local("none.test", silent.address()) };
    let target = format!("http://none.test:{}/", silent.address().port());
    assert_eq!(house.failure(&crate::house::policy([missing]), &target).await, "egress.dns.no_such_name");
    assert_eq!(house.failure(&policy, &format!("http://a.test:{}/x//y", silent.address().port())).await, "policy.path.empty_segment");
    assert_eq!(house.events().len(), 2);
}

#[tokio::test]
async fn the_callers_deadline_bounds_its_hooks_and_dropping_the_call_drops_them() {
    let peer = telling();
    let (dropped, seen) = oneshot::channel::<()>();
    let held = std::sync::Mutex::new(Some(dropped));
    let house = house(|config| {
        config.hooks.register("never", hook(|_, _| Box::pin(std::future::pending())));
        config.hooks.register(
            "holds",
            hook(move |_, _| {
                let held = held.lock().unwrap().take();
                Box::pin(async move {
                    let _held = held;
                    std::future::pending().await
                })
            }),
        );
    });
    let of = |name: &str| policy([rule(peer.address(), named(&[name]))]);
    let caller = Caller { deadline: Instant::now() + Duration::from_millis(20), ..caller(&of("never")) };
    let error = house.egress.fetch(&caller, draft(&url("a.test", &peer, "/"))).await.unwrap_err();
    assert_eq!((error.path(), house.events().len()), ("egress.timeout.total", 1));
    let (egress, target, grants) = (house.egress.clone(), url("a.test", &peer, "/"), of("holds"));
    let call = tokio::spawn(async move { egress.fetch(&crate::house::caller(&grants), draft(&target)).await.is_ok() });
    tokio::task::yield_now().await;
    call.abort();
    assert!(seen.await.is_err(), "the sender went with the hook");
}

#[tokio::test]
async fn a_websocket_does_not_come_past_the_hooks_of_its_rule() {
    let (silent, house) = (Listener::silent(), house(|config| config.hooks.register("look", changes(|_| ()))));
    let policy = policy([rule(silent.address(), named(&["look"]))]);
    let wish = WsDraft { url: format!("ws://a.test:{}/", silent.address().port()), headers: HeaderMap::new(), protocols: Vec::new() };
    let error = house.egress.websocket(&caller(&policy), wish).await.err().unwrap();
    assert_eq!(error.path(), "egress.hook.not_run");
    silent.assert_untouched();
}
