//! Traces: a request, its invocation and each attempt of its calls as spans, made of what is told when they end.
//!
//! Their ids are computed from the ids that requests and calls have anyway, so nothing is handed from one to the other: a trace's id
//! is the request's id in hexadecimal digits, unless the client brought a trace of its own.

mod collector;
mod encode;
mod export;
mod ids;
mod inbound;
mod span;

pub use collector::Collector;
pub use export::Exporter;

use crate::meters::{Meters, outcome};
use egret_egress::Event;
use egret_gateway::Answered;
use http::HeaderMap;
use ids::{SpanId, Trace};
use inbound::Inbound;
use span::{Kind, Span, Value, attribute};
use std::time::{Duration, SystemTime};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Apps whose names begin so are parts of the platform itself; no app of an owner can have such a name.
pub const PLATFORM: &str = "egret:";

/// Spans that wait for the exporter: some seconds of a busy server, a few MiB.
const WAITING: usize = 4_096;

/// Whether spans show the paths of what was called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Paths {
    /// No: paths can be secrets. The path template of the rule is there.
    #[default]
    Hidden,
    /// Yes, as they were sent, without the query.
    Shown,
}

/// Spans on their way to an exporter.
pub struct Waiting(Receiver<Span>);

/// Makes spans and puts them into the line.
pub(crate) struct Traces {
    paths: Paths,
    inbound: Inbound,
    line: Sender<Span>,
}

/// One invocation that ended.
pub(crate) struct Invoked<'a> {
    pub app: &'a str,
    pub request: &'a str,
    pub function: &'a str,
    pub began: SystemTime,
    pub took: Duration,
    pub end: &'static str,
}

impl Traces {
    pub fn new(paths: Paths) -> (Self, Waiting) {
        let (line, waiting) = channel(WAITING);
        (Self { paths, inbound: Inbound::default(), line }, Waiting(waiting))
    }

    /// Takes up the trace that a client brought with its request.
    pub fn begins(&self, request: &str, fields: &HeaderMap) {
        self.inbound.take_up(request, fields);
    }

    pub fn answered(&self, request: &Answered<'_>, meters: &Meters) {
        let (own, brought) = self.trace(request.id.as_str());
        let status = request.status.as_u16();
        let mut attributes = vec![
            attribute("http.request.method", method(request.method)),
            attribute("http.response.status_code", Value::from(u64::from(status))),
            attribute("egret.request_id", request.id.as_str()),
        ];
        attributes.extend(request.function.map(|function| attribute("egret.function", function)));
        attributes.extend(request.code.map(|code| attribute("error.type", code)));
        let name = [method(request.method), request.function.unwrap_or_default()].join(" ").trim_end().to_owned();
        let (end, failed) = (SystemTime::now(), status >= 500);
        let start = end.checked_sub(request.took).unwrap_or(end);
        let id = own.server();
        self.put(Span { trace: own.id, id, parent: brought, name, kind: Kind::Server, start, end, attributes, failed }, meters);
    }

    pub fn invoked(&self, run: &Invoked<'_>, meters: &Meters) {
        let (own, _) = self.trace(run.request);
        let failed = run.end != "answered";
        let mut attributes =
            vec![attribute("egret.app", run.app), attribute("egret.function", run.function), attribute("egret.request_id", run.request)];
        attributes.extend(failed.then(|| attribute("error.type", run.end)));
        let (id, name, end) = (own.invocation(), format!("invoke {}", run.function), run.began + run.took);
        let parent = Some(own.server());
        self.put(Span { trace: own.id, id, parent, name, kind: Kind::Internal, start: run.began, end, attributes, failed }, meters);
    }

    pub fn called(&self, event: &Event, meters: &Meters) {
        // What sends spans away would otherwise have spans of its own to send.
        if event.caller.app.starts_with(PLATFORM) {
            return;
        }
        let request = &event.caller.invocation;
        let (trace, parent) = if request.is_empty() {
            (Trace::of(&event.call).id, None)
        } else {
            let (own, _) = self.trace(request);
            (own.id, Some(own.invocation()))
        };
        let id = ids::attempt(&event.call, event.hop, event.time);
        let name = [method(&event.method), event.route.as_deref().unwrap_or_default()].join(" ").trim_end().to_owned();
        let failed = matches!(event.outcome, egret_egress::Outcome::Failed(_)) || event.status.is_some_and(|status| status >= 400);
        let (start, end, attributes) = (event.time, event.time + event.took, self.attributes(event));
        self.put(Span { trace, id, parent, name, kind: Kind::Client, start, end, attributes, failed }, meters);
    }

    fn attributes(&self, event: &Event) -> Vec<(&'static str, Value)> {
        let mut attributes = vec![
            attribute("http.request.method", method(&event.method)),
            attribute("egret.app", &*event.caller.app),
            attribute("egret.call", &*event.call),
            attribute("http.request.body.size", event.sent),
            attribute("http.response.body.size", event.received),
        ];
        if let Some(target) = &event.target {
            let path = if self.paths == Paths::Shown { target.path() } else { "/" };
            attributes.push(attribute("server.address", target.host().to_string()));
            attributes.push(attribute("server.port", u64::from(target.port())));
            attributes.push(attribute("url.full", [target.origin(), path].concat()));
        }
        if let Some(address) = event.address {
            attributes.push(attribute("network.peer.address", address.ip().to_string()));
            attributes.push(attribute("network.peer.port", u64::from(address.port())));
        }
        let code = Some(outcome(&event.outcome).1).filter(|code| !code.is_empty());
        attributes.extend(event.route.as_deref().map(|route| attribute("url.template", route)));
        attributes.extend(event.status.map(|status| attribute("http.response.status_code", u64::from(status))));
        attributes.extend((event.hop > 0).then(|| attribute("http.request.resend_count", u64::from(event.hop))));
        attributes.extend(code.map(|code| attribute("error.type", code)));
        attributes
    }

    /// The ids of a request's spans, and the client's span that it belongs to, if it brought one.
    fn trace(&self, request: &str) -> (Trace, Option<SpanId>) {
        let own = Trace::of(request);
        match self.inbound.of(request) {
            Some(brought) => (own.within(brought.trace), Some(brought.span)),
            None => (own, None),
        }
    }

    /// Never waits: what finds no room is counted.
    fn put(&self, span: Span, meters: &Meters) {
        if self.line.try_send(span).is_err() {
            meters.lost_spans(1);
        }
    }
}

/// The method as the semantic conventions want it: one that is known, or `_OTHER`.
fn method(method: &http::Method) -> &'static str {
    crate::label::known_method(method).unwrap_or("_OTHER")
}
