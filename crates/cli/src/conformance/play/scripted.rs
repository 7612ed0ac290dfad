//! A kernel whose one upstream is played byte by byte, and what a guest gets of it.

use super::{LIMIT, Refusal};
use crate::conformance::policies::{Limits, Policies};
use bytes::Bytes;
use egret_egress::{
    Budget, CacheWish, Caller, Config, Danger, Decode, Detail, Draft, Egress, Grants, Nameservers, Rates, Redirect, Response, Secrets,
    Silent,
};
use egret_testkit::{Authority, Hostile, Zone};
use http::{HeaderMap, Method};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// The host of the policies that cases about upstreams name.
pub const HOST: &str = "api.example.com";
/// A path there that they allow.
pub const URL: &str = "https://api.example.com/v1/x";

/// A kernel with everything that it can reach.
pub struct Scene {
    pub egress: Egress,
    total: Duration,
    _zone: Zone,
}

impl Scene {
    /// The host has the addresses of the corpus's zone, unless others are given; what is sent to a port goes to `place` of it.
    pub fn set(
        policies: &Policies,
        limits: Limits,
        authority: &Authority,
        addresses: Option<IpAddr>,
        place: impl Fn(u16) -> SocketAddr + Send + Sync + 'static,
    ) -> Result<Self, String> {
        Self::with(policies, limits, authority, addresses, place, |_| {})
    }

    /// The same with a kernel that is built otherwise.
    pub fn with(
        policies: &Policies,
        limits: Limits,
        authority: &Authority,
        addresses: Option<IpAddr>,
        place: impl Fn(u16) -> SocketAddr + Send + Sync + 'static,
        change: impl FnOnce(&mut Config),
    ) -> Result<Self, String> {
        let zone = Zone::start();
        let addresses: Vec<String> =
            addresses.map_or_else(|| policies.resolve(HOST), |address| vec![address]).iter().map(ToString::to_string).collect();
        zone.addresses(HOST, &addresses.iter().map(String::as_str).collect::<Vec<_>>());
        let mut config = Config {
            roots: vec![authority.certificate_der()],
            nameservers: Nameservers::At(vec![zone.address()]),
            detail: Detail::Full,
            timeouts: limits.timeouts,
            caps: limits.caps,
            danger: Danger { redial: Some(Arc::new(move |address| place(address.port()))), ..Danger::default() },
            // What is refused must say why, however many cases there are in a second.
            limits: egret_egress::Limits { rates: Rates { refusals: None, ..Rates::default() }, ..egret_egress::Limits::default() },
            ..Config::default()
        };
        change(&mut config);
        let egress = Egress::build(config, Arc::new(Silent)).map_err(|error| error.to_string())?;
        Ok(Self { egress, total: limits.total, _zone: zone })
    }

    /// A caller from now on.
    pub fn caller(&self, app: &str, grants: Grants) -> Caller {
        Caller {
            app: app.into(),
            function: "".into(),
            invocation: "".into(),
            door: egret_egress::Door::Command,
            grants,
            secrets: Secrets::none(),
            deadline: Instant::now() + self.total,
            budget: Budget::none(),
        }
    }

    /// Sends a request and reads what is answered to its end, or to where it is refused.
    pub async fn ask(&self, app: &str, grants: impl Into<Grants>, draft: Draft) -> Came {
        self.ask_as(&self.caller(app, grants.into()), draft).await
    }

    /// The same for a caller with a budget, a deadline or secrets of its own.
    pub async fn ask_as(&self, caller: &Caller, draft: Draft) -> Came {
        match self.egress.fetch(caller, draft).await {
            Ok(response) => read(response).await,
            Err(error) => Came { body: Vec::new(), url: String::new(), end: Err(error.into()) },
        }
    }
}

/// What a guest got.
pub struct Came {
    /// What of the body reached it.
    pub body: Vec<u8>,
    /// Who answered.
    pub url: String,
    /// The status of a response that ended well.
    pub end: Result<u16, Refusal>,
}

async fn read(mut response: Response) -> Came {
    let (mut body, url) = (Vec::new(), response.url.clone());
    let end = loop {
        match response.body.chunk().await {
            Ok(Some(piece)) => body.extend(piece),
            Ok(None) => break Ok(response.status.as_u16()),
            Err(error) => break Err(error.into()),
        }
    };
    Came { body, url, end }
}

/// A request of nothing but a method and a URL.
pub fn draft(method: Method, url: &str) -> Draft {
    let (headers, body) = (HeaderMap::new(), Bytes::new());
    Draft {
        method,
        url: url.to_owned(),
        headers,
        body: body.into(),
        redirect: Redirect::Return,
        decode: Decode::Auto,
        auth: None,
        options: Default::default(),
        cache: CacheWish::default(),
    }
}

/// Waits until every connection of a peer is over: what it received is then all that it ever will.
pub async fn ended(peer: &Hostile) -> bool {
    timeout(LIMIT, peer.until(|seen| seen.ended == seen.connections)).await.is_ok()
}
