//! A kernel for tests, with everything that it reports.

use egret_egress::{
    Audit, Budget, CacheWish, Caller, Config, Decode, Detail, Draft, Egress, Error, Event, Nameservers, Redirect, RequestBody, Response,
    Secrets,
};
use egret_policy::{Policy, PortRange, RuleSpec};
use egret_testkit::{Authority, Zone};
use http::{HeaderMap, Method};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;

#[derive(Default)]
pub struct Events(Mutex<Vec<Event>>);

impl Audit for Events {
    fn record(&self, event: Event) {
        self.0.lock().unwrap().push(event);
    }
}

/// The kernel, its DNS, its authority and its audit log.
pub struct House {
    pub egress: Egress,
    pub zone: Zone,
    pub authority: Authority,
    events: Arc<Events>,
}

impl House {
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    pub fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::of(Zone::start(), Authority::new(), change)
    }

    pub fn of(zone: Zone, authority: Authority, change: impl FnOnce(&mut Config)) -> Self {
        let events = Arc::new(Events::default());
        let mut config = Config {
            roots: vec![authority.certificate_der()],
            nameservers: Nameservers::At(vec![zone.address()]),
            detail: Detail::Full,
            ..Config::default()
        };
        change(&mut config);
        let egress = Egress::build(config, Arc::clone(&events) as Arc<dyn Audit>).unwrap();
        Self { egress, zone, authority, events }
    }

    pub fn events(&self) -> Vec<Event> {
        self.events.0.lock().unwrap().clone()
    }

    pub async fn get(&self, policy: &Arc<Policy>, url: &str) -> Result<Response, Error> {
        self.egress.fetch(&caller(policy), draft(url)).await
    }

    /// The dotted code under which a GET fails.
    pub async fn failure(&self, policy: &Arc<Policy>, url: &str) -> String {
        match self.get(policy, url).await {
            Ok(response) => format!("answered {}", response.status),
            Err(error) => error.path().to_owned(),
        }
    }
}

pub fn caller(policy: &Arc<Policy>) -> Caller {
    caller_of("app", policy)
}

pub fn caller_of(app: &str, policy: &Arc<Policy>) -> Caller {
    let deadline = Instant::now() + Duration::from_secs(30);
    Caller {
        app: app.into(),
        function: "f.js".into(),
        invocation: "i".into(),
        door: egret_egress::Door::Library,
        grants: Arc::clone(policy).into(),
        secrets: Secrets::none(),
        deadline,
        budget: Budget::none(),
    }
}

pub fn draft(url: &str) -> Draft {
    let (method, redirect, decode) = (Method::GET, Redirect::Return, Decode::Auto);
    Draft {
        method,
        url: url.to_owned(),
        headers: HeaderMap::new(),
        body: RequestBody::Empty,
        redirect,
        decode,
        auth: None,
        cache: CacheWish::default(),
        options: Default::default(),
    }
}

/// A rule for a host on loopback: both schemes, the peer's port, 127.0.0.1 exempted.
pub fn local(host: &str, peer: SocketAddr) -> RuleSpec {
    RuleSpec {
        ports: Some(vec![PortRange::single(peer.port())]),
        https_only: false,
        private: vec!["127.0.0.1/32".to_owned()],
        ..RuleSpec::host(host)
    }
}

pub fn policy(rules: impl IntoIterator<Item = RuleSpec>) -> Arc<Policy> {
    Arc::new(Policy::builder().rules(rules).build().unwrap())
}
