//! A folder of functions served with a scripted world around it.

use bytes::Bytes;
use egret_app::load::{self, Code};
use egret_egress::{Config as EgressConfig, Detail, Egress, Nameservers, Silent};
use egret_gateway::{Config as GatewayConfig, Gateway, Served, Unobserved};
use egret_policy::{Policy, PortRange, RuleSpec};
use egret_runtime::{InvocationId, Limits};
use egret_runtime_js::{Config, Console, JsRuntime, Level};
use egret_testkit::{Authority, Zone};
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::TokioIo;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

struct Quiet;

impl Console for Quiet {
    fn line(&self, _: &InvocationId, _: &str, _: Level, _: &str) {}
}

/// Scripted names, an authority that the kernel trusts, and a served folder.
pub struct House {
    pub address: SocketAddr,
    serving: JoinHandle<()>,
    _folder: TempDir,
}

/// What is around a house.
pub struct World {
    pub zone: Zone,
    pub authority: Authority,
}

impl World {
    pub fn new() -> Self {
        Self { zone: Zone::start(), authority: Authority::new() }
    }

    /// Serves functions, given as file name and source.
    pub async fn serve(&self, functions: &[(&str, String)], rules: Vec<RuleSpec>) -> House {
        self.serve_within(Limits { cpu: Duration::from_millis(300), wall: Duration::from_secs(120), ..Limits::default() }, functions, rules)
            .await
    }

    pub async fn serve_within(&self, limits: Limits, functions: &[(&str, String)], rules: Vec<RuleSpec>) -> House {
        let folder = tempfile::tempdir().unwrap();
        let below = folder.path().join("functions");
        std::fs::create_dir(&below).unwrap();
        for (name, source) in functions {
            std::fs::write(below.join(name), source).unwrap();
        }
        let egress = EgressConfig {
            roots: vec![self.authority.certificate_der()],
            nameservers: Nameservers::At(vec![self.zone.address()]),
            detail: Detail::Full,
            ..EgressConfig::default()
        };
        let egress = Egress::build(egress, Arc::new(Silent)).unwrap();
        let mut config =
            Config::new(Path::new(env!("CARGO_TARGET_TMPDIR")).join("data"), Arc::new(Quiet), tokio::runtime::Handle::current());
        config.slots = 1500;
        let wall = limits.wall;
        config.limits = limits;
        let routes = load::routes(&below).unwrap();
        let grants = Policy::builder().rules(rules).build().unwrap().into();
        let runtime = tokio::task::block_in_place(|| {
            let js = JsRuntime::build(config, egress).unwrap();
            load::compile(
                &js,
                &routes,
                Code {
                    name: "app",
                    root: folder.path(),
                    functions: &below,
                    env: BTreeMap::new(),
                    grants,
                    secrets: egret_egress::Secrets::none(),
                    bounds: None,
                },
            )
            .unwrap()
        });
        let gateway = GatewayConfig { timeout: wall, ..GatewayConfig::default() };
        let gateway = Gateway::build(gateway, Served { routes, runtime }, Arc::new(Unobserved)).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(async move { gateway.serve(listener, std::future::pending()).await });
        House { address, serving, _folder: folder }
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Status and body of a GET.
pub async fn get(address: SocketAddr, path: &str) -> (u16, String) {
    let stream = egret_testkit::connect(address).await;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let request = http::Request::get(path).header("host", "localhost").body(Empty::<Bytes>::new()).unwrap();
    let response = sender.send_request(request).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8_lossy(&body).into_owned())
}

/// The code of a problem document.
pub fn code(body: &str) -> String {
    let problem: serde_json::Value = serde_json::from_str(body).unwrap_or_else(|_| panic!("{body}"));
    problem["code"].as_str().unwrap().to_owned()
}

/// A rule for a host on loopback.
pub fn local(host: &str, peer: SocketAddr) -> RuleSpec {
    RuleSpec {
        ports: Some(vec![PortRange::single(peer.port())]),
        https_only: false,
        private: vec!["127.0.0.1/32".to_owned()],
        ..RuleSpec::host(host)
    }
}

/// A handler whose body is given.
pub fn handler(body: &str) -> String {
    format!("export default async function (request, env, ctx) {{ {body} }}")
}
