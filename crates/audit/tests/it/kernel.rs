//! The real kernel's events, in the store.

use crate::house::{House, caller};
use egret_audit::Config;
use egret_egress::{Audit, CacheWish, Decode, Draft, Egress, Nameservers, Redirect, RequestBody};
use egret_policy::{Actions, Policy, PortRange, RetrySpec, RuleSpec};
use egret_store::Ended;
use egret_testkit::{Upstream, Zone};
use http::{HeaderMap, Method, Response};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

fn draft(url: String) -> Draft {
    let (method, redirect, decode) = (Method::GET, Redirect::Follow, Decode::Auto);
    Draft {
        method,
        url,
        headers: HeaderMap::new(),
        body: RequestBody::Empty,
        redirect,
        decode,
        auth: None,
        options: Default::default(),
        cache: CacheWish::default(),
    }
}

#[tokio::test]
async fn a_call_of_the_kernel_is_kept_with_all_its_tries_and_hops_and_its_refusal() {
    let house = House::new(Config::default());
    let zone = Zone::start();
    zone.addresses("a.test", &["127.0.0.1"]);
    let busy = AtomicBool::new(true);
    let upstream = Upstream::http(move |_| {
        let status = if busy.swap(false, Ordering::Relaxed) { 503 } else { 302 };
        async move { Response::builder().status(status).header("location", "https://b.test/x").body("").unwrap() }
    });
    let port = upstream.address().port();
    let rule = RuleSpec {
        ports: Some(vec![PortRange::single(port)]),
        https_only: false,
        private: vec!["127.0.0.1/32".to_owned()],
        actions: Actions { retry: Some(RetrySpec { backoff: Default::default(), ..RetrySpec::default() }), ..Actions::default() },
        ..RuleSpec::host("a.test")
    };
    let policy = Arc::new(Policy::builder().rules([rule]).build().unwrap());
    let config = egret_egress::Config { nameservers: Nameservers::At(vec![zone.address()]), ..egret_egress::Config::default() };
    let egress = Egress::build(config, Arc::clone(&house.log) as Arc<dyn Audit>).unwrap();
    let url = format!("http://a.test:{port}/go?token=hunter2");
    egress.fetch(&caller("shop", &policy), draft(url)).await.unwrap_err();
    house.log.flush().unwrap();
    let newest = house.store.latest_attempts(&egret_store::Filter::default(), 1).unwrap().remove(0).1;
    let story = house.store.story(&newest.call, 100).unwrap();
    let told: Vec<_> = story.iter().map(|hop| (hop.hop, hop.retries, hop.host.as_deref().unwrap(), hop.ended, hop.status)).collect();
    assert_eq!(told[0], (0, 0, "a.test", Ended::Answered, Some(503)));
    assert_eq!(told[1], (0, 1, "a.test", Ended::Answered, Some(302)));
    assert_eq!(told[2], (1, 0, "b.test", Ended::Refused, None));
    assert_eq!(story[2].code.as_deref(), Some("policy.rule.no_host"));
    assert!(!format!("{story:?}").contains("hunter2"));
}
