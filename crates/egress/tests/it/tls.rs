//! TLS: what a rule demands, why a server is refused, and the cases of badssl.com.

mod demands;
mod faults;
mod suite;

use crate::house::{House, local, policy};
use bytes::Bytes;
use egret_policy::{Pin, RuleSpec, TlsSpec};
use egret_testkit::rustls::ServerConfig;
use egret_testkit::{Hostile, Leaf, Step, server_config};
use sha2::{Digest, Sha256};
use std::net::SocketAddr;
use std::sync::Arc;

/// A kernel that knows where `api.test` is.
fn house(change: impl FnOnce(&mut egret_egress::Config)) -> House {
    let house = House::with(change);
    house.zone.addresses("api.test", &["127.0.0.1"]);
    house
}

/// A rule for https alone.
fn secure(host: &str, peer: SocketAddr, tls: Option<TlsSpec>) -> RuleSpec {
    RuleSpec { https_only: true, tls, ..local(host, peer) }
}

/// A GET of `https://HOST/` where a server with this configuration answers: `reached`, or the dotted code and the words.
async fn outcome(house: &House, host: &str, config: Arc<ServerConfig>, tls: Option<TlsSpec>) -> (String, String) {
    let peer = Hostile::script_tls(config, vec![Step::ExpectHead, Step::send("HTTP/1.1 204 No Content\r\n\r\n"), Step::Hold]);
    let result = get(house, host, peer.address(), tls).await;
    if result.0 != "reached" && result.0 != "egress.tls.client_certificate" {
        let seen = peer.until(|seen| seen.ended == 1).await;
        assert!(seen.received.iter().all(Vec::is_empty), "no byte of a request reaches a server that was refused: {result:?}");
    }
    result
}

/// The same where a peer answers a hello with these bytes.
async fn raw(house: &House, answer: impl Into<Bytes>) -> (String, String) {
    let peer = Hostile::script(vec![Step::ExpectBytes(100), Step::send(answer), Step::Hold]);
    get(house, "api.test", peer.address(), None).await
}

async fn get(house: &House, host: &str, peer: SocketAddr, tls: Option<TlsSpec>) -> (String, String) {
    let policy = policy([secure(host, peer, tls)]);
    match house.get(&policy, &format!("https://{host}:{}/", peer.port())).await {
        Ok(response) => {
            let status = response.status.to_string();
            response.body.collect(100).await.unwrap();
            for _ in 0..10 {
                // Until the connection has come to rest.
                tokio::task::yield_now().await;
            }
            ("reached".to_owned(), status)
        }
        Err(error) => (error.path().to_owned(), error.reason().to_string()),
    }
}

async fn code(house: &House, leaf: Leaf, tls: Option<TlsSpec>) -> String {
    outcome(house, "api.test", server_config(leaf), tls).await.0
}

fn pin(public: &[u8]) -> Pin {
    Pin::new(Sha256::digest(public).into())
}

/// A fatal alert as the first thing that a server says.
fn alert(number: u8) -> Vec<u8> {
    vec![0x15, 3, 3, 0, 2, 2, number]
}
