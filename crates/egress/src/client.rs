//! The face of the kernel: [`Egress::fetch`] and what comes of it. A call is a chain of hops; a redirect begins the next one from the start.
//!
//! `client/tries.rs` is one hop, `client/line.rs` the line itself: one try, from the draft to the response's head.

mod cached;
mod hooked;
mod line;
mod tries;

pub(crate) use line::{Answer, Came};

use crate::audit::{Attempt, Audit};
use crate::body::Body;
use crate::breaker::Breakers;
use crate::budget::{Limits, Load, Tolls};
use crate::cache::{Cache, CacheStats};
use crate::config::{BuildError, Config};
use crate::connection::Connection;
use crate::draft::{Caller, Draft};
use crate::error::{Error, Phase, Reason};
use crate::own::Own;
use crate::pool::{Key, Pool};
use crate::redirect::Next;
use crate::resolve::Resolver;
use crate::tls::Tls;
use egret_policy::{Denial, Request, Target};
use hooked::Passed;
use http::{HeaderMap, Method, StatusCode};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::time::Instant;
use tries::Arrival;

/// The kernel. Cheap to clone; all clones share connections and audit.
#[derive(Clone)]
pub struct Egress(Arc<Kernel>);

struct Kernel {
    config: Config,
    resolver: Resolver,
    tls: Tls,
    pool: Pool,
    tolls: Tolls,
    breakers: Arc<Breakers>,
    own: Own,
    cache: Arc<Cache>,
    audit: Arc<dyn Audit>,
}

/// A response whose body is still to be read.
#[derive(Debug)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// Header fields as the upstream sent them, echoes of secrets masked; fields of one name stay apart.
    pub headers: HeaderMap,
    /// Whether a content coding is taken off the body; `Content-Encoding` and `Content-Length` are then gone from the fields.
    pub decoded: bool,
    /// The canonical URL that answered.
    pub url: String,
    /// The answers on the way there, first to last; empty if no redirect was followed.
    pub hops: Vec<Hop>,
    /// The body.
    pub body: Body,
}

/// A redirect that was followed.
#[derive(Clone, Debug)]
pub struct Hop {
    /// The canonical URL that answered.
    pub url: String,
    /// The status, a 3xx.
    pub status: StatusCode,
    /// Header fields as the upstream sent them, echoes of secrets masked.
    pub headers: HeaderMap,
}

impl Egress {
    /// Builds the kernel. Must be called within a tokio runtime: the resolver is bound to it.
    ///
    /// # Errors
    /// What of the configuration cannot be used; nothing is left open (I9).
    pub fn build(config: Config, audit: Arc<dyn Audit>) -> Result<Self, BuildError> {
        let (resolver, tls) = (Resolver::build(&config)?, Tls::build(&config)?);
        let (pool, own) = (Pool::new(config.caps), Own::new(config.own_addresses.clone(), config.listeners.clone()));
        let (tolls, breakers) = (Tolls::new(&config.limits), Arc::default());
        let cache = Arc::new(Cache::new(config.caps.cache, config.danger.clock.clone()));
        let kernel = Arc::new(Kernel { config, resolver, tls, pool, tolls, breakers, own, cache, audit });
        tokio::spawn(sweep(Arc::downgrade(&kernel), kernel.config.caps.idle_time));
        Ok(Self(kernel))
    }

    /// Fetches what the caller's policy allows. Dropping the future ends the call at once.
    ///
    /// # Errors
    /// One error of the table in DESIGN 3.5, with the hop at which it happened.
    pub async fn fetch(&self, caller: &Caller, mut draft: Draft) -> Result<Response, Error> {
        let call: Arc<str> = ulid::Ulid::new().to_string().into();
        let mut hops = Vec::new();
        let decode = draft.decode;
        let until = draft.options.timeout.and_then(|most| Instant::now().checked_add(most));
        for hop in 0..=u8::MAX {
            let mut caller = caller.pinned();
            caller.deadline = until.map_or(caller.deadline, |until| until.min(caller.deadline));
            if let Some(permit) = self.handled(&caller, &draft, hop).await {
                match Box::pin(self.hooked(&caller, draft, decode, permit, (&call, hop))).await? {
                    Passed::Stay(response) => return Ok(Response { hops, ..response }),
                    Passed::Follow(next, answered) => {
                        hops.push(answered);
                        draft = *next;
                    }
                }
                continue;
            }
            let Arrival { next, mut answer, came, mut attempt } = self.hop(&mut caller, &mut draft, decode, (&call, hop)).await?;
            match next {
                Next::Follow(next) => {
                    attempt.whole();
                    let plan = answer.plan.take();
                    plan.filter(|_| came.is_over()).into_iter().for_each(|plan| plan.empty(&answer.head.headers));
                    hops.push(Hop { url: answer.request.target().to_url(), status: answer.head.status, headers: answer.head.headers });
                    draft = *next;
                }
                Next::Stay => {
                    let (status, url) = (answer.head.status, answer.request.target().to_url());
                    let headers = std::mem::take(&mut answer.head.headers);
                    let (decoded, body) = self.body(caller, *answer, &headers, came, attempt);
                    return Ok(Response { status, headers, decoded, url, hops, body });
                }
            }
        }
        // Not reached: the cap on redirects is a u8 and `redirect::next` refuses beyond it.
        Err(self.error(Reason::Timeout(Phase::Total), u8::MAX, ""))
    }

