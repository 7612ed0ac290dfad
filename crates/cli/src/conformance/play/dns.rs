//! Plays what a resolver may be told: answers of every kind, real and forged, and what may not be believed.

use super::{Asked, Refusal, denied, fetch, verdict};
use crate::conformance::Verdict;
use crate::conformance::case::{Case, Expect, Resolves};
use crate::conformance::policies::Policies;
use egret_egress::{Config, Danger, Detail, Dns, Egress, Nameservers, Redirect, Secrets, Silent, Timeouts};
use egret_policy::Policy;
use egret_testkit::{Authority, Record, Reply, Upstream, Zone, server_config};
use http::{HeaderMap, Method};
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// As many A records as fit into a DNS message of 64 KiB with their owner's name written out.
const MOST_RECORDS: usize = 1500;

/// The addresses that the kernel connected to, in its own belief.
type Dialled = Arc<Mutex<BTreeSet<SocketAddr>>>;

/// Runs a case and judges what came of it.
pub async fn play(case: &Case, resolves: &Resolves, policy: Arc<Policy>, policies: &Policies) -> Verdict {
    let url = format!("https://{}/v1/x", resolves.name);
    let (zone, authority) = (Zone::start(), Authority::new());
    script(&zone, resolves, policies);
    if resolves.mode.as_deref() == Some("explain") {
        let refused = policy.explain(&Method::GET, &url, &HeaderMap::new()).denial().is_some();
        return verdict(refused == (case.expect == Expect::Deny) && zone.queries().is_empty(), "explained otherwise, or asked DNS");
    }
    let peer = peer(resolves, &authority);
    let dialled = Dialled::default();
    let egress = match kernel(resolves, &zone, &authority, peer.address(), &dialled) {
        Ok(egress) => egress,
        Err(words) => return Verdict::Failed(words),
    };
    let asked = Asked { method: "GET".to_owned(), url, ..Asked::default() };
    let outcome = call(&egress, &asked, resolves, policy).await;
    let dialled = dialled.lock().unwrap_or_else(PoisonError::into_inner).clone();
    match outcome {
        Ok(outcome) => judge(case, resolves, outcome, &dialled, zone.queries().len()),
        Err(words) => Verdict::Failed(words),
    }
}

/// One call for each answer of a sequence; two where the first may bring something that the second must not believe. Only
/// the last one may fail, unless the sequence answers one lookup.
async fn call(egress: &Egress, asked: &Asked, resolves: &Resolves, policy: Arc<Policy>) -> Result<Result<(), Refusal>, String> {
    let calls = if believable(resolves) {
        2
    } else if mixed(resolves) {
        1
    } else {
        resolves.sequence.len().max(1)
    };
    for number in 1..calls {
        if let Err(refusal) = fetch(egress, asked, Redirect::Return, Arc::clone(&policy), Secrets::none()).await {
            if believable(resolves) {
                return Ok(Err(refusal));
            }
            return Err(format!("call {number} of {calls} failed already: {refusal}"));
        }
    }
    Ok(fetch(egress, asked, Redirect::Return, policy, Secrets::none()).await.map(drop))
}

fn judge(case: &Case, resolves: &Resolves, outcome: Result<(), Refusal>, dialled: &BTreeSet<SocketAddr>, queries: usize) -> Verdict {
    if resolves.assert_no_query && queries > 0 {
        return Verdict::Failed(format!("{queries} DNS queries left"));
    }
    let first = resolves.sequence.first().into_iter().flatten();
    let vetted: BTreeSet<SocketAddr> = resolves.answers.iter().chain(first).map(|address| SocketAddr::new(*address, 443)).collect();
    let stayed = dialled.is_subset(&vetted);
    match (case.expect, outcome) {
        (Expect::Deny, Ok(())) if believable(resolves) => verdict(stayed, "another address or port was dialled"),
        (Expect::Deny, Ok(())) => Verdict::Failed(format!("answered, after dialling {dialled:?}")),
        (Expect::Deny, Err(refusal)) if stayed => denied(case, &refusal, 0, 0, 0),
        (Expect::Deny, Err(refusal)) => Verdict::Failed(format!("dialled {dialled:?} before: {refusal}")),
        (Expect::Allow, Ok(())) => verdict(stayed && !dialled.is_empty(), "nothing was dialled, or something else"),
        (Expect::Allow, Err(refusal)) => Verdict::Failed(format!("got {refusal}")),
    }
}

