//! What of an event waits in the ring, and the row that becomes of it. Who asked is kept by name only: neither its grants nor its
//! secrets live on in the ring.

use egret_egress::{Cached, Code, Door, Event, Outcome, Reason, Timings};
use egret_policy::{Change, Denial, Host, RuleVersion, Scheme, SecretName, Target};
use egret_store::{Attempt, Ended, Others};
use http::Method;
use std::borrow::Cow;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Bytes of a path that are kept.
const PATH: usize = 2_048;

/// An event without what nobody reads any more.
pub struct Record {
    time: SystemTime,
    call: Arc<str>,
    hop: u8,
    retries: u8,
    app: Arc<str>,
    function: Arc<str>,
    invocation: Arc<str>,
    door: Door,
    method: Method,
    target: Option<(Scheme, Host, u16)>,
    path: Option<String>,
    route: Option<Arc<str>>,
    rule: Option<RuleVersion>,
    /// What decided or answered in the rule's place.
    hook: Option<Arc<str>>,
    outcome: Outcome,
    /// On the heap: it is large, and few have one.
    change: Option<Box<Change>>,
    reported: Option<Denial>,
    address: Option<SocketAddr>,
    reused: bool,
    cached: Option<Cached>,
    status: Option<u16>,
    sent: u64,
    received: u64,
    took: Duration,
    timings: Timings,
    secrets: Vec<SecretName>,
    echoed: Vec<SecretName>,
    /// Whether words that may quote the path are kept.
    paths: bool,
}

impl Record {
    /// Takes an event; with its path if paths are kept.
    pub fn new(event: Event, paths: bool) -> Self {
        let target = event.target.as_ref().map(|target| (target.scheme(), target.host().clone(), target.port()));
        let path = event.target.as_ref().filter(|_| paths).map(|target| shortened(target).to_owned());
        // The lines that would allow a request name its path, unless they allow the whole host.
        let change = event.change.filter(|change| paths || change.rule.routes.is_none()).map(Box::new);
        Self {
            time: event.time,
            call: event.call,
            hop: event.hop,
            retries: event.retries,
            app: event.caller.app,
            function: event.caller.function,
            invocation: event.caller.invocation,
            door: event.caller.door,
            method: event.method,
            target,
            path,
            route: event.route,
            rule: event.rule,
            hook: event.hook,
            outcome: event.outcome,
            change,
            reported: event.reported,
            address: event.address,
            reused: event.reused,
            cached: event.cached,
            status: event.status,
            sent: event.sent,
            received: event.received,
            took: event.took,
            timings: event.timings,
            secrets: event.secrets,
            echoed: event.echoed,
            paths,
        }
    }

    /// About what it holds of memory. The words of a denial, and a rule, may repeat the path.
    pub fn size(&self) -> usize {
        let path = self.path.as_ref().map_or(0, String::len) * if self.change.is_some() { 3 } else { 1 };
        let words = if let Outcome::Failed(Reason::Denied(denial)) = &self.outcome { denial.message().len() } else { 0 };
        size_of::<Self>() + path + words
    }

    /// The row.
    pub fn into_attempt(self) -> Attempt {
        let reason = if let Outcome::Failed(reason) = &self.outcome { Some(reason) } else { None };
        let (code, words) = (reason.map(|reason| reason.path().into()), reason.map(|reason| words(reason, self.paths).into_owned()));
        Attempt {
            time: self.time,
            hop: self.hop,
            door: Some(self.door.as_str().into()),
            method: method(&self.method),
            scheme: self.target.as_ref().map(|(scheme, ..)| scheme.as_str().into()),
            host: self.target.as_ref().map(|(_, host, _)| text(host)),
            port: self.target.as_ref().map(|(.., port)| *port),
            rule: self.hook.map(|name| format!("hook:{name}").into()).or_else(|| self.rule.map(|version| version.to_string().into())),
            ended: ended(&self.outcome),
            code,
            words,
            change: self.change.as_ref().map(|change| change.to_toml()),
            reported: self.reported.map(|denial| denial.code().as_str().into()),
            address: self.address.map(|address| address.to_string()),
            reused: self.reused,
            cached: self.cached.is_some_and(|how| how != Cached::Absent),
            cache: self.cached.map(|how| how.as_str().into()),
            hook: None,
            retries: self.retries,
            status: self.status,
            sent: self.sent,
            received: self.received,
            took: self.took,
            timings: parts(&self.timings),
            secrets: names(&self.secrets),
            echoed: names(&self.echoed),
            weight: 1,
            others: Others::default(),
            call: self.call,
            app: self.app,
            function: self.function,
            invocation: self.invocation,
            route: self.route,
            path: self.path,
        }
    }
}

fn parts(timings: &Timings) -> egret_store::Timings {
    let Timings { queue, dns, connect, tls, first_byte } = *timings;
    egret_store::Timings { queue, dns, connect, tls, first_byte }
}

fn ended(outcome: &Outcome) -> Ended {
    match outcome {
        Outcome::Answered => Ended::Answered,
        Outcome::Abandoned => Ended::Abandoned,
        Outcome::Failed(reason) if matches!(reason.code(), Code::Blocked | Code::Auth) => Ended::Refused,
        Outcome::Failed(_) => Ended::Failed,
    }
}

/// The owner's words. Those of a denial may quote the path, but for those about an address; what the code means stands in for them.
fn words(reason: &Reason, paths: bool) -> Cow<'static, str> {
    match reason.denial() {
        Some(denial) if !paths && denial.address().is_none() => denial.code().about().into(),
        _ => reason.to_string().into(),
    }
}

fn method(method: &Method) -> Cow<'static, str> {
    let standard = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::HEAD, Method::OPTIONS];
    let names = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    let known = standard.iter().position(|known| known == method);
    known.map_or_else(|| method.as_str().to_owned().into(), |at| names[at].into())
}

fn text(host: &Host) -> Arc<str> {
    match host {
        Host::Name(name) => name.as_str().into(),
        Host::V4(_) | Host::V6(_) => host.to_string().into(),
    }
}

fn names(names: &[SecretName]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

/// A canonical path is ASCII, so it may be cut anywhere.
fn shortened(target: &Target) -> &str {
    let path = target.path();
    path.get(..PATH).unwrap_or(path)
}
