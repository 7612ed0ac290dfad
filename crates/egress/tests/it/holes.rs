//! Holes that other systems had, on real sockets: what is resolved, dialled, reused, redirected and said.
//!
//! A test is named after the system that suffered it; the comment says the hole. The table is in `docs/holes.md`.

mod dial;
mod redirect;
mod wire;

use crate::house::{House, caller, draft, local};
use bytes::Bytes;
use egret_egress::{Draft, Redirect};
use egret_policy::{Policy, RouteSpec, RuleSpec};
use egret_testkit::Upstream;
use http::Response;
use std::net::SocketAddr;
use std::sync::Arc;

/// An upstream that answers `/go` with a redirect, closing the connection, and everything else with its path.
fn redirecting(status: u16, location: &str) -> Upstream {
    let location = location.to_owned();
    Upstream::http(move |request| {
        let path = request.uri().path().to_owned();
        let answer = match path.as_str() {
            "/go" => Response::builder().status(status).header("location", &location).header("connection", "close").body(Bytes::new()),
            _ => Response::builder().body(path.into()),
        };
        async { answer.unwrap() }
    })
}

fn url(host: &str, peer: SocketAddr, path: &str) -> String {
    format!("http://{host}:{}{path}", peer.port())
}

fn follow(url: &str) -> Draft {
    Draft { redirect: Redirect::Follow, ..draft(url) }
}

/// A rule for one host and port that exempts nothing.
fn plain(host: &str, peer: SocketAddr) -> RuleSpec {
    RuleSpec { private: vec![], ..local(host, peer) }
}

fn route(path: &str, methods: &[&str]) -> RouteSpec {
    RouteSpec { methods: Some(methods.iter().map(ToString::to_string).collect()), ..RouteSpec::path(path) }
}

async fn outcome(house: &House, policy: &Arc<Policy>, draft: Draft) -> String {
    match house.egress.fetch(&caller(policy), draft).await {
        Ok(response) => format!("{} {}", response.status.as_u16(), response.url.rsplit('/').next().unwrap()),
        Err(error) => format!("{} at hop {}", error.path(), error.hop()),
    }
}

/// A house in which each name stands for 127.0.0.1.
fn house(names: &[&str]) -> House {
    let house = House::new();
    names.iter().for_each(|name| house.zone.addresses(name, &["127.0.0.1"]));
    house
}
