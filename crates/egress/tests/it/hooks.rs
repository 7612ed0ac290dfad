//! Hooks: what they see, what they may change, what becomes of it, and what ends them.

mod answers;
mod data;
mod decided;
mod ended;
mod policy;

use crate::house::{House, caller, draft, local};
use bytes::Bytes;
use egret_egress::{Asked, Caller, Config, Context, Draft, Error, HookError, HookGrants, Middleware, Next, PolicyHook, Response as Answer};
use egret_policy::{Handling, Policy, RouteSpec, RuleSpec};
use egret_testkit::Upstream;
use futures_util::future::BoxFuture;
use http::Response;
use std::net::SocketAddr;
use std::sync::Arc;

/// A hook that is made of a function.
pub struct Hook<F>(pub F);

impl<F> Middleware for Hook<F>
where
    F: for<'a> Fn(&'a mut Context, Next<'a>) -> BoxFuture<'a, Result<(), HookError>> + Send + Sync + 'static,
{
    async fn handle(&self, context: &mut Context, next: Next<'_>) -> Result<(), HookError> {
        (self.0)(context, next).await
    }
}

pub fn hook<F>(function: F) -> Hook<F>
where
    F: for<'a> Fn(&'a mut Context, Next<'a>) -> BoxFuture<'a, Result<(), HookError>> + Send + Sync + 'static,
{
    Hook(function)
}

/// Changes the request and hands it on.
pub struct Changes<F>(pub F);

impl<F: Fn(&mut Context) + Send + Sync + 'static> Middleware for Changes<F> {
    async fn handle(&self, context: &mut Context, next: Next<'_>) -> Result<(), HookError> {
        (self.0)(context);
        next.run(context).await.map(drop)
    }
}

pub fn changes<F: Fn(&mut Context) + Send + Sync + 'static>(function: F) -> Changes<F> {
    Changes(function)
}

/// An upstream that answers with what it was asked.
pub fn telling() -> Upstream {
    Upstream::http(|request: http::Request<Bytes>| async move {
        let told = format!("{} {} {}", request.method(), request.uri(), String::from_utf8_lossy(request.body()));
        Response::new(Bytes::from(told))
    })
}

/// A house that knows `a.test` and these hooks.
pub fn house(hooks: impl FnOnce(&mut Config)) -> House {
    let house = House::with(hooks);
    house.zone.addresses("a.test", &["127.0.0.1"]);
    house.zone.addresses("b.test", &["127.0.0.1"]);
    house
}

pub fn url(host: &str, peer: &Upstream, path: &str) -> String {
    format!("http://{host}:{}{path}", peer.address().port())
}

/// A rule for `a.test` with what its requests come by.
pub fn rule(peer: SocketAddr, handling: Handling) -> RuleSpec {
    RuleSpec { handling, ..local("a.test", peer) }
}

pub fn named(names: &[&str]) -> Handling {
    Handling { middleware: names.iter().map(|name| (*name).to_owned()).collect(), ..Handling::default() }
}

pub fn route(path: &str, handling: Handling) -> RouteSpec {
    RouteSpec { handling, ..RouteSpec::path(path) }
}

pub fn policy(rules: impl IntoIterator<Item = RuleSpec>) -> Arc<Policy> {
    crate::house::policy(rules)
}

pub async fn text(answer: Result<Answer, Error>) -> String {
    match answer {
        Ok(answer) => String::from_utf8_lossy(&answer.body.collect(1 << 20).await.unwrap()).into_owned(),
        Err(error) => error.path().to_owned(),
    }
}

pub async fn get(house: &House, policy: &Arc<Policy>, url: &str) -> String {
    text(house.get(policy, url).await).await
}