    /// The body of an answer that is the caller's, and whether a content coding is taken off it.
    fn body(&self, caller: Caller, mut answer: Answer, headers: &HeaderMap, came: Came, mut attempt: Attempt) -> (bool, Body) {
        match came {
            Came::Kept(kept) => {
                attempt.whole();
                (kept.decoded, Body::kept(kept, self.0.config.detail))
            }
            Came::Wire(incoming) => {
                let decoded = answer.decoder.is_some();
                let store = answer.plan.take().map(|plan| plan.store(headers, decoded));
                (decoded, Body::new(answer, incoming, attempt, self.clone(), caller, store))
            }
        }
    }

    /// What the cache holds, and did since the kernel was built.
    #[must_use]
    pub fn cache_stats(&self) -> CacheStats {
        self.0.cache.stats()
    }

    /// Drops stored answers: of an app or of all, of a host or of all. Returns how many there were.
    pub fn cache_clear(&self, app: Option<&str>, host: Option<&str>) -> usize {
        self.0.cache.clear(app, host)
    }

    /// Refuses what cannot even be drafted, such as a field that no message can hold: with the event that every refusal leaves (I8).
    pub fn refuse(&self, caller: &Caller, method: Method, url: &str, denial: Denial) -> Error {
        let (audit, call) = (Arc::clone(&self.0.audit), ulid::Ulid::new().to_string().into());
        let mut attempt = Attempt::begin(audit, call, caller, 0, method);
        if let Ok(target) = Target::parse(url) {
            attempt.targets(&target);
        }
        let reason = self.0.tolls.refused(&caller.app).err().unwrap_or_else(|| denial.into());
        attempt.failed(&reason, None);
        self.error(reason, 0, "")
    }

    /// Ends an attempt with its reason; for a refusal it finds the rule that would have allowed it.
    pub(crate) fn fail(&self, caller: &Caller, draft: &Draft, mut attempt: Attempt, mut reason: Reason) -> Error {
        let mut change = None;
        if reason.is_refusal() {
            reason = self.0.tolls.refused(&caller.app).err().unwrap_or(reason);
        }
        if let Some(denial) = reason.denial() {
            let (policy, _) = caller.grants.current();
            if let Ok(request) = Request::parse(draft.method.clone(), &draft.url, draft.headers.clone()) {
                change = policy.change_for(&request, denial);
                // The same refusal in full words: deciding says no more than the code.
                if let Some(full) = policy.refusal_in_words(&request).filter(|full| full.code() == denial.code()) {
                    reason = full.into();
                }
            }
        }
        let advice = change
            .as_ref()
            .map_or_else(String::new, |change| format!("\nto allow it, add to the manifest of {}:\n{}", caller.app, change.to_toml()));
        attempt.failed(&reason, change);
        self.error(reason, attempt.hop(), &advice)
    }

    pub(crate) fn error(&self, reason: Reason, hop: u8, advice: &str) -> Error {
        Error::new(reason, hop, self.0.config.detail, advice)
    }

    pub(crate) fn audit(&self) -> Arc<dyn Audit> {
        Arc::clone(&self.0.audit)
    }

    pub(crate) fn config(&self) -> &Config {
        &self.0.config
    }

    /// Puts other limits in place. What is under way stays; what waits goes on where there is room now.
    pub fn set_limits(&self, limits: &Limits) {
        self.0.tolls.set(limits);
    }

    /// How many calls are under way and waiting, now.
    #[must_use]
    pub fn load(&self) -> Load {
        self.0.tolls.load()
    }

    pub(crate) fn keep(&self, key: Key, connection: Connection) {
        self.0.pool.put(key, connection);
    }
}

/// Closes what rests too long, although nobody asks for it; ends with the kernel.
async fn sweep(kernel: Weak<Kernel>, idle_time: Duration) {
    loop {
        tokio::time::sleep(idle_time / 2).await;
        match kernel.upgrade() {
            Some(kernel) => {
                kernel.pool.sweep();
                kernel.tolls.sweep();
                kernel.breakers.sweep();
            }
            None => return,
        }
    }
}
