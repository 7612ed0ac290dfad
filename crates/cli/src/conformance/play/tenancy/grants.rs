//! What an owner allows: nothing where nothing is written, nothing that is too wide, nothing any more once it is taken back.

use super::super::scripted::{HOST, URL, draft};
use super::stage::Stage;
use super::{Held, refused};
use egret_egress::{Detail, Grants, WsDraft};
use egret_manifest::Manifest;
use egret_policy::{Ceiling, Closed, Mode, Policy, Reach, RuleSpec};
use egret_testkit::Step;
use http::{HeaderMap, Method};
use std::path::Path;
use std::sync::Arc;

/// A manifest that allows these hosts, or does not say: either it cannot be loaded, or what it does not name is refused.
pub async fn allowed(stage: &Stage<'_>, hosts: Option<&[String]>) -> Held {
    let list = hosts.map_or_else(String::new, |hosts| format!("net = {hosts:?}\n"));
    let Ok(manifest) = Manifest::parse(Path::new("egret.toml"), &format!("version = 1\nname = \"a\"\n{list}")) else {
        return if hosts.is_some_and(|hosts| !hosts.is_empty()) { Ok(()) } else { Err("an empty manifest is no fault".to_owned()) };
    };
    let policy = Policy::builder().mode(manifest.mode).rules(manifest.net).build().map_err(|_| "a checked manifest has faults")?;
    let set = stage.answering(|_| {})?;
    refused(set.call("conformance", policy).await.end, &["policy.rule."])
}

/// An app that may reach every host, below a ceiling: what is above it is refused, what is below answers.
pub async fn ceiling(stage: &Stage<'_>, app: &[String], server: &[String]) -> Held {
    let wide = app.iter().any(|host| host == "*");
    let mode = if wide { Mode::Open(Reach::default()) } else { Mode::Enforce };
    let rules = app.iter().filter(|host| *host != "*").map(RuleSpec::host);
    let ceiling = Ceiling::build(Vec::new(), Some(server.to_vec())).map_err(|faults| faults.join("; "))?;
    let policy = Policy::builder().mode(mode).rules(rules).ceiling(Arc::new(ceiling)).build().map_err(|faults| format!("{faults:?}"))?;
    let (set, grants) = (stage.answering(|_| {})?, Grants::new(policy));
    if server.iter().any(|host| host == HOST) {
        set.call("conformance", grants.clone()).await.end.map_err(|refusal| format!("below the ceiling: {refusal}"))?;
    }
    let elsewhere = set.scene.ask("conformance", grants, draft(Method::GET, "https://elsewhere.example.net/")).await;
    refused(elsewhere.end, &["policy.ceiling."])
}

/// Rules that cannot be loaded take nobody's place: what was allowed answers, and what was not is refused.
pub async fn reload(stage: &Stage<'_>) -> Held {
    let (set, grants) = (stage.answering(|_| {})?, stage.grants());
    if let Ok(policy) = Policy::builder().rule(RuleSpec::host("*")).build() {
        grants.swap(policy);
        return Err("every host could be allowed by one rule".to_owned());
    }
    set.call("conformance", grants.clone()).await.end.map_err(|refusal| format!("the last good rules are gone: {refusal}"))?;
    let elsewhere = set.scene.ask("conformance", grants, draft(Method::GET, "https://elsewhere.example.net/")).await;
    refused(elsewhere.end, &["policy.rule."])
}

/// An exemption that touches what is always refused cannot be loaded.
pub fn exempt(networks: &[String]) -> Held {
    let rule = RuleSpec { private: networks.to_vec(), ..RuleSpec::host(HOST) };
    match Policy::builder().rule(rule).build() {
        Ok(_) => Err(format!("{networks:?} could be exempted")),
        Err(_) => Ok(()),
    }
}

/// The owner locks the network down: what is under way ends, and nothing new begins.
pub async fn kill(stage: &Stage<'_>) -> Held {
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello";
    let set = stage.scripted(vec![Step::ExpectHead, Step::send(head), Step::Hold], |_| {})?;
    let grants = stage.grants();
    let caller = set.scene.caller("conformance", grants.clone());
    let response = set.scene.egress.fetch(&caller, draft(Method::GET, URL)).await.map_err(|error| error.path().to_owned())?;
    let locked = Arc::into_inner(stage.policies.build("limits")?).ok_or("the policy is somebody else's too")?;
    grants.swap(locked.closed(Some(Closed::Everywhere)));
    refused(response.body.collect(100).await.map(|_| 200).map_err(Into::into), &["policy.closed.lockdown"])?;
    refused(set.call("conformance", grants).await.end, &["policy.closed.lockdown"])
}

/// Everything is revoked while a WebSocket is open.
pub async fn socket(stage: &Stage<'_>) -> Held {
    let set = stage.scripted(vec![Step::Upgrade(bytes::Bytes::new()), Step::Hold], |_| {})?;
    let grants = stage.grants();
    let caller = set.scene.caller("conformance", grants.clone());
    let wish = WsDraft { url: URL.replacen("https", "wss", 1), headers: HeaderMap::new(), protocols: Vec::new() };
    let socket = set.scene.egress.websocket(&caller, wish).await.map_err(|error| error.path().to_owned())?;
    grants.swap(Policy::nothing());
    refused(socket.next().await.map(|_| 101).map_err(Into::into), &["policy.rule."])
}

/// What a guest is told of a port of the inner network that answers, of one that does not, and of a host that no rule allows.
pub async fn oracle(stage: &Stage<'_>) -> Held {
    let mut told = Vec::new();
    let ports = ["443", "22", "9"];
    for port in ports {
        let rule = RuleSpec { ports: Some(vec![port.parse().map_err(|words: String| words)?]), ..RuleSpec::host("inner.example.com") };
        let policy = Arc::new(Policy::builder().rule(rule).build().map_err(|faults| format!("{faults:?}"))?);
        let set = stage.answering(|config| {
            config.detail = Detail::Safe;
            config.hosts = [("inner.example.com".to_owned(), vec![std::net::Ipv4Addr::new(10, 0, 0, 1).into()])].into();
        })?;
        for url in [format!("https://inner.example.com:{port}/"), format!("https://elsewhere.example.net:{port}/")] {
            let caller = set.scene.caller("conformance", Arc::clone(&policy).into());
            match set.scene.egress.fetch(&caller, draft(Method::GET, &url)).await {
                Ok(response) => return Err(format!("{url} answered {}", response.status)),
                Err(error) => told.push(format!("{:?} {} {:?}", error.code(), error.guest_message(), error.retry_after())),
            }
        }
        if set.peer.connections() > 0 {
            return Err("a refused address was dialled".to_owned());
        }
    }
    told.dedup();
    if told.len() == 1 { Ok(()) } else { Err(format!("errors differ: {told:?}")) }
}
