//! One event per attempt, refused or not (I8): every hop is an attempt, linked to the others by the call's id.

mod timings;

pub(crate) use timings::Part;
pub use timings::Timings;

use crate::cache::Cached;
use crate::inject::Credential;
use crate::{Caller, Reason};
use egret_policy::{Change, Denial, Permit, RuleVersion, SecretName, Target};
use http::Method;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

/// Where events go. Called on the I/O threads: must not block.
pub trait Audit: Send + Sync + 'static {
    /// Takes one event.
    fn record(&self, event: Event);
}

/// Keeps nothing. For measurements and tests only.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Audit for Silent {
    fn record(&self, _: Event) {}
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A response came and was read to its end.
    Answered,
    /// A response came; the caller dropped it, or the whole call, before its end.
    Abandoned,
    /// It was refused or failed, with or without a response's head.
    Failed(Reason),
}

/// What an attempt was and how it ended. Never holds a query, a header's value or a secret.
#[derive(Clone, Debug)]
pub struct Event {
    /// When the attempt began.
    pub time: SystemTime,
    /// The call's id; hops of one call share it.
    pub call: Arc<str>,
    /// Who asked.
    pub caller: Caller,
    /// How many redirects came before.
    pub hop: u8,
    /// How many tries of the same hop came before.
    pub retries: u8,
    /// The method.
    pub method: Method,
    /// Where it went, without the query; `None` if the URL could not be read.
    pub target: Option<Target>,
    /// The path template of the rule that allowed it.
    pub route: Option<Arc<str>>,
    /// The version of that rule.
    pub rule: Option<RuleVersion>,
    /// What decided or answered in place of a rule or the network: `policy` for the policy hook, else a middleware's name, or `respond`.
    pub hook: Option<Arc<str>>,
    /// The secrets that went into it, by name.
    pub secrets: Vec<SecretName>,
    /// Secrets that came back from there, by name, in the order in which they came. A guest saw none of them.
    pub echoed: Vec<SecretName>,
    /// The address that was connected to.
    pub address: Option<SocketAddr>,
    /// Whether a kept connection was used.
    pub reused: bool,
    /// How a stored answer served it; `None` where the answer is the upstream's own.
    pub cached: Option<Cached>,
    /// The response's status.
    pub status: Option<u16>,
    /// How it ended.
    pub outcome: Outcome,
    /// In the report mode: the refusal that would have been.
    pub reported: Option<Denial>,
    /// The rule that would have allowed it, if one can.
    pub change: Option<Change>,
    /// Bytes of the request's body that went out, or were on their way in the connection's buffers.
    pub sent: u64,
    /// Bytes of the response's body.
    pub received: u64,
    /// From the beginning to the end of the attempt.
    pub took: Duration,
    /// The parts of that.
    pub timings: Timings,
}

/// An attempt under way. Emits its event exactly once: when it ends, or when it is dropped, however that comes about.
pub(crate) struct Attempt {
    audit: Arc<dyn Audit>,
    began: Instant,
    hop: u8,
    /// On the heap: an attempt is moved with its response, several times.
    event: Option<Box<Event>>,
    /// Counted by the body itself: it goes out while the attempt waits.
    sent: Arc<AtomicU64>,
}

impl Attempt {
    pub fn begin(audit: Arc<dyn Audit>, call: Arc<str>, caller: &Caller, hop: u8, method: Method) -> Self {
        let event = Event {
            time: SystemTime::now(),
            call,
            caller: caller.clone(),
            hop,
            retries: 0,
            method,
            target: None,
            route: None,
            hook: None,
            rule: None,
            secrets: Vec::new(),
            echoed: Vec::new(),
            address: None,
            reused: false,
            cached: None,
            status: None,
            outcome: Outcome::Abandoned,
            reported: None,
            change: None,
            sent: 0,
            received: 0,
            took: Duration::ZERO,
            timings: Timings::default(),
        };
        Self { audit, began: Instant::now(), hop, event: Some(Box::new(event)), sent: Arc::default() }
    }

    /// Says how many tries of the hop came before.
    pub fn follows(&mut self, tries: u8) {
        self.edit(|event| event.retries = tries);
    }

    pub fn targets(&mut self, target: &Target) {
        self.edit(|event| event.target = Some(target.without_query()));
    }

    pub fn permitted(&mut self, permit: &Permit) {
        self.edit(|event| {
            (event.route, event.rule) = (Some(Arc::clone(permit.route())), Some(permit.rule_version()));
            event.reported = permit.reported().cloned();
            event.hook = permit.is_by_hook().then(|| "policy".into());
        });
    }

    /// A hook answered, and nothing was sent.
    pub fn answered_by(&mut self, name: Arc<str>, status: Option<http::StatusCode>) {
        self.edit(|event| {
            event.hook = Some(name);
            event.status = status.map(|status| status.as_u16());
            event.outcome = Outcome::Answered;
        });
    }

    pub fn carries(&mut self, credential: Option<&Credential>) {
        self.edit(|event| event.secrets.extend(credential.map(|credential| credential.identity().name.clone())));
    }

    pub fn echoed(&mut self, names: &[SecretName]) {
        self.edit(|event| {
            let fresh: Vec<_> = names.iter().filter(|name| !event.echoed.contains(name)).cloned().collect();
            event.echoed.extend(fresh);
        });
    }

    pub fn connected(&mut self, peer: SocketAddr, reused: bool) {
        self.edit(|event| (event.address, event.reused) = (Some(peer), reused));
    }

    pub fn answered(&mut self, status: http::StatusCode) {
        self.edit(|event| event.status = Some(status.as_u16()));
    }

    /// A stored answer served it.
    pub fn cached(&mut self, how: Cached, status: http::StatusCode) {
        self.edit(|event| (event.cached, event.status) = (Some(how), Some(status.as_u16())));
    }

    pub fn received(&mut self, bytes: u64) {
        self.edit(|event| event.received += bytes);
    }

    pub fn whole(&mut self) {
        self.edit(|event| event.outcome = Outcome::Answered);
    }

    /// Another attempt tells of it.
    pub fn forget(mut self) {
        self.event = None;
    }

    pub fn failed(&mut self, reason: &Reason, change: Option<Change>) {
        self.edit(|event| (event.outcome, event.change) = (Outcome::Failed(reason.clone()), change));
    }

    /// Emits the event now: the attempt is over although its owner lives on.
    pub fn end(&mut self) {
        if let Some(mut event) = self.event.take() {
            event.took = self.began.elapsed();
            event.sent = self.sent.load(Ordering::Relaxed);
            self.audit.record(*event);
        }
    }

    /// Where the request's body counts what goes out.
    pub fn sent(&self) -> &Arc<AtomicU64> {
        &self.sent
    }

    pub fn hop(&self) -> u8 {
        self.hop
    }

    fn edit(&mut self, change: impl FnOnce(&mut Event)) {
        self.event.as_deref_mut().map(change);
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        self.end();
    }
}
