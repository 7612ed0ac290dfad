//! Plays what may happen around a secret. A deny means that its value is nowhere where a guest or a log could see it and that no
//! other upstream got it; so each scenario shows first that there was a value to see, or that nothing was sent at all.

mod echoes;
mod hooks;
mod refused;
mod sinks;
mod stage;

use super::verdict;
use crate::conformance::Verdict;
use crate::conformance::case::{Case, Expect, Flow};
use crate::conformance::policies::Policies;
use egret_egress::Secrets;
use stage::Stage;

/// Runs a case and judges what came of it.
pub async fn play(case: &Case, flow: &Flow, policies: &Policies) -> Verdict {
    let stage = match Stage::of(case, flow, policies) {
        Ok(stage) => stage,
        Err(words) => return Verdict::Skipped(words),
    };
    let place = flow.inject.as_deref().unwrap_or_default();
    let played = match (flow.shape()[..].as_ref(), place) {
        (
            [
                "response_body" | "response_headers" | "response_trailers" | "status_line" | "encoding" | "chunks" | "truncate_at_secret"
                | "oracle",
            ],
            _,
        ) => echoes::http(&stage, flow).await,
        (["ws_fragments"], _) => echoes::socket(&stage, flow).await,
        (["redirect_to"], _) => echoes::redirected(&stage, flow).await,
        (["error"], _) => echoes::failing(&stage, flow).await,
        (["sink"], _) => match flow.sink.as_deref() {
            Some("disk") => sinks::disk(&stage).await,
            Some("coredump") => sinks::dump(&stage).await,
            Some("proc_environ") => sinks::process(&stage).await,
            Some("js_object" | "js_timing") => sinks::guest(&stage).await,
            Some("middleware") => hooks::watched(&stage, policies, &case.policy).await,
            _ => echoes::told(&stage, flow).await,
        },
        (["ranges"], _) => refused::ranges(&stage, flow).await,
        (["host"] | ["response_body", "host"], _) => refused::elsewhere(&stage, flow).await,
        (["url"], _) => refused::written(&stage, flow).await,
        (["body"], _) => refused::body(&stage, flow).await,
        ([], "split") => refused::split(&stage).await,
        (["headers"], _) => refused::own_fields(&stage, flow).await,
        (["secret"] | ["probe"] | ["secret", "app"], _) => refused::named(&stage, flow).await,
        (["secret_value"], _) => refused::unfit(&stage, flow).await,
        (shape, place) => return Verdict::Skipped(format!("nothing here plays {} with {place:?}", shape.join(", "))),
    };
    match played {
        // What is sent back can be an echo or none. All else is an attempt, of which nothing but a deny is known.
        Ok(Some(Verdict::Passed)) if case.expect == Expect::Allow && !echoes::judges(flow) => {
            Verdict::Failed("what must not happen did not happen".to_owned())
        }
        Ok(Some(played)) => played,
        Ok(None) => Verdict::Skipped(format!("nothing here plays {flow:?}")),
        Err(words) => Verdict::Failed(words),
    }
}

/// What a scenario comes to: a verdict, `None` for values that it does not know, or what went wrong around it.
type Played = Result<Option<Verdict>, String>;

/// The secret of the corpus's policies, for an app that is not played here: what its origins send back is looked through. None
/// where the policies have no secret.
pub fn held(policies: &Policies) -> Secrets {
    Secrets::new(
        Stage::with(Expect::Deny, &Flow::default(), policies, "secret")
            .map(|stage| vec![stage.secret(&stage.place, &stage.value)])
            .unwrap_or_default(),
    )
}
