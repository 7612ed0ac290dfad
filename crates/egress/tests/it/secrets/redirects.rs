//! Redirects: each hop gets its own secret or none, and nothing of one goes to another origin.

use super::{HELD, VALUE, asks, auth, grant, key};
use crate::house::{House, caller, draft, local, policy};
use bytes::Bytes;
use egret_egress::{Caller, Draft, Redirect, RequestBody, Secret, SecretValue, Secrets};
use egret_policy::RuleSpec;
use egret_testkit::{Upstream, server_config};
use http::{HeaderValue, Method, Response};

/// Two origins: `a.test`, whose `/go` leads to `b.test` and whose `/on` leads to itself.
struct Two {
    house: House,
    first: Upstream,
    second: Upstream,
}

impl Two {
    fn new(status: u16) -> Self {
        let house = House::new();
        house.zone.addresses("a.test", &["127.0.0.1"]);
        house.zone.addresses("b.test", &["127.0.0.1"]);
        let tls = |name| server_config(house.authority.leaf(&[name]));
        let second = Upstream::tls(tls("b.test"), |_| async { Response::new("there") });
        let there = format!("https://b.test:{}/there", second.address().port());
        let first = Upstream::tls(tls("a.test"), move |request| {
            let to = match request.uri().path() {
                "/go" => Some(there.clone()),
                "/on" => Some("/here".to_owned()),
                _ => None,
            };
            async move {
                match to {
                    Some(to) => Response::builder().status(status).header("location", to).body("").unwrap(),
                    None => Response::new("here"),
                }
            }
        });
        Self { house, first, second }
    }

    fn rule(&self, host: &str, place: &str) -> RuleSpec {
        let peer = if host == "a.test" { &self.first } else { &self.second };
        RuleSpec { auth: auth(place), ..local(host, peer.address()) }
    }

    fn draft(&self, path: &str) -> Draft {
        Draft { redirect: Redirect::Follow, ..draft(&format!("https://a.test:{}{path}", self.first.address().port())) }
    }

    fn caller(&self, rules: [RuleSpec; 2], secrets: Vec<Secret>) -> Caller {
        Caller { secrets: Secrets::new(secrets), ..caller(&policy(rules)) }
    }

    /// What fetching comes to: where it ended, or the code and the hop.
    async fn outcome(&self, caller: &Caller, draft: Draft) -> String {
        match self.house.egress.fetch(caller, draft).await {
            Ok(response) => String::from_utf8(response.body.collect(100).await.unwrap().to_vec()).unwrap(),
            Err(error) => format!("{} at hop {}", error.path(), error.hop()),
        }
    }
}

#[tokio::test]
async fn no_secret_follows_to_another_origin() {
    let two = Two::new(302);
    let secret = || vec![key(VALUE, grant("a.test", two.first.address(), "bearer"))];
    let caller = two.caller([two.rule("a.test", "bearer"), two.rule("b.test", "none")], secret());
    let mut held = two.draft("/go");
    held.headers.insert("authorization", HeaderValue::from_static(HELD));
    assert_eq!(two.outcome(&caller, held).await, "there");
    // The other origin's rule names the same secret, which is not granted there.
    let both = two.caller([two.rule("a.test", "bearer"), two.rule("b.test", "bearer")], secret());
    assert_eq!(two.outcome(&both, two.draft("/go")).await, "egress.auth.unavailable at hop 1");
    let asking = Draft { auth: asks("KEY", None), ..two.draft("/go") };
    let bare = two.caller([two.rule("a.test", "none"), two.rule("b.test", "none")], secret());
    assert_eq!(two.outcome(&bare, asking).await, "there");
    assert!(two.first.requests().iter().all(|seen| seen.headers["authorization"] == format!("Bearer {VALUE}")));
    let second = two.second.requests();
    assert_eq!(second.len(), 2);
    assert!(!format!("{second:?}").contains(VALUE) && second.iter().all(|seen| !seen.headers.contains_key("authorization")));
    assert_eq!(two.house.events().iter().map(|event| event.secrets.len()).collect::<Vec<_>>(), [1, 0, 1, 0, 1, 0]);
}

