//! What a fetch library for sandboxes promised its users, sentence by sentence: rules, middleware, a policy callback, and what is
//! safe by default. Each promise is kept here against real peers; `docs/decisions/0012-promises-of-a-peer.md` lists those that do not apply.

use egret::{
    Asked, Caps, Context, Egress, Handling, HeaderValue, HookError, Method, Middleware, Next, PolicyHook, Redirect, Reply, Resolve, Route,
    Rule, SecretGrant, SecretValue, StatusCode,
};
use egret_testkit::{Authority, Upstream, server_config};
use http::Response;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// An API over TLS, and a client's beginnings that reach it.
struct Api {
    peer: Upstream,
    authority: Authority,
}

const NAMES: [&str; 5] = ["api.example.com", "a.example.com", "b.a.example.com", "example.com", "other.test"];

impl Api {
    /// It answers with the method, the path and the body that came.
    fn new() -> Self {
        Self::answering(|request: http::Request<egret::Bytes>| {
            let told = format!("{} {} {}", request.method(), request.uri(), String::from_utf8_lossy(request.body()));
            Response::new(told)
        })
    }

    fn answering(answer: impl Fn(http::Request<egret::Bytes>) -> Response<String> + Send + Sync + 'static) -> Self {
        let authority = Authority::new();
        let answer = Arc::new(answer);
        let peer = Upstream::tls(server_config(authority.leaf(&NAMES)), move |request: http::Request<egret::Bytes>| {
            let answer = Arc::clone(&answer);
            async move { answer(request) }
        });
        Self { peer, authority }
    }

    fn rule(&self, host: &str, routes: Option<Vec<Route>>) -> Rule {
        let ports = Some(vec![egret::PortRange::single(self.peer.address().port())]);
        Rule { ports, routes, private: vec!["127.0.0.1/32".to_owned()], ..Rule::host(host) }
    }

    fn builder(&self) -> egret::Builder {
        let builder = Egress::builder().root(self.authority.certificate_der());
        NAMES.iter().fold(builder, |builder, name| builder.host(*name, [[127, 0, 0, 1].into()]))
    }

    fn url(&self, host: &str, path: &str) -> String {
        format!("https://{host}:{}{path}", self.peer.address().port())
    }

    /// What a GET of `api.example.com` comes to: the body, or the code of the refusal.
    async fn get(&self, egress: &Egress, path: &str) -> String {
        said(egress.get(&self.url("api.example.com", path)).send().await).await
    }

    fn calls(&self) -> usize {
        self.peer.requests().len()
    }
}

async fn said(answer: Result<egret::Response, egret::Error>) -> String {
    match answer {
        Ok(answer) => String::from_utf8_lossy(&answer.body.collect(1 << 20).await.unwrap()).into_owned(),
        Err(error) => error.path().to_owned(),
    }
}

fn paths(paths: &[&str]) -> Option<Vec<Route>> {
    Some(paths.iter().map(|path| Route::path(*path)).collect())
}

fn with(path: &str, names: &[&str]) -> Route {
    let middleware = names.iter().map(|name| (*name).to_owned()).collect();
    Route { handling: Handling { middleware, ..Handling::default() }, ..Route::path(path) }
}

/// Counts how often it ran.
struct Counts(Arc<AtomicUsize>);

impl Middleware for Counts {
    async fn handle(&self, context: &mut Context, next: Next<'_>) -> Result<(), HookError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        next.run(context).await.map(drop)
    }
}

// Rules.

