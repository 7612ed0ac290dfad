//! Building a client: rules and settings are collected, and checked all at once.

use crate::Egress;
use crate::secrets::Keeper;
use egret_egress::{
    Audit, Caps, ClientIdentity, Config, Detail, Grants, HookGrants, Limits, Middleware, Nameservers, PolicyHook, Protocols, Resolve,
    SecretGrant, SecretValue, Silent, Timeouts, Trust,
};
use egret_manifest::{Faults, RuleFile};
use egret_policy::{Ceiling, Fault, Mode, Nat64, Policy, RuleSpec, SecretName};
use rustls_pki_types::CertificateDer;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How long a request may take where neither it nor the builder says so.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60);

/// Collects what a client is made of. Without a rule it reaches nothing.
pub struct Builder {
    policy: egret_policy::Builder,
    config: Config,
    audit: Arc<dyn Audit>,
    app: Arc<str>,
    timeout: Duration,
    secrets: Keeper,
}

impl Default for Builder {
    fn default() -> Self {
        // A library's caller is the owner: it is told everything.
        let config = Config { detail: Detail::Full, ..Config::default() };
        let (policy, audit, secrets) = (Policy::builder(), Arc::new(Silent), Keeper::default());
        Self { policy, config, audit, app: "app".into(), timeout: DEFAULT_TIMEOUT, secrets }
    }
}

impl Builder {
    /// Adds one rule.
    #[must_use]
    pub fn rule(mut self, rule: RuleSpec) -> Self {
        self.policy = self.policy.rule(rule);
        self
    }

    /// Adds rules.
    #[must_use]
    pub fn rules(mut self, rules: impl IntoIterator<Item = RuleSpec>) -> Self {
        self.policy = self.policy.rules(rules);
        self
    }

    /// Adds the rules of a file's text, TOML or, where the name ends in `.json`, JSON: the keys `version`, `mode` and `net` of an
    /// app's manifest. The name is for messages; nothing is read but the text.
    ///
    /// # Errors
    /// All faults at once, each with its line.
    pub fn rule_file(self, name: &str, text: &str) -> Result<Self, Faults> {
        let file = RuleFile::parse(Path::new(name), text)?;
        Ok(self.mode(file.mode).defaults(file.middleware).rules(file.net))
    }

    /// Sets how strict the rules are. Default: what no rule allows is refused.
    #[must_use]
    pub fn mode(mut self, mode: Mode) -> Self {
        self.policy = self.policy.mode(mode);
        self
    }