#[tokio::test]
async fn each_hop_gets_the_secret_of_its_own_rule() {
    let two = Two::new(302);
    let grants = |host: &str, peer: &Upstream| grant(host, peer.address(), "bearer");
    let of_second =
        Secret { name: "OTHER".parse().unwrap(), value: SecretValue::new(b"other".to_vec()), ..key("", grants("b.test", &two.second)) };
    let mut rules = [two.rule("a.test", "bearer"), two.rule("b.test", "bearer")];
    rules[1].auth.as_mut().unwrap().secret = "OTHER".parse().unwrap();
    let caller = two.caller(rules, vec![key(VALUE, grants("a.test", &two.first)), of_second]);
    assert_eq!(two.outcome(&caller, two.draft("/go")).await, "there");
    assert_eq!(two.outcome(&caller, two.draft("/on")).await, "here");
    assert_eq!(two.second.requests()[0].headers["authorization"], "Bearer other");
    assert!(two.first.requests().iter().all(|seen| seen.headers["authorization"] == format!("Bearer {VALUE}")));
}

#[tokio::test]
async fn a_grant_that_is_gone_counts_at_the_next_hop() {
    let house = House::new();
    house.zone.addresses("a.test", &["127.0.0.1"]);
    let secrets = Secrets::none();
    let revoke = secrets.clone();
    let peer = Upstream::tls(server_config(house.authority.leaf(&["a.test"])), move |_| {
        revoke.replace(Vec::new());
        async { Response::builder().status(302).header("location", "/again").body("").unwrap() }
    });
    secrets.replace(vec![key(VALUE, grant("a.test", peer.address(), "bearer"))]);
    let rule = RuleSpec { auth: auth("bearer"), ..local("a.test", peer.address()) };
    let caller = Caller { secrets, ..caller(&policy([rule])) };
    let draft = Draft { redirect: Redirect::Follow, ..draft(&format!("https://a.test:{}/", peer.address().port())) };
    let error = house.egress.fetch(&caller, draft).await.unwrap_err();
    assert_eq!((error.path(), error.hop(), peer.requests().len()), ("egress.auth.unavailable", 1, 1));
}

#[tokio::test]
async fn a_body_follows_to_another_origin_where_its_rule_says_so() {
    for status in [307, 308] {
        let two = Two::new(status);
        let rules = |redirect_body| [RuleSpec { redirect_body, ..two.rule("a.test", "body") }, two.rule("b.test", "none")];
        let secrets = || vec![key(VALUE, grant("a.test", two.first.address(), "body"))];
        let post = |body: RequestBody| {
            let mut draft = Draft { method: Method::POST, body, ..two.draft("/go") };
            draft.headers.insert("authorization", HeaderValue::from_static("Bearer own"));
            draft
        };
        let (without, with) = (two.caller(rules(false), secrets()), two.caller(rules(true), secrets()));
        assert_eq!(two.outcome(&without, post("hello".into())).await, "policy.redirect.body at hop 0");
        assert_eq!(two.outcome(&with, post("hello".into())).await, "there");
        let seen = two.second.requests().remove(0);
        assert_eq!((seen.method, &seen.body[..], seen.headers.get("authorization")), (Method::POST, &b"hello"[..], None));
        // What goes on is the draft's body, never the one that held the value.
        assert_eq!(two.outcome(&with, post(format!("key={HELD}").into())).await, "policy.auth.misplaced at hop 1");
        assert!(two.first.requests().last().unwrap().body.ends_with(VALUE.as_bytes()));
        let begun = RequestBody::stream(futures_util::stream::iter([Ok::<_, ()>(Bytes::from_static(b"x"))]));
        let plain = two.caller([RuleSpec { redirect_body: true, ..two.rule("a.test", "none") }, two.rule("b.test", "none")], Vec::new());
        assert_eq!(two.outcome(&plain, post(begun)).await, "policy.redirect.stream at hop 0");
        let shut = RuleSpec { routes: Some(Vec::new()), ..two.rule("b.test", "none") };
        let to_nowhere = two.caller([RuleSpec { redirect_body: true, ..two.rule("a.test", "none") }, shut], Vec::new());
        assert_eq!(two.outcome(&to_nowhere, post("hello".into())).await, "policy.rule.path at hop 1");
        assert_eq!(two.second.requests().len(), 1);
    }
}