/// An upstream that closes after each answer, so that every call looks the name up again.
fn peer(resolves: &Resolves, authority: &Authority) -> Upstream {
    let alternative = resolves.alt_svc.clone();
    Upstream::tls(server_config(authority.leaf(&[&resolves.name])), move |_| {
        let answer = http::Response::builder().header("connection", "close");
        let answer = alternative.iter().fold(answer, |answer, alternative| answer.header("alt-svc", alternative));
        let answer = answer.body("reached").unwrap_or_default();
        async { answer }
    })
}

fn kernel(resolves: &Resolves, zone: &Zone, authority: &Authority, place: SocketAddr, dialled: &Dialled) -> Result<Egress, String> {
    let dialled = Arc::clone(dialled);
    let redial = move |address| {
        dialled.lock().unwrap_or_else(PoisonError::into_inner).insert(address);
        place
    };
    let config = Config {
        roots: vec![authority.certificate_der()],
        nameservers: Nameservers::At(vec![zone.address()]),
        // A sequence of answers is one of calls: none of them may be kept for the next.
        dns: Dns { floor: Duration::ZERO, ..Dns::default() },
        // A machine's own table of names is judged as DNS is.
        hosts: resolves.hosts_file.iter().map(|(name, address)| (name.clone(), vec![*address])).collect(),
        own_addresses: resolves.local_interfaces.clone(),
        detail: Detail::Full,
        timeouts: Timeouts { dns: Duration::from_secs(1), ..Timeouts::default() },
        danger: Danger { redial: Some(Arc::new(redial)), ..Danger::default() },
        ..Config::default()
    };
    Egress::build(config, Arc::new(Silent)).map_err(|error| error.to_string())
}

/// Puts into the zone what the case says of its name.
fn script(zone: &Zone, resolves: &Resolves, policies: &Policies) {
    zone.time_to_live(resolves.ttl.unwrap_or(if resolves.sequence.is_empty() { 60 } else { 0 }));
    for domain in &resolves.search {
        zone.reply(&format!("{}.{domain}", resolves.name), records(&resolves.answers));
    }
    // A chain may begin with the name itself.
    let mut owner = resolves.name.clone();
    for alias in resolves.cname.iter().filter(|alias| **alias != resolves.name) {
        zone.alias(&owner, alias);
        owner.clone_from(alias);
    }
    zone.replies(&owner, replies(resolves, policies));
}

fn replies(resolves: &Resolves, policies: &Policies) -> Vec<Reply> {
    let addresses = || resolves.answers.iter().map(|address| Record::Address(*address)).collect::<Vec<_>>();
    let numbered = |index: usize| IpAddr::V4(Ipv4Addr::from(0x0101_0101 + u32::try_from(index).unwrap_or(0)));
    if resolves.rcode.as_deref() == Some("NXDOMAIN") {
        vec![Reply::NoSuchName]
    } else if resolves.truncated {
        vec![Reply::Truncated]
    } else if resolves.spoofed {
        vec![Reply::Forged(addresses())]
    } else if let Some(owner) = &resolves.owner {
        vec![Reply::Foreign(owner.clone(), addresses())]
    } else if resolves.answers_count > 0 {
        vec![records(&(0..resolves.answers_count.min(MOST_RECORDS)).map(numbered).collect::<Vec<_>>())]
    } else if mixed(resolves) {
        vec![records(&resolves.sequence.concat())]
    } else if !resolves.sequence.is_empty() {
        resolves.sequence.iter().map(|list| records(list)).collect()
    } else if resolves.assert_no_query {
        // The case says nothing of answers, because nobody may ask for them; if somebody does, there are some.
        vec![records(&policies.resolve(&resolves.name))]
    } else {
        vec![records(&resolves.answers)]
    }
}

fn records(addresses: &[IpAddr]) -> Reply {
    Reply::Records(addresses.iter().map(|address| Record::Address(*address)).collect())
}

/// Whether the case is about something that claims to know better than the addresses: dangerous only when it is believed.
fn believable(resolves: &Resolves) -> bool {
    resolves.https_rr.is_some() || resolves.alt_svc.is_some()
}

/// Whether the lists of a sequence are of different families: then they answer the two questions of one lookup.
fn mixed(resolves: &Resolves) -> bool {
    let families: BTreeSet<bool> = resolves.sequence.iter().flatten().map(IpAddr::is_ipv4).collect();
    families.len() > 1
}
