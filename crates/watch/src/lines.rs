//! Lines of the log: what an operator wants to find again by a request's or a call's id. No line holds a path, a query, a body or a
//! secret; a reason is told by its code, since its words may quote what a guest wrote.
//!
//! The spans around a line are made for it: what is told comes when a thing has ended, on whatever task that may be.

use crate::meters::outcome;
use crate::trace::Invoked;
use egret_egress::Event;
use egret_gateway::Answered;
use egret_policy::Target;
use tracing::{Level, Span, debug, enabled, error_span, info, warn};

/// The parts of the log, as a filter names them.
const CALL: &str = "egret::call";
const REQUEST: &str = "egret::request";
const INVOCATION: &str = "egret::invocation";
const TRACE: &str = "egret::trace";

/// A refusal is news for an owner; what the network does is not.
pub(crate) fn called(event: &Event) {
    if !enabled!(target: CALL, Level::INFO) {
        return;
    }
    let ((outcome, code), app, function) = (outcome(&event.outcome), &*event.caller.app, &*event.caller.function);
    let (origin, route) = (event.target.as_ref().map(Target::origin).unwrap_or_default(), event.route.as_deref().unwrap_or_default());
    let (method, hop, status, ms) = (event.method.as_str(), event.hop, event.status, millis(event.took));
    let request = request(&event.caller.invocation);
    let call = error_span!(target: CALL, parent: &request, "call", call = &*event.call);
    call.in_scope(|| match outcome {
        "refused" => info!(target: CALL, app, function, method, origin, code, "call refused"),
        _ => debug!(target: CALL, app, function, method, origin, route, hop, status, code, ms, "call {outcome}"),
    });
}

pub(crate) fn answered(answered: &Answered<'_>) {
    if !enabled!(target: REQUEST, Level::WARN) {
        return;
    }
    let (method, function, status, ms) = (answered.method.as_str(), answered.function, answered.status.as_u16(), millis(answered.took));
    request(answered.id.as_str()).in_scope(|| match answered.code {
        Some(code) if status >= 500 => warn!(target: REQUEST, method, function, status, code, ms, "request failed"),
        code => debug!(target: REQUEST, method, function, status, code, ms, "request answered"),
    });
}

pub(crate) fn invoked(run: &Invoked<'_>) {
    if enabled!(target: INVOCATION, Level::DEBUG) {
        let (app, function, end, ms) = (run.app, run.function, run.end, millis(run.took));
        request(run.request).in_scope(|| debug!(target: INVOCATION, app, function, end, ms, "invocation ended"));
    }
}

pub(crate) fn exported(spans: usize, failed: Option<&str>) {
    match failed {
        None => debug!(target: TRACE, spans, "spans exported"),
        Some(code) => warn!(target: TRACE, spans, code, "spans lost"),
    }
}

/// What every line of a request stands in. Of the highest level, so that no filter takes the id away from a line that it lets through.
fn request(id: &str) -> Span {
    error_span!(target: REQUEST, parent: None, "request", request = id)
}

fn millis(took: std::time::Duration) -> f64 {
    took.as_secs_f64() * 1e3
}
