//! The line: how a request leaves. Read it from top to bottom; a redirect goes back to its start.
//!
//! draft ─ parse ─ decide ─▶ Permit ─ inject ─ pay ─ resolve ─ admit ─▶ Admitted ─ dial ─ tls ─ send ─ scrub ─ caps ─ audit ─▶ response

use crate::audit::{Attempt, Audit, Part};
use crate::body::Body;
use crate::budget::{Limits, Load, Paid, Tolls};
use crate::coding;
use crate::config::{BuildError, Config, Protocols};
use crate::connection::{Connection, Delivery, Sent, Wire};
use crate::decode::Decoder;
use crate::dial::dial;
use crate::draft::{Caller, Decode, Draft};
use crate::error::{Error, Phase, Reason};
use crate::inject::{self, Laden};
use crate::own::Own;
use crate::pool::{Key, Pool};
use crate::redirect::{self, Next};
use crate::resolve::Resolver;
use crate::scrub::Guard;
use crate::tls::{Protocol, Tls};
use egret_policy::{Denial, Permit, Request, RuleSpec, Scheme, Target};
use http::response::Parts;
use http::{HeaderMap, Method, StatusCode};
use hyper::body::Incoming;
use std::net::SocketAddr;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::time::timeout_at;

/// The kernel. Cheap to clone; all clones share connections and audit.
#[derive(Clone)]
pub struct Egress(Arc<Kernel>);

struct Kernel {
    config: Config,
    resolver: Resolver,
    tls: Tls,
    pool: Pool,
    tolls: Tolls,
    own: Own,
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

/// The head of one attempt's response and what belongs to it.
pub(crate) struct Answer {
    pub head: Parts,
    pub request: Request,
    /// The rule that allowed it.
    pub rule: Arc<RuleSpec>,
    pub generation: u64,
    pub lease: (Key, Connection),
    /// What the call holds until the body has ended.
    pub paid: Paid,
    /// Takes the content coding off; made once the response is known to be the caller's.
    pub decoder: Option<Decoder>,
    /// Looks through what comes back, where the origin has secrets.
    pub guard: Option<Guard>,
}

impl Egress {
    /// Builds the kernel. Must be called within a tokio runtime: the resolver is bound to it.
    ///
    /// # Errors
    /// What of the configuration cannot be used; nothing is left open (I9).
    pub fn build(config: Config, audit: Arc<dyn Audit>) -> Result<Self, BuildError> {
        let (resolver, tls) = (Resolver::build(&config)?, Tls::build(&config)?);
        let (pool, own) = (Pool::new(config.caps), Own::new(config.own_addresses.clone(), config.listeners.clone()));
        let tolls = Tolls::new(&config.limits);
        let kernel = Arc::new(Kernel { config, resolver, tls, pool, tolls, own, audit });
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
        for hop in 0..=u8::MAX {
            let caller = &caller.pinned();
            let guard = Guard::of(caller, &draft.url);
            // What is not decoded cannot be looked through.
            draft.decode = if guard.is_some() { Decode::Required } else { decode };
            let audit = Arc::clone(&self.0.audit);
            let mut attempt = Attempt::begin(audit, Arc::clone(&call), caller, hop, draft.method.clone());
            let answer = match timeout_at(caller.deadline, self.attempt(caller, &draft, &mut attempt)).await {
                Ok(answer) => answer,
                Err(_) => Err(Reason::Timeout(Phase::Total)),
            };
            let outcome = answer.and_then(|(mut answer, incoming)| {
                answer.guard = guard.clone();
                self.next(&draft, hop, &mut answer, &mut attempt).map(|next| (next, answer, incoming))
            });
            match outcome {
                Err(reason) => {
                    let reason = Guard::reason_of(guard.as_ref(), reason, &mut attempt);
                    return Err(self.fail(caller, &draft, attempt, reason));
                }
                Ok((Next::Follow(next), answer, _)) => {
                    attempt.whole();
                    hops.push(Hop { url: answer.request.target().to_url(), status: answer.head.status, headers: answer.head.headers });
                    draft = *next;
                }
                Ok((Next::Stay, mut answer, incoming)) => {
                    let (status, url) = (answer.head.status, answer.request.target().to_url());
                    let headers = std::mem::take(&mut answer.head.headers);
                    let decoded = answer.decoder.is_some();
                    let body = Body::new(*answer, incoming, attempt, self.clone(), caller.clone());
                    return Ok(Response { status, headers, decoded, url, hops, body });
                }
            }
        }
        // Not reached: the cap on redirects is a u8 and `redirect::next` refuses beyond it.
        Err(self.error(Reason::Timeout(Phase::Total), u8::MAX, ""))
    }

