//! A report as one JSON object, for programs.

use crate::show;
use egret_app::dev::Report;
use egret_egress::{Event, Outcome, Reason};
use egret_gateway::{Route, Routes};
use egret_policy::Change;
use serde_json::{Value, json};

/// One object with its kind as `event`.
pub(super) fn as_json(report: &Report<'_>) -> Value {
    match report {
        Report::Started { address, folder, routes, .. } => {
            let (app, mode) = (&folder.manifest.name, show::mode_name(&folder.manifest.mode));
            json!({ "event": "started", "address": address.to_string(), "app": app, "mode": mode, "routes": routes_json(routes) })
        }
        Report::Reloaded { folder, routes, .. } => {
            let (app, mode) = (&folder.manifest.name, show::mode_name(&folder.manifest.mode));
            json!({ "event": "reloaded", "app": app, "mode": mode, "routes": routes_json(routes) })
        }
        Report::ReloadFailed { error } => json!({ "event": "reload_failed", "message": error.to_string() }),
        Report::Warning { words } => json!({ "event": "warning", "message": words }),
        Report::Answered(answered) => json!({
            "event": "answered", "id": answered.id.as_str(), "method": answered.method.as_str(), "path": answered.path,
            "function": answered.function, "status": answered.status.as_u16(), "code": answered.code,
            "ms": answered.took.as_secs_f64() * 1e3, "failure": answered.failure.map(ToString::to_string),
        }),
        Report::Called(event) => call_json(event),
        Report::Console { invocation, function, level, text } => json!({
            "event": "console", "id": invocation.as_str(), "function": function, "level": format!("{level:?}").to_lowercase(), "text": text,
        }),
    }
}

fn routes_json(routes: &Routes) -> Value {
    let route = |route: &Route| json!({ "methods": route.methods.iter().map(http::Method::as_str).collect::<Vec<_>>(), "path": route.path, "file": &*route.file });
    routes.list().iter().map(route).collect()
}

/// One attempt of a call.
pub fn call_json(event: &Event) -> Value {
    let reason = if let Outcome::Failed(reason) = &event.outcome { Some(reason) } else { None };
    json!({
        "event": "called", "id": &*event.caller.invocation, "call": &*event.call, "hop": event.hop, "method": event.method.as_str(),
        "url": event.target.as_ref().map(ToString::to_string), "route": event.route.as_deref(), "address": event.address.map(|address| address.to_string()),
        "reused": event.reused, "status": event.status, "error": reason.map(|reason| reason.code().as_str()), "code": reason.map(Reason::path),
        "message": reason.map(ToString::to_string), "change": event.change.as_ref().map(Change::to_toml),
        "reported": event.reported.as_ref().map(|denial| denial.code().as_str()), "secrets": event.secrets.iter().map(egret_policy::SecretName::as_str).collect::<Vec<_>>(), "sent": event.sent, "received": event.received, "ms": event.took.as_secs_f64() * 1e3,
    })
}
