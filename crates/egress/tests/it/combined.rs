//! What was built apart, together: hooks, secrets, stored answers, tries and changes of the grants in one call.

mod background;
mod owners;
mod swaps;

use crate::hooks::text;
use crate::house::{House, caller, draft};
use bytes::Bytes;
use egret_egress::{Caller, Config, Draft, HookGrants, Secret, SecretGrant, SecretValue, Secrets};
use egret_policy::{Place, Policy, RuleSpec, Scheme};
use egret_testkit::{Authority, Upstream, Zone, server_config};
use http::{Request, Response};
use std::net::SocketAddr;
use std::sync::Arc;

/// A house whose one upstream, by TLS, is `a.test` and `b.test`.
struct Scene {
    house: House,
    peer: Upstream,
}

impl Scene {
    fn new(
        answer: impl Fn(&Request<Bytes>) -> Response<String> + Send + Sync + 'static,
        hooks: impl FnOnce(&mut Config, SocketAddr),
    ) -> Self {
        let (zone, authority) = (Zone::start(), Authority::new());
        zone.addresses("a.test", &["127.0.0.1"]);
        zone.addresses("b.test", &["127.0.0.1"]);
        let peer = Upstream::tls(server_config(authority.leaf(&["a.test", "b.test"])), move |request| {
            let response = answer(&request);
            async move { response }
        });
        let address = peer.address();
        Self { house: House::of(zone, authority, |config| hooks(config, address)), peer }
    }

    fn draft(&self, host: &str, path: &str) -> Draft {
        draft(&at(host, self.peer.address(), path))
    }

    async fn get(&self, caller: &Caller, host: &str, path: &str) -> String {
        text(self.house.egress.fetch(caller, self.draft(host, path)).await).await
    }
}

fn at(host: &str, peer: SocketAddr, path: &str) -> String {
    format!("https://{host}:{}{path}", peer.port())
}

/// A secret that goes as a bearer token to one host.
fn secret(name: &str, value: &str, host: &str, peer: SocketAddr) -> Secret {
    let grant = SecretGrant { scheme: Scheme::Https, host: host.to_owned(), port: peer.port(), place: Place::Bearer, rule: None };
    let (name, value) = (name.parse().unwrap(), SecretValue::new(value.into()));
    Secret { name, version: 1, value, former: Vec::new(), grants: vec![grant], hmac: false, trip: false }
}

fn holding(policy: &Arc<Policy>, secrets: Secrets) -> Caller {
    Caller { secrets, ..caller(policy) }
}

fn own(rule: RuleSpec, secrets: Vec<Secret>) -> HookGrants {
    HookGrants { grants: Policy::builder().rule(rule).build().unwrap().into(), secrets: Secrets::new(secrets) }
}

/// What the upstream was told who asks.
fn credential(request: &Request<Bytes>) -> String {
    request.headers().get("authorization").map_or_else(|| "nobody".to_owned(), |value| value.to_str().unwrap().to_owned())
}