    /// Reads a response's head: where the call goes on, and how the body is read if it ends here. What the head echoes is masked.
    fn next(&self, draft: &Draft, hop: u8, answer: &mut Answer, attempt: &mut Attempt) -> Result<Next, Reason> {
        let Answer { head, request, rule, guard, .. } = answer;
        let (caps, sent) = (&self.0.config.caps, request.target());
        if let Some(guard) = guard.as_ref().filter(|_| redirect::is_followed(draft, head.status)) {
            guard.leads(&head.headers, attempt)?;
        }
        let next = redirect::next(draft, sent, rule, head.status, &head.headers, (hop, caps.redirects))?;
        match (&next, &guard) {
            (Next::Stay, _) => answer.decoder = coding::open(draft, &sent.host().to_string(), head, caps)?,
            (Next::Follow(next), Some(guard)) => guard.leads_to(&next.url, attempt)?,
            (Next::Follow(_), None) => {}
        }
        if let Some(guard) = guard {
            guard.fields(&mut head.headers, attempt);
        }
        Ok(next)
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

    /// One attempt, from the draft to the response's head.
    async fn attempt(&self, caller: &Caller, draft: &Draft, attempt: &mut Attempt) -> Result<(Box<Answer>, Incoming), Reason> {
        let (permit, generation) = self.decide(caller, draft, attempt)?;
        let laden = Laden::of(caller, &permit, draft)?;
        attempt.carries(laden.credential.as_ref());
        let most = self.0.config.caps.request_body;
        if laden.body.length().is_some_and(|length| length > most as u64) {
            return Err(Reason::RequestSize(most));
        }
        if draft.body.is_begun() {
            return Err(Reason::RequestBody("it was sent before"));
        }
        caller.budget.affords(laden.body.length().unwrap_or_default())?;
        let key = self.0.pool.key(caller, &permit, laden.credential.as_ref());
        let call = async {
            let paid = attempt.waited(Part::Queue, self.pay(caller, &permit)).await?;
            let sent = self.send(&key, &permit, &laden, (caller, attempt)).await;
            sent.map(|sent| (paid, sent)).map_err(|reason| laden.reason(reason))
        };
        let (paid, (response, connection)) = tokio::select! {
            biased;
            answer = call => answer?,
            denial = caller.grants.revoked(permit.request(), generation) => return Err(denial.into()),
        };
        attempt.answered(response.status());
        let (head, incoming) = response.into_parts();
        let rule = Arc::clone(permit.rule());
        let (request, lease) = (permit.into_request(), (key, connection));
        Ok((Box::new(Answer { head, request, rule, generation, lease, paid, decoder: None, guard: None }), incoming))
    }

    /// Parse and decide: a permit, and the generation of the grants that gave it.
    pub(crate) fn decide(&self, caller: &Caller, draft: &Draft, attempt: &mut Attempt) -> Result<(Permit, u64), Reason> {
        let request = Request::parse(draft.method.clone(), &draft.url, draft.headers.clone())?;
        attempt.targets(request.target());
        let asked = inject::asked(caller, draft, request.target());
        let request = request.with_auth(asked);
        let (policy, generation) = caller.grants.current();
        let permit = policy.decide(request)?;
        attempt.permitted(&permit);
        Guard::admit(caller, &permit)?;
        Ok((permit, generation))
    }

    /// Pays for a decided call, at once or after its turn in the line.
    pub(crate) async fn pay(&self, caller: &Caller, permit: &Permit) -> Result<Paid, Reason> {
        self.0.tolls.pay(caller, permit.target()).await
    }

    /// Sends on a kept connection or on a fresh one; once more where the peer has not begun to work on the request.
    async fn send(
        &self,
        key: &Key,
        permit: &Permit,
        laden: &Laden<'_>,
        (caller, attempt): (&Caller, &mut Attempt),
    ) -> Result<(http::Response<Incoming>, Connection), Reason> {
        let sent = Arc::clone(attempt.sent());
        let delivery = Delivery { permit, draft: laden, timeouts: &self.0.config.timeouts, budget: &caller.budget, sent: &sent };
        let mut kept = self.reuse(key, permit)?;
        for last in [false, true] {
            let (mut connection, reused) = match kept.take() {
                Some(kept) => (kept, true),
                // A future of its own: calls that need no connection do not carry the room for making one.
                None => (Box::pin(self.connect(key, permit, attempt)).await?, false),
            };
            attempt.connected(connection.peer(), reused);
            if let Sent::Response(response) = attempt.timed(Part::FirstByte, connection.send(delivery)).await? {
                return Ok((response, connection));
            }
            // What a kept one died of says nothing about the next, and a shared one may be full: a fresh one is as good as the
            // first. A fresh one of a single call that takes nothing is a peer that does not want to talk.
            if !reused && let Some(fault) = connection.fault().await {
                return Err(Reason::Tls(permit.target().host().to_string(), fault));
            }
            if last || !(reused || connection.is_shared()) {
                break;
            }
        }
        Err(Reason::ClosedEarly(permit.target().host().to_string()))
    }

    /// A fresh connection for a permit. Others of its key may join it, if it can be shared.
    async fn connect(&self, key: &Key, permit: &Permit, attempt: &mut Attempt) -> Result<Connection, Reason> {
        let caps = self.0.config.caps;
        let connection = match self.reach(permit, self.0.config.protocols, attempt).await? {
            (Wire::Plain(stream), peer) => Connection::open(stream, peer, Protocol::Http1, caps).await?,
            (Wire::Tls(stream, protocol), peer) => Connection::open(stream, peer, protocol, caps).await?,
        };
        self.0.pool.share(key, &connection);
        Ok(connection)
    }

    /// Resolve, admit, dial, TLS: a fresh stream for a permit.
    pub(crate) async fn reach(&self, permit: &Permit, protocols: Protocols, attempt: &mut Attempt) -> Result<(Wire, SocketAddr), Reason> {
        let kernel = &*self.0;
        let answers = attempt.waited(Part::Dns, kernel.resolver.resolve(permit)).await?;
        let admitted = permit.admit(&answers, &*self.surroundings(permit)?)?;
        let dialling = dial(&admitted, kernel.config.danger.redial.as_ref(), kernel.config.timeouts.connect);
        let (stream, peer) = attempt.timed(Part::Connect, dialling).await?;
        match admitted.target().scheme() {
            Scheme::Http => Ok((Wire::Plain(stream), peer)),
            Scheme::Https => {
                let spec = permit.rule().tls.as_ref();
                let shaking = kernel.tls.handshake(admitted.target(), spec, protocols.offered(), stream);
                let (stream, protocol) = attempt.timed(Part::Tls, shaking).await?;
                Ok((Wire::Tls(Box::new(stream), protocol), peer))
            }
        }
    }

    /// A kept connection of the same key, its peer judged again as if it were an answer of DNS.
    fn reuse(&self, key: &Key, permit: &Permit) -> Result<Option<Connection>, Reason> {
        let Some(connection) = self.0.pool.take(key) else { return Ok(None) };
        permit.admits(connection.peer().ip(), &*self.surroundings(permit)?)?;
        Ok(Some(connection))
    }

    fn surroundings(&self, permit: &Permit) -> Result<Arc<egret_policy::Surroundings>, Reason> {
        let unknown =
            |error: std::io::Error| Reason::Connect(permit.target().host().to_string(), format!("own addresses unknown: {error}"));
        self.0.own.surroundings().map_err(unknown)
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
            }
            None => return,
        }
    }
}
