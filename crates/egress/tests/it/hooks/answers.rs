//! Order, what a hook sees, and what it does with responses.

use super::*;
use egret_egress::{Outcome, Redirect, Reply, RequestBody};
use http::{HeaderValue, Method, StatusCode};
use std::sync::Mutex;

/// Notes when it is gone through, on the way there and back.
struct Notes(&'static str, Arc<Mutex<Vec<String>>>);

impl Middleware for Notes {
    async fn handle(&self, context: &mut Context, next: Next<'_>) -> Result<(), HookError> {
        self.1.lock().unwrap().push(format!("to {}", self.0));
        next.run(context).await?;
        self.1.lock().unwrap().push(format!("from {}", self.0));
        Ok(())
    }
}

#[tokio::test]
async fn global_wraps_origin_wraps_route_in_the_order_of_their_lists() {
    let (peer, notes) = (telling(), Arc::new(Mutex::new(Vec::new())));
    let house = house(|config| {
        for name in ["global", "one", "two", "route"] {
            config.hooks.register(name, Notes(name, Arc::clone(&notes)));
        }
    });
    let routes = Some(vec![route("/v1/**", named(&["route"])), RouteSpec::path("/plain")]);
    let rule = RuleSpec { routes, ..rule(peer.address(), named(&["one", "two"])) };
    let policy = Arc::new(Policy::builder().rule(rule).middleware(["global"]).build().unwrap());
    get(&house, &policy, &url("a.test", &peer, "/v1/x")).await;
    let expected = ["to global", "to one", "to two", "to route", "from route", "from two", "from one", "from global"];
    assert_eq!(*notes.lock().unwrap(), expected);
    notes.lock().unwrap().clear();
    get(&house, &policy, &url("a.test", &peer, "/plain")).await;
    assert_eq!(notes.lock().unwrap().len(), 6, "the route's own does not run for another route");
}

#[tokio::test]
async fn a_hook_sees_the_request_and_changes_it() {
    let peer = telling();
    let house = house(|config| {
        config.hooks.register(
            "change",
            hook(|context: &mut Context, next| {
                Box::pin(async move {
                    assert_eq!((context.app(), context.function(), context.hop()), ("app", "f.js", 0));
                    assert_eq!((context.param("id"), context.param("none"), context.params().len()), ("4%202", "", 1));
                    assert_eq!(context.headers()["x-guest"], "1");
                    let body = context.body(100).await?;
                    let raw = context.raw().1.to_owned();
                    assert_eq!(raw, context.url());
                    context.set_url(raw.replace("/v1/", "/v2/"));
                    context.set_method(Method::PUT);
                    context.headers_mut().insert("x-hook", HeaderValue::from_static("2"));
                    context.set_body([&body[..], b"!"].concat());
                    assert_eq!(context.raw(), (&Method::POST, raw.as_str()));
                    next.run(context).await.map(drop)
                })
            }),
        );
    });
    let routes = Some(vec![route("/v1/:id", named(&["change"])), RouteSpec::path("/v2/:id")]);
    let policy = policy([RuleSpec { routes, ..local("a.test", peer.address()) }]);
    let stream = RequestBody::stream(futures_util::stream::iter(["he", "llo"].map(|text| Ok::<_, ()>(text.into()))));
    let mut draft = Draft { method: Method::POST, body: stream, ..draft(&url("a.test", &peer, "/v1/4%202")) };
    draft.headers.insert("x-guest", HeaderValue::from_static("1"));
    assert_eq!(text(house.egress.fetch(&caller(&policy), draft).await).await, "PUT /v2/4%202 hello!");
    let seen = &peer.requests()[0].headers;
    assert!(seen["x-guest"] == "1" && seen["x-hook"] == "2" && seen["content-length"] == "6");
    assert_eq!(house.events().len(), 1, "one attempt, one event");
}

#[tokio::test]
async fn a_hook_answers_without_any_network_call_and_leaves_an_event() {
    let peer = telling();
    let house = house(|config| {
        config.hooks.register(
            "mock",
            hook(|context: &mut Context, _| {
                Box::pin(async move {
                    let id = context.param("id").to_owned();
                    context.answer(Reply::json(StatusCode::ACCEPTED, &serde_json::json!({ "queued": true, "id": id })));
                    Ok(())
                })
            }),
        );
    });
    let policy = policy([RuleSpec { routes: Some(vec![route("/items/:id", named(&["mock"]))]), ..local("a.test", peer.address()) }]);
    let answer = house.get(&policy, &url("a.test", &peer, "/items/7")).await.unwrap();
    assert_eq!((answer.status.as_u16(), &answer.headers["content-type"]), (202, &HeaderValue::from_static("application/json")));
    assert_eq!(text(Ok(answer)).await, r#"{"id":"7","queued":true}"#);
    assert!(peer.requests().is_empty() && house.zone.queries().is_empty());
    let events = house.events();
    assert_eq!((events.len(), events[0].hook.as_deref(), events[0].status), (1, Some("mock"), Some(202)));
    assert_eq!((&events[0].outcome, events[0].route.as_deref(), events[0].address), (&Outcome::Answered, Some("/items/:id"), None));
}

#[tokio::test]
async fn a_hook_replaces_what_came_and_the_framing_is_made_anew() {
    let peer = Upstream::http(|_| async { Response::builder().header("etag", "\"1\"").body(r#"{"users": [1, 2]}"#.to_owned()).unwrap() });
    let house = house(|config| {
        config.hooks.register(
            "unwrap",
            hook(|context: &mut Context, next| {
                Box::pin(async move {
                    let reply = next.run(context).await?;
                    let users = reply.read_json(1 << 20).await?["users"].take();
                    reply.set_json(&users);
                    reply.status = StatusCode::CREATED;
                    reply.headers.insert("transfer-encoding", HeaderValue::from_static("chunked"));
                    Ok(())
                })
            }),
        );
    });
    let policy = policy([rule(peer.address(), named(&["unwrap"]))]);
    let answer = house.get(&policy, &url("a.test", &peer, "/")).await.unwrap();
    assert_eq!((answer.status.as_u16(), &answer.headers["content-length"]), (201, &HeaderValue::from_static("5")));
    assert!(!answer.headers.contains_key("etag") && !answer.headers.contains_key("transfer-encoding"));
    assert_eq!(text(Ok(answer)).await, "[1,2]");
}

#[tokio::test]
async fn a_response_that_a_hook_leaves_alone_is_streamed() {
    let peer = Upstream::http(|_| async { Response::new("x".repeat(300_000)) });
    let house = house(|config| config.hooks.register("look", changes(|_| ())));
    let policy = policy([rule(peer.address(), named(&["look"]))]);
    assert_eq!(get(&house, &policy, &url("a.test", &peer, "/")).await.len(), 300_000);
    assert_eq!(house.events()[0].received, 300_000);
}

#[tokio::test]
async fn hooks_run_anew_on_every_hop_and_see_each_response() {
    let (peer, notes) = (redirecting(), Arc::new(Mutex::new(Vec::new())));
    let told = Arc::clone(&notes);
    let house = house(|config| {
        config.hooks.register(
            "note",
            hook(move |context: &mut Context, next| {
                let told = Arc::clone(&told);
                Box::pin(async move {
                    let hop = context.hop();
                    context.headers_mut().insert("x-hop", HeaderValue::from(u16::from(hop)));
                    let (hop, status) = (hop, next.run(context).await?.status);
                    told.lock().unwrap().push((hop, status.as_u16()));
                    Ok(())
                })
            }),
        );
    });
    let policy = policy([rule(peer.address(), named(&["note"]))]);
    let draft = Draft { redirect: Redirect::Follow, ..draft(&url("a.test", &peer, "/go")) };
    let answer = house.egress.fetch(&caller(&policy), draft).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.hops.len(), &notes.lock().unwrap()[..]), (200, 1, &[(0, 302), (1, 200)][..]));
    let seen: Vec<_> = peer.requests().iter().map(|request| request.headers["x-hop"].clone()).collect();
    assert_eq!(seen, ["0", "1"], "what a hook set for one hop is not carried to the next");
}

#[tokio::test]
async fn a_redirect_into_a_route_meets_the_hooks_of_that_route() {
    let peer = redirecting();
    let house = house(|config| {
        config.hooks.register(
            "refuse",
            hook(|context: &mut Context, _| {
                Box::pin(async move {
                    context.answer(Reply::new(StatusCode::FORBIDDEN));
                    Ok(())
                })
            }),
        );
    });
    let routes = Some(vec![RouteSpec::path("/go"), route("/there", named(&["refuse"]))]);
    let policy = policy([RuleSpec { routes, ..local("a.test", peer.address()) }]);
    let draft = Draft { redirect: Redirect::Follow, ..draft(&url("a.test", &peer, "/go")) };
    let answer = house.egress.fetch(&caller(&policy), draft).await.unwrap();
    assert_eq!((answer.status.as_u16(), peer.requests().len(), answer.hops.len()), (403, 1, 1));
}

/// Answers `/go` with a redirect to `/there`.
fn redirecting() -> Upstream {
    Upstream::http(|request: http::Request<Bytes>| async move {
        match request.uri().path() {
            "/go" => Response::builder().status(302).header("location", "/there").body(Bytes::new()).unwrap(),
            _ => Response::new(Bytes::from_static(b"there")),
        }
    })
}
