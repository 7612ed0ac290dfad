//! What a hook made of a request is decided again: under its own grants, or under those of whoever calls.

use super::*;
use egret_egress::{Secret, SecretGrant, SecretValue, Secrets};
use egret_policy::{Ceiling, Place, Scheme};
use egret_testkit::{Listener, server_config};
use http::{HeaderValue, Method};

fn to(url: String) -> Changes<impl Fn(&mut Context) + Send + Sync> {
    changes(move |context: &mut Context| context.set_url(url.clone()))
}

fn own(policy: Policy) -> HookGrants {
    HookGrants { grants: policy.into(), secrets: Secrets::none() }
}

#[tokio::test]
async fn a_rewritten_request_is_decided_by_the_callers_grants_where_the_hook_has_none() {
    let (peer, silent) = (telling(), Listener::silent());
    for (target, code) in [
        (url("a.test", &peer, "/admin"), "policy.rule.path"),
        (url("b.test", &peer, "/"), "policy.rule.no_host"),
        (format!("http://127.0.0.1:{}/", silent.address().port()), "policy.rule.no_host"),
        ("http://169.254.169.254/latest".to_owned(), "policy.rule.no_host"),
        ("file:///etc/passwd".to_owned(), "policy.target.scheme"),
        (url("a.test", &peer, "/v1/%2e%2e/admin"), "policy.path.encoded_dot"),
    ] {
        let house = house(|config| config.hooks.register("move", to(target.clone())));
        let policy = policy([RuleSpec { routes: Some(vec![RouteSpec::path("/v1/**")]), ..rule(peer.address(), named(&["move"])) }]);
        assert_eq!(get(&house, &policy, &url("a.test", &peer, "/v1/x")).await, code, "{target}");
        assert_eq!(house.events().len(), 1, "{target}");
    }
    assert!(peer.requests().is_empty());
    silent.assert_untouched();
}

#[tokio::test]
async fn a_hook_with_grants_reaches_what_its_caller_may_not() {
    let peer = telling();
    let inner = Policy::builder().rule(RuleSpec { routes: Some(vec![RouteSpec::path("/inner")]), ..local("b.test", peer.address()) });
    let target = url("b.test", &peer, "/inner");
    let grants = own(inner.build().unwrap());
    let house = house(|config| config.hooks.register_with("move", to(target.clone()), grants.clone()));
    let policy = policy([rule(peer.address(), named(&["move"]))]);
    assert_eq!(get(&house, &policy, &url("a.test", &peer, "/x")).await, "GET /inner ");
    assert_eq!(house.failure(&policy, &target).await, "policy.rule.no_host", "the caller itself may not");
    assert_eq!(peer.requests()[0].headers["host"], format!("b.test:{}", peer.address().port()));
}

#[tokio::test]
async fn what_a_hook_fetched_under_its_own_grants_ends_when_its_caller_may_no_longer_ask() {
    let peer = telling();
    let target = url("b.test", &peer, "/inner");
    let grants = own(Policy::builder().rule(local("b.test", peer.address())).build().unwrap());
    let house = house(|config| config.hooks.register_with("move", to(target), grants));
    let caller = caller(&policy([rule(peer.address(), named(&["move"]))]));
    let mut answer = house.egress.fetch(&caller, draft(&url("a.test", &peer, "/x"))).await.unwrap();
    caller.grants.swap(Policy::nothing());
    assert_eq!(answer.body.chunk().await.unwrap_err().path(), "policy.rule.no_host");
}

#[tokio::test]
async fn a_hooks_grants_are_no_wider_than_their_ceiling_and_lift_no_address() {
    let peer = telling();
    let target = url("b.test", &peer, "/inner");
    let ceiling = Arc::new(Ceiling::build(vec![RuleSpec::host("b.test")], None).unwrap());
    let bounded = Policy::builder().rule(local("b.test", peer.address())).ceiling(ceiling).build().unwrap();
    let public = RuleSpec { private: Vec::new(), ..local("b.test", peer.address()) };
    let guarded = Policy::builder().rule(public).build().unwrap();
    for (grants, code) in [(bounded, "policy.ceiling.denied"), (guarded, "egress.addr.loopback")] {
        let house = house(|config| config.hooks.register_with("move", to(target.clone()), own(grants)));
        let policy = policy([rule(peer.address(), named(&["move"]))]);
        assert_eq!(get(&house, &policy, &url("a.test", &peer, "/x")).await, code);
    }
    assert!(peer.requests().is_empty());
}

#[tokio::test]
async fn an_unchanged_request_stays_under_the_callers_grants() {
    let peer = telling();
    let house = house(|config| {
        let tag = changes(|context: &mut Context| drop(context.headers_mut().insert("x-tag", HeaderValue::from_static("1"))));
        config.hooks.register_with("tag", tag, own(Policy::nothing()));
        let method = changes(|context: &mut Context| context.set_method(Method::PUT));
        config.hooks.register_with("method", method, own(Policy::nothing()));
        let credential =
            changes(|context: &mut Context| drop(context.headers_mut().insert("authorization", HeaderValue::from_static("x"))));
        config.hooks.register_with("credential", credential, own(Policy::nothing()));
    });
    let ask = async |name| get(&house, &policy([rule(peer.address(), named(&[name]))]), &url("a.test", &peer, "/")).await;
    assert_eq!(ask("tag").await, "GET / ", "a field that nobody judges makes it no other request");
    assert_eq!(ask("method").await, "policy.rule.no_host");
    assert_eq!(ask("credential").await, "policy.rule.no_host");
}

