//! Secrets on their way out: where they go, where they do not, and that nobody sees them on the way.

mod bodies;
mod calls;
mod places;
mod redirects;
mod refused;
mod reuse;

use crate::house::{House, caller, draft, local, policy};
use egret_egress::{CallAuth, Caller, Draft, Error, Response as Answer, Secret, SecretGrant, SecretValue, Secrets};
use egret_policy::{AuthSpec, Place, RuleSpec, Scheme};
use egret_testkit::{Upstream, h2, server_config};
use http::Response;
use std::net::SocketAddr;

/// The value that is looked for wherever it must not be.
pub const VALUE: &str = "sk_live_hunter2";
/// What stands for it in a guest's hands.
pub const HELD: &str = "egret-secret-KEY-00112233445566778899aabbccddeeff";

/// A house with one upstream over TLS, `a.test`, under one rule, and one secret of the app's.
pub struct Scene {
    pub house: House,
    pub peer: Upstream,
    pub secrets: Secrets,
    pub rules: Vec<RuleSpec>,
}

impl Scene {
    /// The rule puts `KEY` in, which is granted for just that.
    pub fn with(place: &str) -> Self {
        Self::of(place, |_| {}, |_| {})
    }

    pub fn of(place: &str, rule: impl FnOnce(&mut RuleSpec), secret: impl FnOnce(&mut Secret)) -> Self {
        Self::speaking(&["http/1.1"], House::new(), place, rule, secret)
    }

    pub fn speaking(
        protocols: &[&str],
        house: House,
        place: &str,
        change: impl FnOnce(&mut RuleSpec),
        secret: impl FnOnce(&mut Secret),
    ) -> Self {
        house.zone.addresses("a.test", &["127.0.0.1"]);
        house.zone.addresses("b.test", &["127.0.0.1"]);
        let tls = h2::alpn(server_config(house.authority.leaf(&["a.test"])), protocols);
        let peer = Upstream::tls(tls, |_| async { Response::new("ok") });
        let mut rule = RuleSpec { auth: auth(place), ..local("a.test", peer.address()) };
        change(&mut rule);
        let mut key = key(VALUE, grant("a.test", peer.address(), place));
        secret(&mut key);
        Self { house, peer, secrets: Secrets::new(vec![key]), rules: vec![rule] }
    }

    pub fn caller(&self) -> Caller {
        Caller { secrets: self.secrets.clone(), ..caller(&policy(self.rules.clone())) }
    }

    pub fn draft(&self, path: &str) -> Draft {
        draft(&format!("https://a.test:{}{path}", self.peer.address().port()))
    }

    pub async fn fetch(&self, draft: Draft) -> Result<Answer, Error> {
        self.house.egress.fetch(&self.caller(), draft).await
    }

    /// Fetches, and reads the answer to its end so that its connection is kept.
    pub async fn whole(&self, draft: Draft) -> Result<(), Error> {
        self.fetch(draft).await?.body.collect(1 << 20).await?;
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    /// The code under which it fails, with nothing sent.
    pub async fn refusal(&self, draft: Draft) -> String {
        let before = self.peer.requests().len();
        let code = self.fetch(draft).await.map_or_else(|error| error.path().to_owned(), |answer| format!("answered {}", answer.status));
        assert_eq!(self.peer.requests().len(), before, "{code}, and the peer was asked");
        code
    }

    /// Everything that the kernel tells of its calls.
    pub fn told(&self) -> String {
        format!("{:?}", self.house.events())
    }
}

pub fn auth(place: &str) -> Option<AuthSpec> {
    place.parse().ok().map(|place| AuthSpec { secret: "KEY".parse().unwrap(), place })
}

pub fn asks(secret: &str, place: Option<&str>) -> Option<CallAuth> {
    Some(CallAuth { secret: secret.to_owned(), place: place.map(|place| place.parse().unwrap()) })
}

pub fn grant(host: &str, peer: SocketAddr, place: &str) -> Vec<SecretGrant> {
    let place: Option<Place> = place.parse().ok();
    let made = |place| SecretGrant { scheme: Scheme::Https, host: host.to_owned(), port: peer.port(), place, rule: None };
    place.into_iter().map(made).collect()
}

pub fn key(value: &str, grants: Vec<SecretGrant>) -> Secret {
    let (name, value) = ("KEY".parse().unwrap(), SecretValue::new(value.into()));
    Secret { name, version: 1, value, former: Vec::new(), grants, hmac: false, trip: false }
}
