//! A watched kernel and a watched gateway over it, on loopback.

use bytes::Bytes;
use egret_egress::{
    Audit, Budget, Caller, Config, Decode, Door, Draft, Egress, Event, Grants, Nameservers, Redirect, RequestBody, Secrets,
};
use egret_gateway::{Answered, Config as GatewayConfig, Gateway, Observer, Routes, Served};
use egret_policy::{Policy, PortRange, RuleSpec};
use egret_runtime::{Answer, Failure, Invocation, Running, Runtime};
use egret_testkit::{Zone, exchange};
use egret_watch::{Sources, Watch};
use http::{HeaderMap, Method};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// Tells the watch, and remembers.
pub struct Told {
    watch: Watch,
    events: Mutex<Vec<Event>>,
}

impl Audit for Told {
    fn record(&self, event: Event) {
        self.watch.called(&event);
        self.events.lock().unwrap().push(event);
    }
}

impl Observer for Told {
    fn answered(&self, request: &Answered<'_>) {
        self.watch.answered(request);
    }
}

pub struct House {
    pub watch: Watch,
    pub egress: Egress,
    pub zone: Zone,
    told: Arc<Told>,
}

impl House {
    pub fn new(watch: Watch) -> Self {
        let (zone, told) = (Zone::start(), Arc::new(Told { watch: watch.clone(), events: Mutex::default() }));
        let config = Config { nameservers: Nameservers::At(vec![zone.address()]), ..Config::default() };
        let egress = Egress::build(config, Arc::clone(&told) as Arc<dyn Audit>).unwrap();
        Self { watch, egress, zone, told }
    }

    pub fn sources(&self) -> Sources {
        Sources { egress: self.egress.clone(), audit_lost: Arc::new(|| 7) }
    }

    /// An event of this kernel: that of a refusal.
    pub fn event(&self) -> Event {
        let denial = egret_policy::Denial::new(egret_policy::Code::HeaderName, "a header's name is malformed");
        self.egress.refuse(&caller("app", "", nothing()), Method::GET, "https://a.test/", denial);
        self.told.events.lock().unwrap().last().unwrap().clone()
    }

    /// Serves one function, which is at `GET /f`.
    pub async fn serve(&self, runtime: impl Runtime) -> (SocketAddr, JoinHandle<()>) {
        let routes = Routes::from_files(["get.f.js"], &["js"]).unwrap();
        let runtime = self.watch.runtime("app", Arc::new(runtime));
        let gateway = Gateway::build(GatewayConfig::default(), Served { routes, runtime }, Arc::clone(&self.told) as Arc<dyn Observer>);
        serve(gateway.unwrap()).await
    }
}

pub async fn serve(gateway: Gateway) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (address, tokio::spawn(async move { gateway.serve(listener, std::future::pending()).await }))
}

/// What a function of a test does.
pub enum Does {
    /// Answers at once.
    Answers,
    /// Reaches its wall limit.
    TooLong,
    /// Calls this, with a secret of its own in a field, as this app.
    Calls { egress: Egress, grants: Grants, url: String },
}

impl Runtime for Does {
    fn invoke(&self, invocation: Invocation) -> Running<'_> {
        Box::pin(async move {
            match self {
                Self::Answers => {}
                Self::TooLong => return Err(Failure::Limit { limit: egret_runtime::Limit::Wall, detail: String::new() }),
                Self::Calls { egress, grants, url } => {
                    let caller = caller("app", invocation.id.as_str(), grants.clone());
                    let mut draft = draft(url);
                    draft.headers.insert("authorization", http::HeaderValue::from_static("Bearer hunter2"));
                    let response = egress.fetch(&caller, draft).await.unwrap();
                    response.body.collect(100).await.unwrap();
                }
            }
            Ok(Answer::new(Bytes::from_static(b"fine")))
        })
    }
}

pub fn caller(app: &str, invocation: &str, grants: Grants) -> Caller {
    let deadline = Instant::now() + Duration::from_secs(30);
    let (secrets, budget) = (Secrets::none(), Budget::none());
    Caller { app: app.into(), function: "f.js".into(), invocation: invocation.into(), door: Door::Js, grants, secrets, deadline, budget }
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
        options: egret_egress::CallOptions::default(),
        cache: egret_egress::CacheWish::default(),
    }
}

pub fn nothing() -> Grants {
    Policy::nothing().into()
}

/// What reaches this peer on loopback under this name.
pub fn local(host: &str, peer: SocketAddr) -> Grants {
    let rule = RuleSpec {
        ports: Some(vec![PortRange::single(peer.port())]),
        https_only: false,
        private: vec!["127.0.0.1/32".to_owned()],
        ..RuleSpec::host(host)
    };
    Policy::builder().rules([rule]).build().unwrap().into()
}

/// The whole answer to a GET with these fields, each a line.
pub async fn get(address: SocketAddr, path: &str, fields: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nconnection: close\r\n{fields}\r\n");
    String::from_utf8(exchange(address, request.as_bytes()).await).unwrap()
}
