//! Plays TLS servers that must not be believed, and connections that must not be used again.

use super::scripted::{Came, HOST, Scene, URL, draft, ended};
use super::{denied, verdict};
use crate::conformance::Verdict;
use crate::conformance::case::{Apps, Case, Connect, Expect, Generations};
use crate::conformance::policies::Policies;
use egret_egress::Grants;
use egret_policy::Policy;
use egret_testkit::rcgen::{DistinguishedName, DnType, KeyPair};
use egret_testkit::rustls::version::{TLS12, TLS13};
use egret_testkit::{Authority, Hostile, Leaf, Step, Validity, h2, self_signed, server_config, server_hello, versioned_config};
use http::Method;
use std::net::IpAddr;
use std::sync::Arc;

/// An answer after which the connection may be used again.
const ANSWER: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
/// A suite of TLS 1.2 that every client knows, by its number: ECDHE, ECDSA, AES-128-GCM.
const SUITE: u16 = 0xc02b;

/// Runs a case and judges what came of it.
pub async fn play(case: &Case, connect: &Connect, policy: Arc<Policy>, policies: &Policies) -> Verdict {
    let stage = Stage { case, policy, policies, authority: Authority::new() };
    let played = match connect {
        Connect::Certificate { cert, resolved } => match stage.leaf(cert) {
            Some(leaf) => stage.shakes(vec![stage.server(leaf)], *resolved).await,
            None => return Verdict::Skipped(format!("nothing here makes a certificate of {cert:?}")),
        },
        Connect::Version { max_version } => match version(max_version) {
            Some(version) => stage.shakes(vec![says(server_hello(version, SUITE, None))], None).await,
            None => return Verdict::Skipped(format!("nothing here speaks TLS {max_version:?} at most")),
        },
        // One server knows no other protocol, and another one chooses it unasked.
        Connect::Protocol { alpn } => {
            let stubborn = Hostile::script_tls(h2::alpn(server_config(stage.authority.leaf(&[HOST])), &[alpn]), answers());
            stage.shakes(vec![stubborn, says(server_hello([3, 3], SUITE, Some(alpn)))], None).await
        }
        // A draft has no place for such a wish, so all that is left is to make the request.
        Connect::Unverified { danger_accept_invalid: true } => stage.shakes(vec![stage.server(self_signed(&[HOST]))], None).await,
        Connect::Unverified { danger_accept_invalid: false } => return Verdict::Skipped("nothing is asked for".to_owned()),
        Connect::Pool { pool_reuse } => stage.pool(*pool_reuse).await,
        Connect::Tickets { ticket_reuse } => stage.tickets(ticket_reuse).await,
    };
    played.unwrap_or_else(Verdict::Failed)
}

struct Stage<'a> {
    case: &'a Case,
    policy: Arc<Policy>,
    policies: &'a Policies,
    authority: Authority,
}