    /// Registers middleware under a name: rules whose `middleware` gives that name have it stand around their requests. What it rewrites is
    /// decided by the grants of whoever calls.
    ///
    /// ```
    /// use egret::{Context, Egress, Handling, HeaderValue, HookError, Middleware, Next, Reply, Rule, StatusCode};
    ///
    /// /// Tags every request with the app that makes it.
    /// struct Tag;
    ///
    /// impl Middleware for Tag {
    ///     async fn handle(&self, context: &mut Context, next: Next<'_>) -> Result<(), HookError> {
    ///         let app = HeaderValue::try_from(context.app()).map_err(HookError::new)?;
    ///         context.headers_mut().insert("x-app", app);
    ///         next.run(context).await.map(drop)
    ///     }
    /// }
    ///
    /// /// Answers by itself: nothing is sent.
    /// struct Queue;
    ///
    /// impl Middleware for Queue {
    ///     async fn handle(&self, context: &mut Context, _: Next<'_>) -> Result<(), HookError> {
    ///         let answer = format!("{{\"queued\":true,\"id\":{:?}}}", context.param("id"));
    ///         let mut reply = Reply::new(StatusCode::ACCEPTED);
    ///         reply.headers.insert("content-type", HeaderValue::from_static("application/json"));
    ///         reply.set_body(answer);
    ///         context.answer(reply);
    ///         Ok(())
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let routes = vec![egret::Route {
    ///     handling: Handling { middleware: vec!["queue".to_owned()], ..Handling::default() },
    ///     ..egret::Route::path("/items/:id")
    /// }];
    /// let rule = Rule { routes: Some(routes), ..Rule::host("api.example.com") };
    /// let egress = Egress::builder().rule(rule).defaults(["tag"]).middleware("tag", Tag).middleware("queue", Queue).build()?;
    /// let answer = egress.get("https://api.example.com/items/7").send().await?;
    /// assert_eq!(&answer.body.collect(100).await?[..], br#"{"queued":true,"id":"7"}"#);
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn middleware(mut self, name: impl Into<Arc<str>>, hook: impl Middleware) -> Self {
        self.config.hooks.register(name, hook);
        self
    }

    /// The same with grants of its own, by which what it rewrites is decided in place of the caller's.
    #[must_use]
    pub fn middleware_with(mut self, name: impl Into<Arc<str>>, hook: impl Middleware, grants: HookGrants) -> Self {
        self.config.hooks.register_with(name, hook, grants);
        self
    }

    /// Names the middleware that stands around every request, from the outside in.
    #[must_use]
    pub fn defaults<N: Into<String>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.policy = self.policy.middleware(names);
        self
    }

    /// Asks this where no rule names a host, before DNS and again with the addresses. It lifts no deny rule, no ceiling and no refusal of
    /// an address, and what it allows gets no secret. A policy that is put in place later by [`Grants::swap`] asks it only if it was built
    /// so ([`PolicyBuilder::ask_hook`](crate::PolicyBuilder::ask_hook)).
    ///
    /// ```
    /// use egret::{Asked, Egress, PolicyHook};
    ///
    /// /// Reading is allowed wherever the address is public.
    /// struct ReadOnly;
    ///
    /// impl PolicyHook for ReadOnly {
    ///     async fn allows(&self, asked: Asked<'_>) -> Result<bool, String> {
    ///         Ok(asked.method == egret::Method::GET)
    ///     }
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let egress = Egress::builder().policy_hook(ReadOnly).build()?;
    /// let refused = egress.post("https://example.com/").send().await.unwrap_err();
    /// assert_eq!(refused.path(), "policy.hook.refused");
    /// let inwards = egress.get("http://127.0.0.1/").send().await.unwrap_err();
    /// assert_eq!(inwards.path(), "egress.addr.loopback");
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn policy_hook(mut self, hook: impl PolicyHook) -> Self {
        self.policy = self.policy.ask_hook();
        self.config.hooks.decide_by(hook);
        self
    }

    /// Bounds the rules from above.
    #[must_use]
    pub fn ceiling(mut self, ceiling: Arc<Ceiling>) -> Self {
        self.policy = self.policy.ceiling(ceiling);
        self
    }

    /// Declares a NAT64 prefix of the network, so that what stands behind it is judged by its IPv4 address.
    #[must_use]
    pub fn nat64(mut self, prefix: Nat64) -> Self {
        self.policy = self.policy.nat64(prefix);
        self
    }

    /// Trusts a certificate authority beside the web's own, for every rule.
    #[must_use]
    pub fn root(mut self, root: CertificateDer<'static>) -> Self {
        self.config.roots.push(root);
        self
    }

    /// Says whose certificate authorities are trusted. Default: those of the web.
    #[must_use]
    pub fn trust(mut self, trust: Trust) -> Self {
        self.config.trust = trust;
        self
    }

    /// Names a client certificate, which rules then ask for by `tls.identity`.
    #[must_use]
    pub fn identity(mut self, name: impl Into<String>, identity: ClientIdentity) -> Self {
        self.config.identities.insert(name.into(), identity);
        self
    }

    /// Takes addresses from the program itself in place of DNS. They are judged like any answer.
    #[must_use]
    pub fn resolver(mut self, resolver: Arc<dyn Resolve>) -> Self {
        self.config.resolver = Some(resolver);
        self
    }

    /// Gives a name its addresses; DNS is not asked for it. They are judged like any answer.
    #[must_use]
    pub fn host(mut self, name: impl Into<String>, addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        self.config.hosts.insert(name.into(), addresses.into_iter().collect());
        self
    }

    /// Says where names are asked for. Default: the system's name servers.
    #[must_use]
    pub fn nameservers(mut self, nameservers: Nameservers) -> Self {
        self.config.nameservers = nameservers;
        self
    }

    /// Says which versions of HTTP are offered over TLS. Default: HTTP/2 and HTTP/1.1.
    #[must_use]
    pub fn protocols(mut self, protocols: Protocols) -> Self {
        self.config.protocols = protocols;
        self
    }

    /// Sets how long each phase of a request may take.
    #[must_use]
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.config.timeouts = timeouts;
        self
    }

