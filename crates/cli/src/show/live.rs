//! What `egret dev` prints as it happens.

use super::{indented, printable};
use egret_app::config::Folder;
use egret_app::dev::{Report, Reporter};
use egret_egress::{Event, Outcome};
use egret_gateway::{Answered, Routes};
use egret_policy::RuleSpec;
use egret_runtime::Failure;
use egret_runtime_js::Level;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::Write as _;

/// Writes reports to standard output; a closed pipe is nobody's fault.
pub struct Terminal {
    /// One JSON object a line instead of text.
    pub json: bool,
}

impl Reporter for Terminal {
    fn report(&self, report: Report<'_>) {
        let text = if self.json { format!("{}\n", as_json(&report)) } else { as_text(&report) };
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }
}

fn as_text(report: &Report<'_>) -> String {
    match report {
        Report::Started { address, folder, routes } => {
            format!("{} on http://localhost:{}\n{}", folder.manifest.name, address.port(), served(folder, routes))
        }
        Report::Reloaded { folder, routes } => format!("reloaded\n{}", served(folder, routes)),
        Report::ReloadFailed { error } => format!("not reloaded; what was served before still is\n{error}\n"),
        Report::Warning { words } => format!("warning: {words}\n"),
        Report::Answered(answered) => answer(answered),
        Report::Called(event) => call(event),
        Report::Console { function, level, text, .. } => indented(&printable(text), &format!("  {function} {}| ", mark(*level))),
    }
}

fn mark(level: Level) -> &'static str {
    match level {
        Level::Debug => "debug ",
        Level::Info => "",
        Level::Warn => "warn ",
        Level::Error => "error ",
    }
}

fn served(folder: &Folder, routes: &Routes) -> String {
    let mut out = String::from("routes\n");
    for route in routes.list() {
        let methods: Vec<&str> = route.methods.iter().map(http::Method::as_str).collect();
        let methods = if methods.len() >= 7 { "any".to_owned() } else { methods.join(",") };
        let _ = writeln!(out, "  {methods:<8} {:<24} {}", route.path, route.file);
    }
    out.push_str("grants\n");
    let manifest = &folder.manifest;
    if manifest.net.is_empty() && manifest.dev_net.is_empty() {
        out.push_str("  nothing: every call will be refused\n");
    }
    manifest.net.iter().for_each(|rule| out.push_str(&grant(rule, "")));
    manifest.dev_net.iter().for_each(|rule| out.push_str(&grant(rule, " (development only)")));
    for upstream in &manifest.upstreams {
        let _ = writeln!(out, "stand-in\n  https://{}:{} answers from {}/", upstream.host, upstream.port, upstream.functions);
    }
    out
}

fn grant(rule: &RuleSpec, note: &str) -> String {
    let verb = if rule.deny { "refuse" } else { "allow " };
    let ports = rule.ports.iter().flatten().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let ports = if ports.is_empty() { ports } else { format!(":{ports}") };
    let scheme = if rule.https_only { "https://" } else { "http(s)://" };
    let routes = rule
        .routes
        .as_ref()
        .map_or_else(String::new, |routes| format!(" {}", routes.iter().map(|route| route.path.as_str()).collect::<Vec<_>>().join(" ")));
    let private = if rule.private.is_empty() { String::new() } else { format!(", may be at {}", rule.private.join(", ")) };
    format!("  {verb} {scheme}{}{ports}{routes}{private}{note}\n", rule.host)
}

fn answer(answered: &Answered<'_>) -> String {
    let Answered { id, method, path, status, took, .. } = answered;
    let code = answered.code.map_or_else(String::new, |code| format!(" {code}"));
    let mut out = format!("{method} {} {}{code} {:.1} ms {id}\n", printable(path), status.as_u16(), took.as_secs_f64() * 1e3);
    match answered.failure {
        // The call itself was shown in full when it was refused or failed.
        Some(Failure::Thrown(thrown)) if thrown.net.is_some() => out.push_str(&indented(&printable(&thrown.stack), "  uncaught ")),
        Some(Failure::Thrown(thrown)) => {
            out.push_str(&indented(&printable(&thrown.to_string()), "  "));
            out.push_str(&indented(&printable(&thrown.stack), "    "));
        }
        Some(failure) => out.push_str(&indented(&printable(&failure.to_string()), "  ")),
        None => {}
    }
    out
}

fn call(event: &Event) -> String {
    let target = event.target.as_ref().map_or_else(|| "(unreadable URL)".to_owned(), ToString::to_string);
    let hop = if event.hop > 0 { format!(" hop {}", event.hop) } else { String::new() };
    let status = event.status.map_or_else(String::new, |status| format!(" {status}"));
    let address = event.address.map_or_else(String::new, |address| format!(" at {address}"));
    let method = printable(event.method.as_str());
    let head = format!("{method} {target}{hop}{status}{address} {:.1} ms", event.took.as_secs_f64() * 1e3);
    match &event.outcome {
        Outcome::Answered => format!("  -> {head}, {} bytes\n", event.received),
        Outcome::Abandoned => format!("  -> {head}, dropped after {} bytes\n", event.received),
        Outcome::Failed(reason) => {
            let verb = if reason.denial().is_some() { "refused" } else { "failed" };
            let mut out =
                format!("  -> {verb} {head}\n     {} {} [{}]\n", reason.code().as_str(), printable(&reason.to_string()), reason.path());
            if let Some(change) = &event.change {
                let _ = write!(out, "     to allow it, add to egret.toml:\n{}", indented(&change.to_toml(), "       "));
            }
            out
        }
    }
}

fn as_json(report: &Report<'_>) -> Value {
    match report {
        Report::Started { address, folder, routes } => {
            json!({ "event": "started", "address": address.to_string(), "app": folder.manifest.name, "routes": routes_json(routes) })
        }
        Report::Reloaded { folder, routes } => json!({ "event": "reloaded", "app": folder.manifest.name, "routes": routes_json(routes) }),
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
    let route = |route: &egret_gateway::Route| json!({ "methods": route.methods.iter().map(http::Method::as_str).collect::<Vec<_>>(), "path": route.path, "file": &*route.file });
    routes.list().iter().map(route).collect()
}

fn call_json(event: &Event) -> Value {
    let reason = if let Outcome::Failed(reason) = &event.outcome { Some(reason) } else { None };
    json!({
        "event": "called", "id": &*event.caller.invocation, "call": &*event.call, "hop": event.hop, "method": event.method.as_str(),
        "url": event.target.as_ref().map(ToString::to_string), "route": event.route.as_deref(), "address": event.address.map(|address| address.to_string()),
        "reused": event.reused, "status": event.status, "error": reason.map(|reason| reason.code().as_str()), "code": reason.map(egret_egress::Reason::path),
        "message": reason.map(ToString::to_string), "change": event.change.as_ref().map(egret_policy::Change::to_toml),
        "sent": event.sent, "received": event.received, "ms": event.took.as_secs_f64() * 1e3,
    })
}