impl Stage<'_> {
    fn scene(&self, peer: &Hostile, resolved: Option<IpAddr>) -> Result<Scene, String> {
        let place = peer.address();
        Scene::set(self.policies, self.policies.limits(&self.case.policy)?, &self.authority, resolved, move |_| place)
    }

    fn server(&self, leaf: Leaf) -> Hostile {
        Hostile::script_tls(server_config(leaf), answers())
    }

    /// A certificate by its words: whose name it has, or what is wrong with it.
    fn leaf(&self, words: &str) -> Option<Leaf> {
        if let Some(name) = words.strip_prefix("san=") {
            return Some(self.authority.leaf(&[name.strip_prefix("ip:").unwrap_or(name)]));
        }
        match words {
            "cn-only" => self.nameless(),
            "expired" => Some(self.authority.leaf_with(&[HOST], Validity::Expired)),
            "not-yet-valid" => Some(self.authority.leaf_with(&[HOST], Validity::Future)),
            "self-signed" => Some(self_signed(&[HOST])),
            "unknown-ca" | "untrusted" => Some(Authority::new().leaf(&[HOST])),
            _ => None,
        }
    }

    /// The host's name where it stood before there were names for it (RFC 9525, 2).
    fn nameless(&self) -> Option<Leaf> {
        let mut subject = DistinguishedName::new();
        subject.push(DnType::CommonName, HOST);
        Some(self.authority.leaf_of(&[], KeyPair::generate().ok()?, |params| params.distinguished_name = subject))
    }

    async fn ask(&self, scene: &Scene, app: &str) -> Came {
        scene.ask(app, Arc::clone(&self.policy), draft(Method::GET, URL)).await
    }

    /// One call to each of these servers; one that is refused gets no byte of it.
    async fn shakes(&self, servers: Vec<Hostile>, resolved: Option<IpAddr>) -> Result<Verdict, String> {
        for peer in servers {
            let came = self.ask(&self.scene(&peer, resolved)?, "conformance").await;
            let judged = self.judge(came, &peer, usize::from(resolved.is_none())).await;
            if judged != Verdict::Passed {
                return Ok(judged);
            }
        }
        Ok(Verdict::Passed)
    }

    async fn judge(&self, came: Came, peer: &Hostile, connections: usize) -> Verdict {
        match (came.end, self.case.expect) {
            (Ok(status), expect) => verdict(expect == Expect::Allow, &format!("answered {status}")),
            (Err(refusal), Expect::Allow) => Verdict::Failed(format!("got {refusal}")),
            (Err(refusal), Expect::Deny) => {
                // Where a name leads is judged before anything is dialled, and everything else by TLS itself.
                let family = if connections == 0 { "egress.addr." } else { "egress.tls." };
                let heard = !ended(peer).await || peer.seen().received.iter().any(|bytes| is_request(bytes));
                match (refusal.code.starts_with(family), heard) {
                    (false, _) => Verdict::Failed(format!("refused for another reason: {refusal}")),
                    (true, true) => Verdict::Failed(format!("refused, but the server heard of the request: {refusal}")),
                    (true, false) => denied(self.case, &refusal, peer.connections(), connections, 1),
                }
            }
        }
    }

    /// A connection is kept, the grants change, and the next call is refused before it is used.
    async fn pool(&self, generations: Generations) -> Result<Verdict, String> {
        let changes = generations.current.checked_sub(generations.policy_generation);
        let Some(changes) = changes.filter(|changes| *changes > 0 && generations.policy_generation == 1) else {
            return Ok(Verdict::Skipped("no change of grants that begin as the first".to_owned()));
        };
        let peer = Hostile::script_tls(server_config(self.authority.leaf(&[HOST])), [answers(), answers()].concat());
        let scene = self.scene(&peer, None)?;
        let grants = Grants::new(Arc::clone(&self.policy));
        let call = || scene.ask("conformance", grants.clone(), draft(Method::GET, URL));
        if let Err(refusal) = call().await.end {
            return Ok(Verdict::Failed(format!("the first call failed already: {refusal}")));
        }
        (0..changes).for_each(|_| _ = grants.swap(Policy::nothing()));
        let heard = peer.seen().received;
        let outcome = call().await.end;
        Ok(match (outcome, self.case.expect) {
            (Err(refusal), Expect::Deny) if refusal.code.starts_with("policy.rule.") && peer.seen().received == heard => {
                denied(self.case, &refusal, peer.connections(), 1, 1)
            }
            (Ok(status), _) => Verdict::Failed(format!("answered {status} after it was revoked")),
            (Err(refusal), _) => Verdict::Failed(format!("got {refusal}, and the server heard of it: {}", peer.seen().received != heard)),
        })
    }

    /// Two apps call a server that would resume sessions, over both versions of TLS.
    async fn tickets(&self, apps: &Apps) -> Result<Verdict, String> {
        let mut resumed = 0;
        for version in [&TLS12, &TLS13] {
            let closing = ANSWER.replacen("\r\n", "\r\nconnection: close\r\n", 1);
            let config = versioned_config(self.authority.leaf(&[HOST]), &[version]);
            let peer = Hostile::script_tls(config, vec![Step::ExpectHead, Step::send(closing)]);
            let scene = self.scene(&peer, None)?;
            for app in [&apps.from_app, &apps.to_app] {
                if let Err(refusal) = self.ask(&scene, app).await.end {
                    return Ok(Verdict::Failed(format!("app {app} failed: {refusal}")));
                }
            }
            resumed += if ended(&peer).await { peer.seen().resumed } else { 1 };
        }
        Ok(verdict(resumed == 0 && self.case.expect == Expect::Deny, &format!("{resumed} sessions were resumed")))
    }
}

/// Whether these are the bytes of a request, and not of a handshake with a server that is played by hand.
fn is_request(bytes: &[u8]) -> bool {
    bytes.windows(HOST.len() + 4).any(|window| window.starts_with(b"GET ")) || bytes.starts_with(b"PRI * HTTP/2.0")
}

fn answers() -> Vec<Step> {
    vec![Step::ExpectHead, Step::send(ANSWER)]
}

/// A server that answers the first hello with these bytes.
fn says(bytes: Vec<u8>) -> Hostile {
    Hostile::script(vec![Step::ExpectBytes(5), Step::send(bytes), Step::Hold])
}

/// The two bytes that stand for a version on the wire.
fn version(name: &str) -> Option<[u8; 2]> {
    match name {
        "ssl3" | "SSLv3" | "3.0" => Some([3, 0]),
        "1.0" => Some([3, 1]),
        "1.1" => Some([3, 2]),
        _ => None,
    }
}
