//! Secrets on their way back: whatever an upstream echoes, the guest sees a mask; what is no echo passes untouched.

mod bodies;
mod heads;
mod sockets;

use crate::house::{House, caller, draft, local, policy};
use egret_egress::{Caller, Draft, Error, Response, Secret, SecretGrant, SecretValue, Secrets};
use egret_policy::{AuthSpec, Place, RuleSpec, Scheme};
use egret_testkit::{Hostile, Step};
use std::net::SocketAddr;

/// The value that is put in as a bearer's token.
pub const VALUE: &str = "sk_live_REAL";
/// What the guest sees in its place.
pub const MASK: &str = "************";

/// A house with one upstream, `a.test`, that gets the secret `KEY`; `b.test` is the same upstream under another name, and gets none.
pub struct Scene {
    pub house: House,
    pub peer: Hostile,
    pub secrets: Secrets,
}

impl Scene {
    pub fn new(steps: Vec<Step>) -> Self {
        Self::of(House::new(), Hostile::script(steps))
    }

    pub fn of(house: House, peer: Hostile) -> Self {
        house.zone.addresses("a.test", &["127.0.0.1"]);
        house.zone.addresses("b.test", &["127.0.0.1"]);
        let secrets = Secrets::new(vec![key(peer.address(), false)]);
        Self { house, peer, secrets }
    }

    /// An upstream that sends these bytes once it has read a head, and waits.
    pub fn sends(bytes: impl Into<Vec<u8>>) -> Self {
        Self::new(vec![Step::ExpectHead, Step::send(bytes.into()), Step::Hold])
    }

    pub fn caller(&self) -> Caller {
        let auth = AuthSpec { secret: "KEY".parse().unwrap(), place: Place::Bearer };
        let a = RuleSpec { auth: Some(auth), ..local("a.test", self.peer.address()) };
        Caller { secrets: self.secrets.clone(), ..caller(&policy([a, local("b.test", self.peer.address())])) }
    }

    pub fn draft(&self, host: &str) -> Draft {
        draft(&format!("http://{host}:{}/", self.peer.address().port()))
    }

    pub async fn fetch(&self, draft: Draft) -> Result<Response, Error> {
        self.house.egress.fetch(&self.caller(), draft).await
    }

    /// A GET's response and its body, piece after piece, until it ends or fails.
    pub async fn get(&self, host: &str) -> (Response, Vec<u8>, Option<Error>) {
        let mut response = self.fetch(self.draft(host)).await.unwrap();
        let mut body = Vec::new();
        loop {
            match response.body.chunk().await {
                Ok(Some(piece)) => body.extend(piece),
                Ok(None) => return (response, body, None),
                Err(error) => return (response, body, Some(error)),
            }
        }
    }

    /// The names of the secrets that the first event tells of.
    pub fn echoed(&self) -> Vec<String> {
        self.house.events()[0].echoed.iter().map(ToString::to_string).collect()
    }
}

pub fn key(peer: SocketAddr, trip: bool) -> Secret {
    let grant = SecretGrant { scheme: Scheme::Http, host: "a.test".to_owned(), port: peer.port(), place: Place::Bearer, rule: None };
    let (name, value) = ("KEY".parse().unwrap(), SecretValue::new(VALUE.into()));
    Secret { name, version: 1, value, former: Vec::new(), grants: vec![grant], hmac: false, trip }
}

/// A response with a length.
pub fn response(fields: &str, body: &[u8]) -> Vec<u8> {
    [format!("HTTP/1.1 200 OK\r\n{fields}content-length: {}\r\n\r\n", body.len()).as_bytes(), body].concat()
}
