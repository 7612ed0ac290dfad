//! Middleware and the policy callback.

use super::*;
use egret::{Asked, HeaderValue, PolicyHook, Redirect, SecretGrant, SecretValue};
use std::net::IpAddr;
use std::sync::Mutex;

/// Puts its name behind those that came before, on the way there and back.
struct Signs(&'static str, Arc<Mutex<String>>);

impl Middleware for Signs {
    async fn handle(&self, context: &mut Context, next: Next<'_>) -> Result<(), HookError> {
        self.1.lock().unwrap().push_str(self.0);
        let reply = next.run(context).await;
        self.1.lock().unwrap().push_str(self.0);
        reply.map(drop)
    }
}

#[tokio::test]
async fn three_levels_run_in_order_global_around_origin_around_route() {
    let (api, order) = (Api::new(), Arc::new(Mutex::new(String::new())));
    let rule = api.rule("api.example.com", Some(vec![with("/v1/**", &["route"])]));
    let rule = Rule { handling: Handling { middleware: vec!["origin".to_owned()], ..Handling::default() }, ..rule };
    let builder = [("global", "g"), ("origin", "o"), ("route", "r")]
        .into_iter()
        .fold(api.builder(), |builder, (name, sign)| builder.middleware(name, Signs(sign, Arc::clone(&order))));
    let egress = builder.rule(rule).defaults(["global"]).build().unwrap();
    assert_eq!(api.get(&egress, "/v1/x").await, "GET /v1/x ");
    assert_eq!(*order.lock().unwrap(), "gorrog");
}

/// Rewrites as the page of the promises does.
struct Rewrites;

impl Middleware for Rewrites {
    async fn handle(&self, context: &mut Context, next: Next<'_>) -> Result<(), HookError> {
        context.headers_mut().insert("x-tag", HeaderValue::from_static("1"));
        let url = context.url().replace("/v1/", "/v2/");
        context.set_url(url);
        context.set_body("changed");
        next.run(context).await.map(drop)
    }
}

#[tokio::test]
async fn middleware_changes_url_fields_and_body_and_the_result_is_decided_again() {
    let api = Api::new();
    let route = with("/v1/:id", &["rewrite"]);
    let build = |routes| api.builder().middleware("rewrite", Rewrites).rule(api.rule("api.example.com", Some(routes))).build().unwrap();
    assert_eq!(api.get(&build(vec![route.clone()]), "/v1/7").await, "policy.rule.path", "setting a URL opens nothing");
    let egress = build(vec![route, Route::path("/v2/:id")]);
    let sent = egress.post(&api.url("api.example.com", "/v1/7")).body("as it was").send().await;
    assert_eq!(said(sent).await, "POST /v2/7 changed");
    assert_eq!(api.peer.requests()[0].headers["x-tag"], "1");
}

#[tokio::test]
async fn a_credential_is_injected_and_the_agent_never_sees_it() {
    let api = Api::answering(|request| Response::new(format!("you sent {:?}", request.headers().get("authorization"))));
    let grant = SecretGrant { port: api.peer.address().port(), ..SecretGrant::https("api.example.com", egret::Place::Bearer) };
    let auth = Some(egret::AuthSpec { secret: "TOKEN".parse().unwrap(), place: egret::Place::Bearer });
    let rule = Rule { auth, ..api.rule("api.example.com", None) };
    let builder = api.builder().rule(rule).secret("TOKEN".parse().unwrap(), SecretValue::new(b"vault-hunter2".to_vec()), [grant]);
    let told = api.get(&builder.build().unwrap(), "/").await;
    assert_eq!(api.peer.requests()[0].headers["authorization"], "Bearer vault-hunter2");
    assert!(told.contains("Bearer *") && !told.contains("hunter2"), "{told}");
}

/// Looks at what came, and tells it as an object.
struct Unwraps(Arc<Mutex<u16>>);

impl Middleware for Unwraps {
    async fn handle(&self, context: &mut Context, next: Next<'_>) -> Result<(), HookError> {
        let reply = next.run(context).await?;
        *self.0.lock().unwrap() = reply.status.as_u16();
        let mut data = reply.read_json(1 << 20).await?;
        reply.set_json(&data["users"].take());
        Ok(())
    }
}

#[tokio::test]
async fn a_response_is_inspected_and_rewritten_to_structured_data() {
    let (api, status) =
        (Api::answering(|_| Response::builder().status(201).body(r#"{"users":["ann"]}"#.to_owned()).unwrap()), Arc::default());
    let builder = api.builder().middleware("unwrap", Unwraps(Arc::clone(&status)));
    let egress = builder.rule(api.rule("api.example.com", Some(vec![with("/**", &["unwrap"])]))).build().unwrap();
    assert_eq!((api.get(&egress, "/").await.as_str(), *status.lock().unwrap()), (r#"["ann"]"#, 201));
}

#[tokio::test]
async fn a_synthetic_response_makes_no_network_call() {
    let api = Api::new();
    let builder = api.builder().middleware("mock", Answers("queued"));
    let egress = builder.rule(api.rule("api.example.com", Some(vec![with("/v1/items/:id", &["mock"])]))).build().unwrap();
    let answer = egress.request(Method::DELETE, &api.url("api.example.com", "/v1/items/42")).send().await.unwrap();
    assert_eq!((answer.status, said(Ok(answer)).await.as_str(), api.calls()), (StatusCode::ACCEPTED, "queued", 0));
}

#[tokio::test]
async fn a_route_that_answers_by_itself_does_so_behind_a_redirect_too() {
    let api = Api::answering(|_| Response::builder().status(307).header("location", "/v1/items/42").body(String::new()).unwrap());
    let routes = vec![with("/v1/items/:id", &["mock"]), Route::path("/go")];
    let builder = api.builder().middleware("mock", Answers("queued"));
    let egress = builder.rule(api.rule("api.example.com", Some(routes))).build().unwrap();
    let answer = egress.request(Method::DELETE, &api.url("api.example.com", "/go")).redirect(Redirect::Follow).send().await;
    assert_eq!((said(answer).await.as_str(), api.calls()), ("queued", 1));
}

/// Neither hands on nor answers.
struct Silent;

impl Middleware for Silent {
    async fn handle(&self, _: &mut Context, _: Next<'_>) -> Result<(), HookError> {
        Ok(())
    }
}

#[tokio::test]
async fn middleware_that_gives_no_response_is_an_error_and_an_unknown_one_is_refused_when_building() {
    let api = Api::new();
    let rule = || api.rule("api.example.com", Some(vec![with("/**", &["silent"])]));
    let egress = api.builder().middleware("silent", Silent).rule(rule()).build().unwrap();
    assert_eq!(api.get(&egress, "/").await, "egress.hook.no_response");
    let refused = api.builder().rule(rule()).build().err().unwrap().to_string();
    assert_eq!(refused, "no middleware is registered under silent");
}

/// Says yes to one host, and no where an address is not liked.
struct Policy(Arc<AtomicUsize>);

impl PolicyHook for Policy {
    async fn allows(&self, asked: Asked<'_>) -> Result<bool, String> {
        self.0.fetch_add(1, Ordering::Relaxed);
        let liked = asked.addresses.is_none_or(|addresses| addresses.iter().all(|address| *address != IpAddr::from([192, 0, 2, 1])));
        Ok(asked.host == "other.test" && asked.method == Method::GET && liked)
    }
}

#[tokio::test]
async fn the_policy_decides_alone_where_there_are_no_rules_and_opens_no_private_address() {
    let (api, asked) = (Api::new(), Arc::new(AtomicUsize::new(0)));
    let egress = api.builder().policy_hook(Policy(Arc::clone(&asked))).build().unwrap();
    assert_eq!(api.get(&egress, "/").await, "policy.hook.refused");
    assert_eq!(said(egress.post(&api.url("other.test", "/")).send().await).await, "policy.hook.refused");
    assert_eq!(asked.load(Ordering::Relaxed), 2);
    // It says yes, and the name leads inwards.
    assert_eq!(said(egress.get(&api.url("other.test", "/")).send().await).await, "egress.addr.loopback");
    assert_eq!(api.calls(), 0);
}

#[tokio::test]
async fn the_policy_is_not_consulted_where_a_rule_matches_the_origin_whatever_comes_of_it() {
    let (api, asked) = (Api::new(), Arc::new(AtomicUsize::new(0)));
    let builder = api.builder().rule(api.rule("other.test", paths(&["/ok"]))).policy_hook(Policy(Arc::clone(&asked)));
    let egress = builder.build().unwrap();
    assert_eq!(said(egress.get(&api.url("other.test", "/ok")).send().await).await, "GET /ok ");
    assert_eq!(said(egress.get(&api.url("other.test", "/no")).send().await).await, "policy.rule.path");
    assert_eq!(said(egress.get("http://other.test/ok").send().await).await, "policy.rule.scheme");
    assert_eq!(asked.load(Ordering::Relaxed), 0);
}