    /// Sets how long a whole request may take, redirects and body included. Default 60 s.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets how large each part may be.
    #[must_use]
    pub fn caps(mut self, caps: Caps) -> Self {
        self.config.caps = caps;
        self
    }

    /// Sets how many calls there may be at once, and how often they may come.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.config.limits = limits;
        self
    }

    /// Refuses these listeners of the program itself, whatever a rule exempts.
    #[must_use]
    pub fn listeners(mut self, listeners: impl IntoIterator<Item = SocketAddr>) -> Self {
        self.config.listeners.extend(listeners);
        self
    }

    /// Sets how much an error's message says. Default: everything; [`Detail::Safe`] for messages that guests see.
    #[must_use]
    pub fn detail(mut self, detail: Detail) -> Self {
        self.config.detail = detail;
        self
    }

    /// Says where audit events go: one for every attempt. Default: nowhere.
    #[must_use]
    pub fn audit(mut self, audit: Arc<dyn Audit>) -> Self {
        self.audit = audit;
        self
    }

    /// Names the tenant of the client's own requests in audit events. Default `app`.
    #[must_use]
    pub fn app(mut self, name: &str) -> Self {
        self.app = name.into();
        self
    }

    /// Gives the client's own tenant a secret, to be put in where a rule's `auth` or [`Request::auth`](crate::Request::auth) names it, towards
    /// the origins and in the places of its grants only. Requests, errors and events never hold the value.
    #[must_use]
    pub fn secret(mut self, name: SecretName, value: SecretValue, grants: impl IntoIterator<Item = SecretGrant>) -> Self {
        self.secrets.own(name, value, grants.into_iter().collect());
        self
    }

    /// The same for any tenant, the client's own included: the value is asked for when a request of the tenant begins, by its name
    /// and the secret's. It must not block.
    #[must_use]
    pub fn secret_with(
        mut self,
        name: SecretName,
        grants: impl IntoIterator<Item = SecretGrant>,
        find: impl Fn(&str, &SecretName) -> Option<SecretValue> + Send + Sync + 'static,
    ) -> Self {
        self.secrets.found(name, grants.into_iter().collect(), Arc::new(find));
        self
    }

    /// Checks everything and makes the client. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// All faults of all rules, or what of the settings cannot be used.
    pub fn build(self) -> Result<Egress, BuildError> {
        let policy = self.policy.build().map_err(BuildError::Rules)?;
        let missing = self.config.hooks.missing(&policy);
        if !missing.is_empty() {
            return Err(BuildError::Middleware(missing));
        }
        let kernel = egret_egress::Egress::build(self.config, self.audit)?;
        Ok(Egress::new(kernel, Grants::new(policy), self.secrets, self.app, self.timeout))
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").field("app", &self.app).field("timeout", &self.timeout).finish_non_exhaustive()
    }
}

/// Why a client could not be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The rules are at fault, each in its own way.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Rules(Vec<Fault>),
    /// Rules name middleware that was not registered.
    #[error("no middleware is registered under {}", .0.join(", "))]
    Middleware(Vec<String>),
    /// A setting cannot be used.
    #[error(transparent)]
    Kernel(#[from] egret_egress::BuildError),
}
