//! What must not be sent: a secret where it was not granted, under a name that is none, in a value that cannot go.

use super::stage::{Came, PATH, Scene, Stage};
use super::{Played, verdict};
use crate::conformance::Verdict;
use crate::conformance::case::Flow;
use bytes::Bytes;
use egret_egress::Draft;
use egret_testkit::Step;
use http::{HeaderName, HeaderValue, Method};

/// What an upstream says that is asked all the same.
const ANSWER: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

fn answering(stage: &Stage, host: &str) -> Result<Scene, String> {
    stage.set(&[host], vec![vec![Step::ExpectHead, Step::send(ANSWER), Step::Hold]], |_| {})
}

/// Refused under one of these codes, before anything was sent.
fn unsent(scene: &Scene, came: &Came, codes: &[&str]) -> Verdict {
    match &came.code {
        None => Verdict::Failed("it was answered".to_owned()),
        Some(code) if !codes.iter().any(|prefix| code.starts_with(prefix)) => {
            Verdict::Failed(format!("refused for another reason: {code}"))
        }
        Some(code) if scene.peer.connections() > 0 => Verdict::Failed(format!("refused with {code}, but the upstream was asked")),
        Some(_) => Verdict::Passed,
    }
}

/// Parts of a response.
pub async fn ranges(stage: &Stage, flow: &Flow) -> Played {
    for range in &flow.ranges {
        let scene = answering(stage, &stage.host)?;
        let mut draft = stage.wishing();
        draft.headers.insert("range", HeaderValue::try_from(format!("bytes={range}")).map_err(|error| error.to_string())?);
        let judged = unsent(&scene, &scene.ask(draft).await, &["policy.auth.range"]);
        if judged != Verdict::Passed {
            return Ok(Some(judged));
        }
    }
    Ok(Some(Verdict::Passed))
}

/// A host that the secret is not granted to, allowed by the policy or not.
pub async fn elsewhere(stage: &Stage, flow: &Flow) -> Played {
    let Some(host) = flow.host.as_deref() else { return Ok(None) };
    let scene = answering(stage, host)?;
    let came = scene.ask(stage.wishing_for(stage.name.as_str(), &format!("https://{host}{PATH}"))).await;
    Ok(Some(unsent(&scene, &came, &["policy.rule.no_host", "egress.auth.unavailable"])))
}

/// A placeholder in a URL, or a URL without TLS.
pub async fn written(stage: &Stage, flow: &Flow) -> Played {
    let Some(url) = flow.url.as_deref().map(|url| stage.held(url)) else { return Ok(None) };
    let scene = answering(stage, &stage.host)?;
    // The secret is granted for a header, so a wish for one changes nothing about what the URL holds.
    let draft = if url.starts_with("http:") { stage.wishing_for(stage.name.as_str(), &url) } else { stage.draft(&url) };
    let came = scene.ask(draft).await;
    Ok(Some(unsent(&scene, &came, &["policy.auth.misplaced", "policy.name.", "policy.rule.scheme", "policy.target.host"])))
}

/// A placeholder in a body that no secret goes into.
pub async fn body(stage: &Stage, flow: &Flow) -> Played {
    let Some(body) = flow.body.as_deref().map(|body| stage.held(body)) else { return Ok(None) };
    let scene = answering(stage, &stage.host)?;
    let bearer = stage.secret(&egret_policy::Place::Bearer, &stage.value);
    scene.caller.secrets.replace(vec![bearer]);
    let draft = Draft { method: Method::POST, body: Bytes::from(body).into(), ..stage.draft(&format!("https://{}{PATH}", stage.host)) };
    let came = scene.ask(draft).await;
    Ok(Some(unsent(&scene, &came, &["policy.auth.misplaced"])))
}

/// A placeholder in two halves, which stands for nothing: the value must not come of it.
pub async fn split(stage: &Stage) -> Played {
    let scene = answering(stage, &stage.host)?;
    let held = stage.placeholder();
    let (one, two) = held.split_at(held.len() / 2);
    let mut draft = stage.draft(&format!("https://{}{PATH}", stage.host));
    for (name, half) in [("x-one", one), ("x-two", two)] {
        draft.headers.insert(name, HeaderValue::try_from(half).map_err(|error| error.to_string())?);
    }
    let came = scene.ask(draft).await;
    Ok(Some(verdict(!scene.received().contains(&stage.value) && !came.told.contains(&stage.value), "the halves were made whole")))
}

/// Credentials of the guest's own.
pub async fn own_fields(stage: &Stage, flow: &Flow) -> Played {
    let scene = answering(stage, &stage.host)?;
    let wishes = flow.inject.as_deref() != Some("none");
    let mut draft = if wishes { stage.wishing() } else { stage.draft(&format!("https://{}{PATH}", stage.host)) };
    for (name, value) in &flow.headers {
        let name = HeaderName::try_from(name).map_err(|error| error.to_string())?;
        draft.headers.append(name, HeaderValue::try_from(value).map_err(|error| error.to_string())?);
    }
    let came = scene.ask(draft).await;
    Ok(Some(unsent(&scene, &came, if wishes { &["policy.auth.conflict"] } else { &["policy.auth.required"] })))
}

/// Names that are none, another app's, or not granted: all of them alike.
pub async fn named(stage: &Stage, flow: &Flow) -> Played {
    let names: Vec<&String> = flow.probe.iter().chain(&flow.secret).collect();
    let mut faces = Vec::new();
    for name in names {
        let scene = answering(stage, &stage.host)?;
        if flow.app.is_some() {
            scene.caller.secrets.replace(Vec::new());
        }
        let draft = stage.wishing_for(name, &format!("https://{}{PATH}", stage.host));
        let url = draft.url.clone();
        let error = match scene.egress.fetch(&scene.caller, draft).await {
            Ok(response) => return Ok(Some(Verdict::Failed(format!("{url} answered {}", response.status)))),
            Err(error) => error,
        };
        if scene.peer.connections() > 0 || error.path() != "egress.auth.unavailable" {
            return Ok(Some(Verdict::Failed(format!("{} with {} connections", error.path(), scene.peer.connections()))));
        }
        faces.push(format!("{} {:?} {}", error.code().as_str(), error.phase(), error.retryable()));
    }
    faces.dedup();
    Ok(Some(verdict(faces.len() == 1, "the guest can tell which of them there is")))
}

/// A value that cannot stand in its place.
pub async fn unfit(stage: &Stage, flow: &Flow) -> Played {
    let Some(value) = flow.secret_value.as_deref() else { return Ok(None) };
    let scene = answering(stage, &stage.host)?;
    scene.caller.secrets.replace(vec![stage.secret(&stage.place, value)]);
    let came = scene.ask(stage.wishing()).await;
    let judged = unsent(&scene, &came, &["egress.auth.unavailable"]);
    Ok(Some(judged))
}