#[tokio::test]
async fn every_request_must_match_a_rule_before_any_middleware_runs_or_any_call_is_made() {
    let (api, ran) = (Api::new(), Arc::new(AtomicUsize::new(0)));
    let builder = api.builder().rule(api.rule("api.example.com", paths(&["/v1/**"]))).defaults(["count"]);
    let egress = builder.middleware("count", Counts(Arc::clone(&ran))).build().unwrap();
    assert_eq!(api.get(&egress, "/v2").await, "policy.rule.path");
    assert_eq!(said(egress.get("https://unlisted.test/").send().await).await, "policy.rule.no_host");
    assert_eq!((ran.load(Ordering::Relaxed), api.calls()), (0, 0));
    assert_eq!(api.get(&egress, "/v1/x").await, "GET /v1/x ");
    assert_eq!(ran.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_host_is_an_exact_name_or_a_wildcard_of_a_single_level() {
    let api = Api::new();
    let get = async |rule: &str, host: &str| {
        let egress = api.builder().rule(api.rule(rule, None)).build().unwrap();
        said(egress.get(&api.url(host, "/")).send().await).await
    };
    assert_eq!(get("api.example.com", "api.example.com").await, "GET / ");
    assert_eq!(get("api.example.com", "a.example.com").await, "policy.rule.no_host");
    assert_eq!(get("*.example.com", "a.example.com").await, "GET / ");
    assert_eq!(get("*.example.com", "b.a.example.com").await, "policy.rule.no_host");
    assert_eq!(get("*.example.com", "example.com").await, "policy.rule.no_host");
}

#[tokio::test]
async fn a_hosts_trailing_dot_or_capitals_make_it_no_other_host() {
    let api = Api::new();
    let egress = api.builder().rule(api.rule("api.example.com", paths(&["/v1"]))).build().unwrap();
    for host in ["api.example.com.", "API.Example.com"] {
        assert_eq!(said(egress.get(&api.url(host, "/v1")).send().await).await, "GET /v1 ", "{host}");
        assert_eq!(said(egress.get(&api.url(host, "/v2")).send().await).await, "policy.rule.path", "{host}");
    }
}

#[tokio::test]
async fn https_is_the_only_scheme_unless_the_rule_says_otherwise() {
    let peer = Upstream::http(|_| async { Response::new("plain") });
    let rule = |https_only| Rule {
        https_only,
        ports: Some(vec![egret::PortRange::single(peer.address().port())]),
        private: vec!["127.0.0.1/32".to_owned()],
        ..Rule::host("a.test")
    };
    let url = format!("http://a.test:{}/", peer.address().port());
    for (https_only, expected) in [(true, "policy.rule.scheme"), (false, "plain")] {
        let egress = Egress::builder().rule(rule(https_only)).host("a.test", [[127, 0, 0, 1].into()]).build().unwrap();
        assert_eq!(said(egress.get(&url).send().await).await, expected);
    }
}

#[tokio::test]
async fn the_port_is_the_schemes_own_unless_others_are_listed() {
    let api = Api::new();
    let egress = api.builder().rule(Rule { ports: None, ..api.rule("api.example.com", None) }).build().unwrap();
    assert_eq!(api.get(&egress, "/").await, "policy.rule.port");
    let listed = api.builder().rule(api.rule("api.example.com", None)).build().unwrap();
    assert_eq!(api.get(&listed, "/").await, "GET / ");
    assert_eq!(said(listed.get("https://api.example.com/").send().await).await, "policy.rule.port", "443 is then implied no more");
}

#[tokio::test]
async fn patterns_match_what_their_table_says() {
    let api = Api::new();
    for (pattern, matching, others) in [
        ("/users/:id", &["/users/42"][..], &["/users/", "/users/42/x"][..]),
        ("/api/**", &["/api", "/api/users", "/api/users/123"], &["/apix", "/other"]),
        ("/files/:ext(png|jpg)", &["/files/png", "/files/jpg"], &["/files/gif"]),
        ("/repos/:owner/:repo/issues/:id", &["/repos/a/b/issues/1"], &["/repos/a/issues/1"]),
    ] {
        let egress = api.builder().rule(api.rule("api.example.com", paths(&[pattern]))).build().unwrap();
        for path in matching {
            assert_eq!(api.get(&egress, path).await, format!("GET {path} "), "{pattern}");
        }
        for path in others {
            assert_eq!(api.get(&egress, path).await, "policy.rule.path", "{pattern} {path}");
        }
    }
}

#[tokio::test]
async fn methods_are_those_that_are_listed() {
    let api = Api::new();
    let route = Route { methods: Some(vec!["GET".to_owned(), "POST".to_owned()]), ..Route::path("/x") };
    let egress = api.builder().rule(api.rule("api.example.com", Some(vec![route]))).build().unwrap();
    for (method, expected) in [(Method::GET, "GET /x "), (Method::POST, "POST /x "), (Method::DELETE, "policy.rule.method")] {
        assert_eq!(said(egress.request(method, &api.url("api.example.com", "/x")).send().await).await, expected);
    }
}

#[tokio::test]
async fn an_empty_list_of_routes_denies_all_paths() {
    let api = Api::new();
    let egress = api.builder().rule(api.rule("api.example.com", Some(Vec::new()))).build().unwrap();
    assert_eq!((api.get(&egress, "/").await.as_str(), api.calls()), ("policy.rule.path", 0));
}

#[tokio::test]
async fn the_more_specific_route_acts_whatever_the_order() {
    let api = Api::new();
    let (any, one, rest) = (with("/users/:id", &["any"]), with("/users/me", &["me"]), with("/users/**", &["rest"]));
    for routes in [vec![any.clone(), one.clone(), rest.clone()], vec![rest, one, any]] {
        let builder = ["any", "me", "rest"].into_iter().fold(api.builder(), |builder, name| builder.middleware(name, Answers(name)));
        let egress = builder.rule(api.rule("api.example.com", Some(routes))).build().unwrap();
        for (path, expected) in [("/users/me", "me"), ("/users/7", "any"), ("/users/7/x", "rest")] {
            assert_eq!(api.get(&egress, path).await, expected);
        }
    }
}

// Middleware.

/// Answers by itself.
struct Answers(&'static str);

impl Middleware for Answers {
    async fn handle(&self, context: &mut Context, _: Next<'_>) -> Result<(), HookError> {
        context.answer(Reply::text(StatusCode::ACCEPTED, self.0));
        Ok(())
    }
}

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

// The policy callback.

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

// What is safe by default.

/// Answers one address first and another from then on.
struct Rebinds(AtomicUsize, [&'static str; 2]);

impl Resolve for Rebinds {
    fn resolve<'a>(&'a self, _: &'a str) -> Pin<Box<dyn Future<Output = Result<Vec<IpAddr>, String>> + Send + 'a>> {
        let turn = self.0.fetch_add(1, Ordering::Relaxed).min(1);
        Box::pin(async move { Ok(vec![self.1[turn].parse().unwrap()]) })
    }
}

#[tokio::test]
async fn loopback_private_and_link_local_addresses_are_blocked_in_names_and_in_urls() {
    for (address, code) in [
        ("127.0.0.1", "egress.addr.loopback"),
        ("10.0.0.1", "egress.addr.private"),
        ("172.16.0.1", "egress.addr.private"),
        ("192.168.1.1", "egress.addr.private"),
        ("169.254.1.1", "egress.addr.link_local"),
        ("169.254.169.254", "egress.addr.metadata"),
        ("::1", "egress.addr.loopback"),
        ("fe80::1", "egress.addr.link_local"),
        ("::ffff:127.0.0.1", "egress.addr.loopback"),
        ("64:ff9b::a9fe:a9fe", "egress.addr.nat64"),
    ] {
        let builder = Egress::builder().rule(Rule::host("a.test")).resolver(Arc::new(Rebinds(AtomicUsize::new(0), [address; 2])));
        assert_eq!(said(builder.build().unwrap().get("https://a.test/").send().await).await, code, "{address}");
    }
    let egress = Egress::builder().rule(Rule::host("192.168.1.1")).build().unwrap();
    assert_eq!(said(egress.get("https://192.168.1.1/").send().await).await, "egress.addr.private");
}

#[tokio::test]
async fn a_name_that_is_bound_anew_between_calls_is_judged_anew_and_dialled_where_it_was_judged() {
    let api = Api::new();
    let resolver = Arc::new(Rebinds(AtomicUsize::new(0), ["127.0.0.1", "169.254.169.254"]));
    let builder = Egress::builder().root(api.authority.certificate_der()).rule(api.rule("api.example.com", None));
    let egress = builder.resolver(Arc::clone(&resolver) as Arc<dyn Resolve>).protocols(egret::Protocols::Http1).build().unwrap();
    let first = egress.get(&api.url("api.example.com", "/")).send().await.unwrap();
    assert_eq!(resolver.0.load(Ordering::Relaxed), 1, "asked once, and dialled what was judged");
    // The first response is still open, so the second call needs a connection of its own.
    assert_eq!(api.get(&egress, "/").await, "egress.addr.metadata");
    assert_eq!(said(Ok(first)).await, "GET / ");
}

#[tokio::test]
async fn no_redirect_is_followed_by_itself_and_each_hop_is_decided_again() {
    let api = Api::answering(|request| {
        let to = if request.uri().path() == "/out" { "https://evil.test/" } else { "/denied" };
        Response::builder().status(302).header("location", to).body(String::new()).unwrap()
    });
    let egress = api.builder().rule(api.rule("api.example.com", paths(&["/out", "/in"]))).build().unwrap();
    assert_eq!(egress.get(&api.url("api.example.com", "/in")).send().await.unwrap().status, StatusCode::FOUND);
    for (path, code) in [("/out", "policy.rule.no_host"), ("/in", "policy.rule.path")] {
        let refused = egress.get(&api.url("api.example.com", path)).redirect(Redirect::Follow).send().await;
        assert_eq!(said(refused).await, code);
    }
}

#[tokio::test]
async fn a_body_is_cut_off_at_its_cap() {
    let api = Api::answering(|_| Response::new("x".repeat(100_000)));
    let caps = Caps { response_body: 10_000, ..Caps::default() };
    let egress = api.builder().caps(caps).rule(api.rule("api.example.com", None)).build().unwrap();
    let answer = egress.get(&api.url("api.example.com", "/")).send().await.unwrap();
    assert_eq!(answer.body.collect(1 << 20).await.unwrap_err().path(), "egress.size.response_body");
}

#[tokio::test]
async fn nothing_is_kept_between_calls_that_would_say_who_calls() {
    let api = Api::answering(|_| Response::builder().header("set-cookie", "sid=1").body(String::new()).unwrap());
    let egress = api.builder().rule(api.rule("api.example.com", None)).build().unwrap();
    for _ in 0..2 {
        api.get(&egress, "/").await;
    }
    assert!(
        api.peer.requests().iter().all(|request| !request.headers.contains_key("cookie") && !request.headers.contains_key("authorization"))
    );
}

#[tokio::test]
async fn dot_segments_are_resolved_before_matching_and_no_encoding_walks_out_of_a_prefix() {
    let api = Api::new();
    let egress = api.builder().rule(api.rule("api.example.com", paths(&["/public/**"]))).build().unwrap();
    for (path, expected) in [
        ("/public/../admin", "policy.rule.path"),
        ("/public/./a", "GET /public/a "),
        ("/public/hello%20world", "GET /public/hello%20world "),
        ("/public/%2e%2e/admin", "policy.path.encoded_dot"),
        ("/public/..%2fadmin", "policy.path.encoded_dot"),
        ("/public/%2F..%2Fadmin", "policy.path.encoded_dot"),
        ("/public/%252e%252e/admin", "policy.path.double_encoding"),
        ("/public/..;/admin", "policy.path.dot_parameter"),
    ] {
        let came = api.get(&egress, path).await;
        let refused = came.starts_with("policy.") && expected.starts_with("policy.");
        assert!(came == expected || refused, "{path}: {came}");
    }
    assert!(api.peer.requests().iter().all(|request| !request.target.contains("admin")));
}

#[tokio::test]
async fn double_encoded_paths_are_rejected_when_they_are_parsed() {
    let egress = Egress::builder().rule(Rule::host("a.test")).build().unwrap();
    assert_eq!(said(egress.get("https://a.test/public/%252e%252e/admin").send().await).await, "policy.path.double_encoding");
}
