//! Egret's kernel: a policy of 1,000 hosts with their routes, one app, the configuration as shipped but for longer timeouts.

use super::{AGENT, ANYTHING, Worker};
use crate::case::{Case, Size};
use crate::upstream::{NAME, Upstream};
use anyhow::{Result, anyhow};
use egret_egress::{Audit, Budget, Caller, Config, Decode, Draft, Egress, Event, Grants, Nameservers, Protocols, Redirect, RequestBody, Secrets, Timeouts};
use egret_policy::{Policy, PortRange, RouteSpec, RuleSpec};
use http::Method;
use http::header::{ACCEPT, HeaderMap, USER_AGENT};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// Hosts of the policy, the upstream among them.
const HOSTS: usize = 1_000;
/// Later than the end of every measurement.
const DEADLINE: Duration = Duration::from_secs(24 * 3_600);

/// In place of each timeout of a few seconds: 512 handshakes at once on one busy CPU may take longer, and the peers have no
/// such timeouts. What a timeout costs does not depend on its length.
const PATIENCE: Duration = Duration::from_secs(120);

/// A share in the kernel.
pub struct Asker {
    egress: Egress,
    caller: Caller,
    url: String,
}

impl Asker {
    pub async fn get(&mut self) -> Result<usize> {
        let headers = HeaderMap::from_iter([(USER_AGENT, AGENT), (ACCEPT, ANYTHING)]);
        let (method, url) = (Method::GET, self.url.clone());
        let draft = Draft { method, url, headers, body: RequestBody::Empty, redirect: Redirect::Return, decode: Decode::Raw, auth: None, options: Default::default(), cache: Default::default() };
        let mut body = self.egress.fetch(&self.caller, draft).await?.body;
        let mut length = 0;
        while let Some(piece) = body.chunk().await? {
            length += piece.len();
        }
        Ok(length)
    }
}

/// Counts events and what they say was received, so that nothing of them is optimised away.
#[derive(Default)]
pub struct Counting {
    events: AtomicUsize,
    bytes: AtomicUsize,
}

impl Counting {
    pub fn events(&self) -> usize {
        self.events.load(Ordering::Relaxed)
    }
}

impl Audit for Counting {
    fn record(&self, event: Event) {
        self.events.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(usize::try_from(event.received).unwrap_or(usize::MAX), Ordering::Relaxed);
    }
}

pub fn workers(upstream: &Upstream, case: Case, audit: Arc<dyn Audit>) -> Result<Vec<Worker>> {
    let address = upstream.address(case);
    let config = Config {
        roots: vec![upstream.root()],
        hosts: BTreeMap::from([(NAME.to_owned(), vec![address.ip()])]),
        // Nobody is there: what would ask for a name by mistake fails at once.
        // As the peers: what is compared is the client, not the version of HTTP.
        protocols: Protocols::Http1,
        nameservers: Nameservers::At(vec![address]),
        timeouts: Timeouts { dns: PATIENCE, connect: PATIENCE, tls: PATIENCE, first_byte: PATIENCE, between_bytes: PATIENCE },
        ..Config::default()
    };
    let egress = Egress::build(config, audit)?;
    let grants = Grants::new(policy(address.port())?);
    let deadline = Instant::now() + DEADLINE;
    let caller = Caller { app: "app".into(), function: "f.js".into(), invocation: "i".into(), grants, secrets: Secrets::none(), deadline, budget: Budget::none() };
    let url = upstream.uri(case).to_string();
    let asker = || Asker { egress: egress.clone(), caller: caller.clone(), url: url.clone() };
    Ok((0..case.connections).map(|_| Worker::Kernel(asker())).collect())
}

/// 999 hosts that are not asked, and the upstream.
fn policy(port: u16) -> Result<Policy> {
    let others = (1..HOSTS).map(|index| rule(&format!("api{index}.example.com"), &["/v1/users/:id", "/v1/files/**"]));
    let asked = RuleSpec {
        ports: Some(vec![PortRange::single(port)]),
        https_only: false,
        private: vec!["127.0.0.1/32".to_owned()],
        ..rule(NAME, &Size::ALL.map(Size::path))
    };
    Policy::builder().rules(others).rule(asked).build().map_err(|faults| anyhow!("{faults:?}"))
}

fn rule(host: &str, paths: &[&str]) -> RuleSpec {
    RuleSpec { routes: Some(paths.iter().map(|path| RouteSpec::path(*path)).collect()), ..RuleSpec::host(host) }
}
