//! What a fetch library for sandboxes promised its users, sentence by sentence: rules, middleware, a policy callback, and what is
//! safe by default. Each promise is kept here against real peers; `docs/decisions/0014-promises-of-a-peer.md` lists those that do not apply.

mod middleware;
mod safety;

use egret::{Context, Egress, Handling, HookError, Method, Middleware, Next, Reply, Route, Rule, StatusCode};
use egret_testkit::{Authority, Upstream, server_config};
use http::Response;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

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

/// Answers by itself.
struct Answers(&'static str);

impl Middleware for Answers {
    async fn handle(&self, context: &mut Context, _: Next<'_>) -> Result<(), HookError> {
        context.answer(Reply::text(StatusCode::ACCEPTED, self.0));
        Ok(())
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
