//! Plays a chain of redirects: each answer on a connection of its own, whoever is asked, and then a plain 200.

use super::{LIMIT, Reached, Refusal, denied, fetch, secret};
use crate::conformance::Verdict;
use crate::conformance::case::{Asked, Case, Expect, Head};
use crate::conformance::policies::Policies;
use egret_egress::{Config, Danger, Detail, Egress, Nameservers, Redirect, Silent};
use egret_policy::{Policy, Target};
use egret_testkit::{Authority, Hostile, Step, Zone, server_config};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Runs a chain and judges what came of it.
pub async fn play(case: &Case, asked: &Asked, answers: &[Head], policy: Arc<Policy>, policies: &Policies) -> Verdict {
    let effect = case.effect.as_deref().unwrap_or_default();
    let mut asked = asked.clone();
    if let Some(name) =
        effect.strip_prefix("no_resurrect:").filter(|name| asked.headers.iter().all(|(own, _)| !own.eq_ignore_ascii_case(name)))
    {
        asked.headers.push((name.to_owned(), "a credential".to_owned()));
    }
    let (zone, authority) = (Zone::start(), Authority::new());
    let names = names(&asked, answers);
    for name in &names {
        let addresses: Vec<String> = policies.resolve(name).iter().map(ToString::to_string).collect();
        zone.addresses(name, &addresses.iter().map(String::as_str).collect::<Vec<_>>());
    }
    let leaf = authority.leaf(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let peer = Hostile::sequence_tls(server_config(leaf), scripts(answers));
    let place = peer.address();
    let config = Config {
        roots: vec![authority.certificate_der()],
        nameservers: Nameservers::At(vec![zone.address()]),
        detail: Detail::Full,
        danger: Danger { redial: Some(Arc::new(move |_| place)), ..Danger::default() },
        ..Config::default()
    };
    let egress = match Egress::build(config, Arc::new(Silent)) {
        Ok(egress) => egress,
        Err(error) => return Verdict::Failed(error.to_string()),
    };
    let outcome = fetch(&egress, &asked, Redirect::Follow, policy, secret::held(policies)).await;
    judge(case, effect, outcome, &peer, answers).await
}

async fn judge(case: &Case, effect: &str, outcome: Result<Reached, Refusal>, peer: &Hostile, answers: &[Head]) -> Verdict {
    match (case.expect, outcome) {
        (Expect::Deny, Ok(reached)) => Verdict::Failed(format!("answered {} from {}", reached.status, reached.url)),
        (Expect::Deny, Err(refusal)) => denied(case, &refusal, peer.connections(), answers.len(), 0),
        (Expect::Allow, Err(refusal)) => Verdict::Failed(format!("got {refusal}")),
        (Expect::Allow, Ok(reached)) => {
            // Every connection is over once its answer was read; then all that was received is there.
            let _ = tokio::time::timeout(LIMIT, peer.until(|seen| seen.ended == seen.connections)).await;
            let heads: Vec<String> = peer.seen().received.iter().map(|bytes| String::from_utf8_lossy(bytes).to_lowercase()).collect();
            match allowed(effect, &reached, &heads, answers) {
                Ok(()) => Verdict::Passed,
                Err(words) => Verdict::Failed(words),
            }
        }
    }
}

fn allowed(effect: &str, reached: &Reached, heads: &[String], answers: &[Head]) -> Result<(), String> {
    let has = |head: &String, name: &str| head.lines().any(|line| line.starts_with(&format!("{}:", name.to_lowercase())));
    let check = |holds: bool, words: &str| if holds { Ok(()) } else { Err(format!("{words}: {heads:?}")) };
    let (first, later) = heads.split_first().ok_or("the peer saw no request")?;
    let last = heads.last().ok_or("the peer saw no request")?;
    let followed = heads.len() == answers.len() + 1;
    match effect.split_once(':').unwrap_or((effect, "")) {
        ("", _) => check(followed && reached.status == 200, "the chain was not followed to its end"),
        ("method", method) => check(followed && last.starts_with(&format!("{} ", method.to_lowercase())), "the last method is another"),
        ("strip" | "no_resurrect", name) => {
            check(followed && has(first, name) && later.iter().all(|head| !has(head, name)), "the field was not sent first, or sent later")
        }
        ("return_3xx" | "return_as_is", _) => check(
            heads.len() == 1 && answers.first().is_some_and(|answer| answer.status == u64::from(reached.status)),
            "the answer was not handed back",
        ),
        (other, _) => Err(format!("nothing here checks the effect {other:?}")),
    }
}

/// Every name that the chain may ask for, so that none fails for want of a certificate.
fn names(asked: &Asked, answers: &[Head]) -> BTreeSet<String> {
    let locations =
        answers.iter().flat_map(|answer| &answer.fields).filter(|(name, _)| name == "location").map(|(_, value)| value.as_str());
    let targets = locations.chain([asked.url.as_str()]).filter_map(|url| Target::parse(url).ok());
    targets.filter_map(|target| target.host().name().map(|name| name.as_str().to_owned())).collect()
}

fn scripts(answers: &[Head]) -> Vec<Vec<Step>> {
    let head = |answer: &Head| {
        let fields: String = answer.fields.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        format!("HTTP/1.1 {} X\r\n{fields}content-length: 0\r\nconnection: close\r\n\r\n", answer.status)
    };
    let last = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned();
    answers.iter().map(head).chain([last]).map(|text| vec![Step::ExpectHead, Step::send(text)]).collect()
}
