//! The line: how a request leaves. Read it from top to bottom; a redirect, and another try, go back to its start.
//!
//! draft ─ parse ─ decide ─▶ Permit ─ inject ─ cache? ─ pay ─ resolve ─ admit ─▶ Admitted ─ dial ─ tls ─ send ─ scrub ─ caps ─ audit ─▶ response

use super::Egress;
use crate::audit::{Attempt, Part};
use crate::budget::Paid;
use crate::cache::{Kept, Plan};
use crate::config::Protocols;
use crate::connection::{Connection, Delivery, Sent, Wire};
use crate::decode::Decoder;
use crate::dial::dial;
use crate::draft::{CacheMode, Caller, Draft};
use crate::error::{HookFault, Reason};
use crate::hooks;
use crate::inject::{self, Laden};
use crate::pool::Key;
use crate::request_body::RequestBody;
use crate::scrub::Guard;
use crate::tls::Protocol;
use egret_policy::{Code, Decision, Denial, Permit, Request, RuleSpec, Scheme, Target};
use http::Method;
use http::response::Parts;
use hyper::body::Incoming;
use std::net::{IpAddr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;

/// The head of one attempt's response and what belongs to it.
pub(crate) struct Answer {
    pub head: Parts,
    pub request: Request,
    /// The rule that allowed it.
    pub rule: Arc<RuleSpec>,
    pub generation: u64,
    /// The connection, and what the call holds, until the body has ended; none where nothing was sent.
    pub held: Option<((Key, Connection), Paid)>,
    /// What of it is to be stored.
    pub plan: Option<Plan>,
    /// The most bytes that its body may have.
    pub most: u64,
    /// Takes the content coding off; made once the response is known to be the caller's.
    pub decoder: Option<Decoder>,
    /// Looks through what comes back, where the origin has secrets.
    pub guard: Option<Guard>,
}

/// Where a response's body comes from.
pub(crate) enum Came {
    Wire(Incoming),
    /// It was stored.
    Kept(Kept),
}

/// A decided draft with its secret.
pub(super) struct Decided<'a> {
    pub permit: Permit,
    pub generation: u64,
    pub laden: Laden<'a>,
}

impl Egress {
    /// One try, from what was decided to the response's head.
    pub(super) async fn attempt(
        &self,
        caller: &Caller,
        draft: &Draft,
        (permit, generation): (Permit, u64),
        attempt: &mut Attempt,
    ) -> Result<(Box<Answer>, Came), Reason> {
        let laden = Laden::of(caller, &permit, draft)?;
        attempt.carries(laden.credential.as_ref());
        judge_body(&permit, draft)?;
        // On the heap: it is handed through the functions of a try, each of which would have room for it.
        let decided = Box::new(Decided { permit, generation, laden });
        if let Some(spec) = decided.permit.rule().cache {
            // A future of its own: calls that keep nothing do not carry the room for it.
            return Box::pin(self.cached(caller, draft, attempt, decided, spec)).await;
        }
        if draft.cache.mode == CacheMode::OnlyIfCached {
            return self.spent(&decided).answered(Kept::absent(), attempt);
        }
        let (answer, incoming) = self.spared(caller, attempt, decided).await?;
        Ok((answer, Came::Wire(incoming)))
    }

