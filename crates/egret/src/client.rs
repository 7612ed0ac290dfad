//! The client: the kernel with one tenant's grants, or with those that a caller brings.

use crate::secrets::Keeper;
use crate::{Builder, Request};
use egret_egress::{Budget, Caller, Door, Draft, Error, Grants, Response, Secrets, WebSocket, WsDraft};
use egret_policy::Explanation;
use http::{HeaderMap, Method};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// A client that reaches what its rules allow. Cheap to clone; clones share connections, rules and audit.
#[derive(Clone)]
pub struct Egress {
    kernel: egret_egress::Egress,
    grants: Grants,
    keeper: Arc<Keeper>,
    app: Arc<str>,
    timeout: Duration,
}

impl Egress {
    pub(crate) fn new(kernel: egret_egress::Egress, grants: Grants, keeper: Keeper, app: Arc<str>, timeout: Duration) -> Self {
        Self { kernel, grants, keeper: Arc::new(keeper), app, timeout }
    }

    /// Begins a client.
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Begins a GET.
    pub fn get(&self, url: &str) -> Request<'_> {
        self.request(Method::GET, url)
    }

    /// Begins a POST.
    pub fn post(&self, url: &str) -> Request<'_> {
        self.request(Method::POST, url)
    }

    /// Begins a request.
    pub fn request(&self, method: Method, url: &str) -> Request<'_> {
        Request::new(self, method, url)
    }

    /// Tells whether a request would be sent and why, check by check. Nothing leaves, not even a DNS query.
    #[must_use]
    pub fn explain(&self, method: &Method, url: &str, headers: &HeaderMap) -> Explanation {
        self.grants.current().0.explain(method, url, headers)
    }

    /// What the client may reach; [`Grants::swap`] changes it from the next request on, and ends streams that it refuses.
    #[must_use]
    pub fn grants(&self) -> &Grants {
        &self.grants
    }

    /// The client's own tenant, with a deadline from now.
    #[must_use]
    pub fn caller(&self, timeout: Duration) -> Caller {
        let (app, grants, secrets) = (Arc::clone(&self.app), self.grants.clone(), self.secrets(&self.app));
        Caller {
            app,
            function: "".into(),
            invocation: "".into(),
            door: Door::Library,
            grants,
            secrets,
            deadline: Instant::now() + timeout,
            budget: Budget::none(),
        }
    }

    /// The secrets of a tenant as the builder was told of them, for its [`Caller`].
    #[must_use]
    pub fn secrets(&self, app: &str) -> Secrets {
        self.keeper.secrets(app, app == &*self.app)
    }

    /// Fetches for a caller of any tenant: what it may reach is in its own grants, and no connection is shared with another.
    ///
    /// # Errors
    /// Refusals, failures of the network, and what is over a limit; see [`Error`].
    pub async fn fetch(&self, caller: &Caller, draft: Draft) -> Result<Response, Error> {
        self.kernel.fetch(caller, draft).await
    }

    /// Opens a WebSocket for the client's own tenant; it lives no longer than `timeout`.
    ///
    /// # Errors
    /// As [`Egress::fetch`], and where the other side does not agree to what was asked for.
    pub async fn websocket(&self, draft: WsDraft, timeout: Duration) -> Result<WebSocket, Error> {
        self.kernel.websocket(&self.caller(timeout), draft).await
    }

    /// The same for a caller of any tenant.
    ///
    /// # Errors
    /// As [`Egress::websocket`].
    pub async fn websocket_for(&self, caller: &Caller, draft: WsDraft) -> Result<WebSocket, Error> {
        self.kernel.websocket(caller, draft).await
    }

    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }
}

impl fmt::Debug for Egress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Egress").field("app", &self.app).finish_non_exhaustive()
    }
}
