//! The policy hook: when it is asked, what it is told, and what it cannot do.

use super::*;
use egret_egress::{Secret, SecretGrant, SecretValue, Secrets};
use egret_policy::{Ceiling, Place, Scheme};
use std::net::IpAddr;
use std::sync::Mutex;

/// What the hook was told: host and path, and the addresses.
type Told = Arc<Mutex<Vec<(String, Option<Vec<IpAddr>>)>>>;

/// Says what a function says, and notes what it was asked.
struct Says<F>(F, Told);

impl<F: Fn(&Asked<'_>) -> Result<bool, String> + Send + Sync + 'static> PolicyHook for Says<F> {
    async fn allows(&self, asked: Asked<'_>) -> Result<bool, String> {
        self.1.lock().unwrap().push((format!("{} {}{}", asked.method, asked.host, asked.path), asked.addresses.map(<[_]>::to_vec)));
        (self.0)(&asked)
    }
}

/// A house in which `public.test` is played by a peer on loopback, and the hook says this.
fn public(peer: &Upstream, says: impl Fn(&Asked<'_>) -> Result<bool, String> + Send + Sync + 'static) -> (House, Told) {
    let (told, address) = (Told::default(), peer.address());
    let house = house(|config| {
        config.hooks.decide_by(Says(says, Arc::clone(&told)));
        config.danger.redial = Some(Arc::new(move |_| address));
    });
    house.zone.addresses("public.test", &["93.184.216.34"]);
    house.zone.addresses("inner.test", &["10.0.0.1"]);
    (house, told)
}

fn asking(rules: impl IntoIterator<Item = RuleSpec>) -> Arc<Policy> {
    Arc::new(Policy::builder().rules(rules).ask_hook().build().unwrap())
}

#[tokio::test]
async fn the_hook_is_asked_before_dns_and_again_with_the_addresses() {
    let peer = telling();
    let (house, told) = public(&peer, |asked| Ok(asked.host == "public.test" && asked.scheme == Scheme::Http && asked.port == 80));
    assert_eq!(get(&house, &asking([]), "http://public.test/a?secret=1").await, "GET /a?secret=1 ");
    let asked = "GET public.test/a".to_owned();
    assert_eq!(*told.lock().unwrap(), [(asked.clone(), None), (asked, Some(vec![[93, 184, 216, 34].into()]))]);
    assert_eq!(house.failure(&asking([]), "http://other.test/").await, "policy.hook.refused");
    assert!(house.zone.queries().iter().all(|query| !format!("{query:?}").contains("other")), "nothing is asked of DNS for it");
    let events = house.events();
    assert_eq!((events[0].hook.as_deref(), events[1].hook.as_deref()), (Some("policy"), None));
}

#[tokio::test]
async fn a_hook_that_likes_the_name_may_refuse_the_address() {
    let peer = telling();
    let (house, _) = public(&peer, |asked| Ok(asked.addresses.is_none()));
    assert_eq!(house.failure(&asking([]), "http://public.test/").await, "policy.hook.refused");
    assert!(peer.requests().is_empty());
}

#[tokio::test]
async fn a_host_that_a_rule_names_is_never_asked_about() {
    let peer = telling();
    let (house, told) = public(&peer, |_| Ok(true));
    let rule = RuleSpec {
        routes: Some(vec![RouteSpec { methods: Some(vec!["POST".to_owned()]), ..RouteSpec::path("/ok") }]),
        ..RuleSpec::host("public.test")
    };
    for (target, code) in [
        ("http://public.test/ok", "policy.rule.scheme"),
        ("https://public.test:8443/ok", "policy.rule.port"),
        ("https://public.test/other", "policy.rule.path"),
        ("https://public.test/ok", "policy.rule.method"),
        ("https://public.test./other", "policy.rule.path"),
    ] {
        assert_eq!(house.failure(&asking([rule.clone()]), target).await, code, "{target}");
    }
    assert!(told.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_policy_that_leaves_nothing_to_a_hook_asks_none() {
    let peer = telling();
    let (house, told) = public(&peer, |_| Ok(true));
    assert_eq!(house.failure(&Arc::new(Policy::nothing()), "http://public.test/").await, "policy.rule.no_host");
    assert!(told.lock().unwrap().is_empty());
    let without = super::house(|_| {});
    assert_eq!(
        without.failure(&asking([]), "http://public.test/").await,
        "policy.rule.no_host",
        "and one that does is no wider without it"
    );
}

#[tokio::test]
async fn a_yes_lifts_no_deny_rule_no_ceiling_no_address_and_no_framing() {
    let peer = telling();
    let (house, _) = public(&peer, |_| Ok(true));
    let deny = RuleSpec { deny: true, ..RuleSpec::host("public.test") };
    assert_eq!(house.failure(&asking([deny]), "http://public.test/").await, "policy.rule.denied");
    let ceiling = Arc::new(Ceiling::build(Vec::new(), Some(vec!["a.test".to_owned()])).unwrap());
    let bounded = Arc::new(Policy::builder().ceiling(ceiling).ask_hook().build().unwrap());
    assert_eq!(house.failure(&bounded, "http://public.test/").await, "policy.ceiling.host");
    for (target, code) in [
        ("http://inner.test/", "egress.addr.private"),
        ("http://127.0.0.1/", "egress.addr.loopback"),
        ("http://169.254.169.254/", "egress.addr.metadata"),
        ("http://public.test/%2e%2e/x", "policy.path.encoded_dot"),
        ("http://localhost/", "policy.name.single_label"),
    ] {
        assert_eq!(house.failure(&asking([]), target).await, code, "{target}");
    }
    assert!(peer.requests().is_empty());
}

#[tokio::test]
async fn a_hook_that_fails_or_panics_refuses() {
    let peer = telling();
    let (failing, _) = public(&peer, |_| Err("the database is down".to_owned()));
    assert_eq!(failing.failure(&asking([]), "http://public.test/").await, "policy.hook.failed");
    let (panicking, _) = public(&peer, |_| panic!("no"));
    assert_eq!(panicking.failure(&asking([]), "http://public.test/").await, "policy.hook.failed");
    assert!(peer.requests().is_empty());
}

/// Never answers.
struct Never;

impl PolicyHook for Never {
    async fn allows(&self, _: Asked<'_>) -> Result<bool, String> {
        std::future::pending().await
    }
}

#[tokio::test]
async fn a_hook_that_does_not_answer_refuses_within_the_callers_time() {
    let house = house(|config| config.hooks.decide_by(Never));
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_millis(20);
    let caller = Caller { deadline, ..caller(&asking([])) };
    let error = house.egress.fetch(&caller, draft("http://public.test/")).await.unwrap_err();
    assert!(["policy.hook.failed", "egress.timeout.total"].contains(&error.path()), "{}", error.path());
    assert!(house.zone.queries().is_empty());
}

#[tokio::test]
async fn what_a_hook_allowed_gets_no_secret() {
    let peer = telling();
    let (house, _) = public(&peer, |_| Ok(true));
    let grant = SecretGrant { scheme: Scheme::Http, host: "public.test".to_owned(), port: 80, place: Place::Bearer, rule: None };
    let (name, value) = ("KEY".parse().unwrap(), SecretValue::new(b"hunter2".to_vec()));
    let secret = Secret { name, version: 1, value, former: Vec::new(), grants: vec![grant], hmac: false, trip: false };
    let caller = Caller { secrets: Secrets::new(vec![secret]), ..caller(&asking([])) };
    let auth = Some(egret_egress::CallAuth { secret: "KEY".to_owned(), place: None });
    let refused = house.egress.fetch(&caller, Draft { auth, ..draft("http://public.test/") }).await.unwrap_err();
    assert_eq!(refused.code().as_str(), "NET_AUTH");
    assert!(peer.requests().is_empty());
}

#[tokio::test]
async fn a_policy_that_no_longer_asks_ends_what_the_hook_allowed() {
    let peer = telling();
    let (house, _) = public(&peer, |_| Ok(true));
    let caller = caller(&asking([]));
    let mut kept = house.egress.fetch(&caller, draft("http://public.test/")).await.unwrap();
    caller.grants.swap(asking([]));
    assert!(kept.body.chunk().await.is_ok(), "another policy that asks lets it go on");
    let mut ended = house.egress.fetch(&caller, draft("http://public.test/")).await.unwrap();
    caller.grants.swap(Policy::nothing());
    assert_eq!(ended.body.chunk().await.unwrap_err().path(), "policy.rule.no_host");
}

#[tokio::test]
async fn middleware_of_every_request_stands_around_what_the_hook_allows_and_not_around_what_it_refuses() {
    let peer = telling();
    let ran = Arc::new(Mutex::new(0));
    let (counted, address) = (Arc::clone(&ran), peer.address());
    let house = house(|config| {
        config.hooks.register("count", changes(move |_: &mut Context| *counted.lock().unwrap() += 1));
        config.hooks.decide_by(Says(|asked: &Asked<'_>| Ok(asked.host == "public.test"), Told::default()));
        config.danger.redial = Some(Arc::new(move |_| address));
    });
    house.zone.addresses("public.test", &["93.184.216.34"]);
    let policy = Arc::new(Policy::builder().middleware(["count"]).ask_hook().build().unwrap());
    assert_eq!(get(&house, &policy, "http://public.test/").await, "GET / ");
    assert_eq!(house.failure(&policy, "http://other.test/").await, "policy.hook.refused");
    assert_eq!(*ran.lock().unwrap(), 1);
}