#[tokio::test]
async fn every_check_is_made_again_after_a_hook() {
    let peer = telling();
    let field = |name: &'static str, value: &'static str| {
        changes(move |context: &mut Context| drop(context.headers_mut().insert(name, HeaderValue::from_static(value))))
    };
    let house = house(|config| {
        config.hooks.register("host", field("host", "evil.test"));
        config.hooks.register("framing", field("transfer-encoding", "chunked"));
        config.hooks.register("override", field("x-http-method-override", "DELETE"));
        config.hooks.register("placeholder", field("x-a", "egret-secret-KEY-00112233445566778899aabbccddeeff"));
        config.hooks.register("trace", changes(|context: &mut Context| context.set_method(Method::TRACE)));
    });
    for (name, code) in [
        ("host", "policy.header.framing"),
        ("framing", "policy.header.framing"),
        ("override", "policy.header.override"),
        ("placeholder", "policy.auth.misplaced"),
        ("trace", "policy.method.forbidden"),
    ] {
        let policy = policy([rule(peer.address(), named(&[name]))]);
        assert_eq!(get(&house, &policy, &url("a.test", &peer, "/")).await, code);
    }
    assert!(peer.requests().is_empty());
}

#[tokio::test]
async fn a_hook_names_a_secret_and_reads_none() {
    let zone = egret_testkit::Zone::start();
    let authority = egret_testkit::Authority::new();
    let peer = Upstream::tls(server_config(authority.leaf(&["a.test"])), |request: http::Request<Bytes>| async move {
        Response::new(request.headers()["authorization"].as_bytes().to_vec())
    });
    zone.addresses("a.test", &["127.0.0.1"]);
    let grant =
        SecretGrant { scheme: Scheme::Https, host: "a.test".to_owned(), port: peer.address().port(), place: Place::Bearer, rule: None };
    let (name, value) = ("OWN".parse().unwrap(), SecretValue::new(b"hunter2-of-the-hook".to_vec()));
    let secret = Secret { name, version: 1, value, former: Vec::new(), grants: vec![grant], hmac: false, trip: false };
    let rules = || Policy::builder().rule(local("a.test", peer.address())).build().unwrap();
    let grants = HookGrants { grants: rules().into(), secrets: Secrets::new(vec![secret]) };
    let seen = Arc::new(std::sync::Mutex::new(String::new()));
    let told = Arc::clone(&seen);
    let sign = hook(move |context: &mut Context, next| {
        let told = Arc::clone(&told);
        Box::pin(async move {
            context.auth("OWN", Some(Place::Bearer));
            let reply = next.run(context).await?;
            *told.lock().unwrap() = String::from_utf8_lossy(&reply.bytes(100).await?).into_owned();
            Ok(())
        })
    });
    let house = House::of(zone, authority, |config| config.hooks.register_with("sign", sign, grants));
    let policy = policy([rule(peer.address(), named(&["sign"]))]);
    let answer = get(&house, &policy, &format!("https://a.test:{}/", peer.address().port())).await;
    assert_eq!(peer.requests()[0].headers["authorization"], "Bearer hunter2-of-the-hook");
    assert_eq!((answer.as_str(), answer.as_str()), ("Bearer *******************", seen.lock().unwrap().as_str()));
    assert!(!format!("{:?}", house.events()).contains("hunter2"));
    // The caller has no such secret: neither by itself nor by a hook without grants.
    let mut asking = draft(&format!("https://a.test:{}/", peer.address().port()));
    asking.auth = Some(egret_egress::CallAuth { secret: "OWN".to_owned(), place: Some(Place::Bearer) });
    let refused = house.egress.fetch(&caller(&crate::house::policy([local("a.test", peer.address())])), asking).await.unwrap_err();
    assert_eq!(refused.code().as_str(), "NET_AUTH");
}

#[tokio::test]
async fn what_was_meant_for_one_origin_stays_behind_where_a_hook_and_a_redirect_lead_to_another() {
    let peer = Upstream::http(|request: http::Request<Bytes>| async move {
        match request.uri().path() {
            "/go" => Response::builder().status(302).header("location", "/there").body(Bytes::new()).unwrap(),
            _ => Response::new(Bytes::from_static(b"there")),
        }
    });
    let target = url("b.test", &peer, "/go");
    let once = changes(move |context: &mut Context| {
        if context.hop() == 0 {
            context.set_url(target.clone());
            context.headers_mut().remove("authorization");
        }
    });
    let house = house(|config| config.hooks.register("move", once));
    let policy = policy([rule(peer.address(), named(&["move"])), local("b.test", peer.address())]);
    let mut draft = Draft { redirect: egret_egress::Redirect::Follow, ..draft(&url("a.test", &peer, "/x")) };
    draft.headers.insert("authorization", HeaderValue::from_static("for a.test"));
    assert_eq!(text(house.egress.fetch(&caller(&policy), draft).await).await, "there");
    assert!(peer.requests().iter().all(|request| !request.headers.contains_key("authorization")));
}
