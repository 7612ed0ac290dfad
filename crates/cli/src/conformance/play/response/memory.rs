//! Fields that want to be remembered: another app's call goes out afterwards as the first one did, over https and over http.

use super::super::scripted::{HOST, Scene, URL, draft, ended};
use super::Stage;
use crate::conformance::Verdict;
use bytes::Bytes;
use egret_policy::{Policy, RuleSpec};
use egret_testkit::{Authority, Hostile, Step, server_config};
use http::Method;
use std::sync::Arc;

/// Three calls: the first one is told, another app's calls must not show that it was.
pub async fn play(stage: &Stage<'_>, head: Bytes) -> Result<Verdict, String> {
    let authority = Authority::new();
    let steps = vec![Step::ExpectHead, Step::Send(head)];
    let secure = Hostile::script_tls(server_config(authority.leaf(&[HOST])), steps.clone());
    let plain = Hostile::script(steps);
    let (over_tls, over_tcp) = (secure.address(), plain.address());
    let place = move |port| if port == 443 { over_tls } else { over_tcp };
    let scene = Scene::set(stage.policies, stage.limits, &authority, None, place)?;
    let url = URL.replacen("https", "http", 1);
    let mut calls = vec![("first", Arc::clone(&stage.policy), URL), ("second", Arc::clone(&stage.policy), URL)];
    calls.push(("second", open()?, &url));
    for (app, policy, url) in calls {
        let came = scene.ask(app, policy, draft(Method::GET, url)).await;
        match came.end {
            Ok(200) if came.url == url => {}
            Ok(status) => return Ok(Verdict::Failed(format!("{status} from {}", came.url))),
            Err(refusal) => return Ok(Verdict::Failed(format!("{app}: got {refusal}"))),
        }
    }
    let over = ended(&secure).await && ended(&plain).await;
    let heads = [secure.seen().received, plain.seen().received].concat();
    let alike = heads.len() == 3 && heads.iter().all(|head| *head == heads[0]);
    Ok(stage.holds(over && alike, "a later call went elsewhere, or says something else than the first"))
}

/// Plain http is decided by rules alone, so there has to be one that allows it.
fn open() -> Result<Arc<Policy>, String> {
    let rule = RuleSpec { https_only: false, ..RuleSpec::host(HOST) };
    Policy::builder().rule(rule).build().map(Arc::new).map_err(|faults| format!("{faults:?}"))
}