    /// Parse, decide, inject.
    pub(super) async fn decided<'a>(&self, caller: &Caller, draft: &'a Draft, attempt: &mut Attempt) -> Result<Box<Decided<'a>>, Reason> {
        let (permit, generation) = self.decide(caller, draft, attempt).await?;
        let laden = Laden::of(caller, &permit, draft)?;
        Ok(Box::new(Decided { permit, generation, laden }))
    }

    /// The rest of the line: what was decided goes out.
    pub(super) async fn outward(
        &self,
        caller: &Caller,
        attempt: &mut Attempt,
        decided: Box<Decided<'_>>,
    ) -> Result<(Box<Answer>, Incoming), Reason> {
        let Decided { permit, generation, laden } = &*decided;
        let draft = laden.draft;
        let most = self.0.config.caps.request_body;
        if laden.body.length().is_some_and(|length| length > most as u64) {
            return Err(Reason::RequestSize(most));
        }
        if draft.body.is_begun() {
            return Err(Reason::RequestBody("it was sent before"));
        }
        caller.budget.affords(laden.body.length().unwrap_or_default())?;
        let key = self.0.pool.key(caller, permit, laden.credential.as_ref());
        let call = async {
            let paid = attempt.waited(Part::Queue, pin!(self.pay(caller, permit))).await?;
            let sent = self.send(&key, permit, laden, (caller, attempt)).await;
            sent.map(|sent| (paid, sent)).map_err(|reason| laden.reason(reason))
        };
        let (paid, (response, connection)) = tokio::select! {
            biased;
            answer = call => answer?,
            denial = caller.grants.revoked(permit.request(), *generation) => return Err(denial.into()),
        };
        attempt.answered(response.status());
        let (head, incoming) = response.into_parts();
        if !permit.method().is_safe() && (head.status.is_success() || head.status.is_redirection()) {
            self.0.cache.invalidate(&caller.app, permit.target(), &head.headers);
        }
        let Decided { permit, generation, .. } = *decided;
        let (rule, most) = (Arc::clone(permit.rule()), self.most(&permit, draft));
        let (request, held) = (permit.into_request(), Some(((key, connection), paid)));
        Ok((Box::new(Answer { head, request, rule, generation, held, plan: None, most, decoder: None, guard: None }), incoming))
    }

    /// The most bytes that a response's body may have: the least that the kernel, the rule and the call say.
    pub(super) fn most(&self, permit: &Permit, draft: &Draft) -> u64 {
        let said = [permit.extent().max_response, draft.options.max_bytes];
        said.into_iter().flatten().fold(self.0.config.caps.response_body, u64::min)
    }

    /// Parse and decide: a permit, and the generation of the grants that gave it.
    pub(crate) async fn decide(&self, caller: &Caller, draft: &Draft, attempt: &mut Attempt) -> Result<(Permit, u64), Reason> {
        let request = Request::parse(draft.method.clone(), &draft.url, draft.headers.clone())?;
        attempt.targets(request.target());
        let asked = inject::asked(caller, draft, request.target());
        let request = request.with_auth(asked);
        let (policy, generation) = caller.grants.current();
        let permit = match policy.decide_or_ask(request)? {
            Decision::Permit(permit) => permit,
            Decision::Ask(question) => {
                Box::pin(self.ask(caller, (question.method(), question.target()), attempt.hop(), None)).await?;
                question.allow()
            }
        };
        attempt.permitted(&permit);
        // What comes past the hooks that stand around it, as a WebSocket does, goes no further.
        if policy.has_hooks() && permit.is_handled() && !caller.grants.is_behind_hooks() {
            return Err(Reason::Hook(permit.route().clone(), HookFault::NotRun));
        }
        Guard::admit(caller, &permit)?;
        Ok((permit, generation))
    }

    /// Asks the policy hook; without one the law's own refusal stands.
    async fn ask(&self, caller: &Caller, request: (&Method, &Target), hop: u8, addresses: Option<&[IpAddr]>) -> Result<(), Denial> {
        let hooks = &self.0.config.hooks;
        if !hooks.has_policy() {
            return Err(Denial::new(Code::RuleNoHost, Code::RuleNoHost.about()));
        }
        hooks::ask(hooks, caller, request, hop, addresses).await
    }

    /// Asks the policy hook again, with the addresses that were admitted, where no rule stands behind a permit.
    async fn ask_again(&self, caller: &Caller, permit: &Permit, hop: u8, addresses: &[IpAddr]) -> Result<(), Denial> {
        if !permit.is_by_hook() {
            return Ok(());
        }
        Box::pin(self.ask(caller, (permit.method(), permit.target()), hop, Some(addresses))).await
    }

    /// Pays for a decided call, at once or after its turn in the line.
    pub(crate) async fn pay(&self, caller: &Caller, permit: &Permit) -> Result<Paid, Reason> {
        self.0.tolls.pay(caller, permit).await
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
        let hop = attempt.hop();
        let mut kept = self.reuse(key, permit)?;
        if let Some(kept) = &kept {
            self.ask_again(caller, permit, hop, &[kept.peer().ip()]).await?;
        }
        for last in [false, true] {
            let (mut connection, reused) = match kept.take() {
                Some(kept) => (kept, true),
                // A future of its own: calls that need no connection do not carry the room for making one.
                None => (Box::pin(self.connect(key, permit, (caller, &mut *attempt))).await?, false),
            };
            attempt.connected(connection.peer(), reused);
            let clock = attempt.clock(Part::FirstByte);
            let came = connection.send(delivery).await;
            drop(clock);
            if let Sent::Response(response) = came? {
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
    async fn connect(&self, key: &Key, permit: &Permit, asking: (&Caller, &mut Attempt)) -> Result<Connection, Reason> {
        let caps = self.0.config.caps;
        let connection = match self.reach(permit, self.0.config.protocols, asking).await? {
            (Wire::Plain(stream), peer) => Connection::open(stream, peer, Protocol::Http1, caps).await?,
            (Wire::Tls(stream, protocol), peer) => Connection::open(stream, peer, protocol, caps).await?,
        };
        self.0.pool.share(key, &connection);
        Ok(connection)
    }

    /// Resolve, admit, dial, TLS: a fresh stream for a permit.
    pub(crate) async fn reach(
        &self,
        permit: &Permit,
        protocols: Protocols,
        (caller, attempt): (&Caller, &mut Attempt),
    ) -> Result<(Wire, SocketAddr), Reason> {
        let kernel = &*self.0;
        let answers = attempt.waited(Part::Dns, pin!(kernel.resolver.resolve(permit))).await?;
        let admitted = permit.admit(&answers, &*self.surroundings(permit)?)?;
        self.ask_again(caller, permit, attempt.hop(), &answers).await?;
        let dialling = dial(&admitted, kernel.config.danger.redial.as_ref(), kernel.config.timeouts.connect);
        let clock = attempt.clock(Part::Connect);
        let dialled = dialling.await;
        drop(clock);
        let (stream, peer) = dialled?;
        match admitted.target().scheme() {
            Scheme::Http => Ok((Wire::Plain(stream), peer)),
            Scheme::Https => {
                let spec = permit.rule().tls.as_ref();
                let shaking = kernel.tls.handshake(admitted.target(), spec, protocols.offered(), stream);
                let _clock = attempt.clock(Part::Tls);
                let (stream, protocol) = shaking.await?;
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
}

/// The most bytes of a body that is held against a schema.
const JUDGED: usize = 1 << 20;

/// Judges a body where the rule or the route has a schema for it: as the caller wrote it, before a secret goes in.
fn judge_body(permit: &Permit, draft: &Draft) -> Result<(), Denial> {
    if !permit.judges_body() {
        return Ok(());
    }
    let refused = |words: &'static str| Err(Denial::new(Code::BodySchema, words));
    match &draft.body {
        RequestBody::Empty => permit.judge_body(&[]),
        RequestBody::Bytes(bytes) if bytes.len() > JUDGED => refused("a body that is held against a schema may have 1 MiB"),
        RequestBody::Bytes(bytes) => permit.judge_body(bytes),
        RequestBody::Stream(_) => refused("the body is a stream, which is not held against a schema; give it whole"),
    }
}
