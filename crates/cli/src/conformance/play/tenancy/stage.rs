//! A kernel for several apps, with an upstream that answers, or holds what it gets.

use super::super::LIMIT;
use super::super::scripted::{Came, HOST, Scene, URL, draft};
use crate::conformance::policies::{Many, Policies};
use egret_egress::{Budget, Caller, Config, Grants};
use egret_policy::{Policy, RetrySpec};
use egret_testkit::{Authority, Hostile, Step, Upstream, server_config};
use http::header::{CONNECTION, RETRY_AFTER};
use http::{HeaderName, HeaderValue, Method, StatusCode};
use std::sync::Arc;
use tokio::time::timeout;

/// What a case is played on.
pub struct Stage<'a> {
    pub policy: Arc<Policy>,
    /// The policy's name.
    pub name: &'a str,
    pub policies: &'a Policies,
    /// What the case's policy says of many calls.
    pub many: Many,
}

/// A kernel and what answers it.
pub struct Set<P> {
    pub scene: Scene,
    pub peer: P,
}

impl Stage<'_> {
    /// An upstream that answers everything, and then closes: a connection that was kept would be judged again by where it leads,
    /// which is loopback here.
    pub fn answering(&self, change: impl FnOnce(&mut Config)) -> Result<Set<Upstream>, String> {
        self.upstream(200, vec![(CONNECTION, HeaderValue::from_static("close"))], change)
    }

    /// The same that answers with this status, and asks to be left alone for a time.
    pub fn unavailable(&self, status: u16, after: &str, change: impl FnOnce(&mut Config)) -> Result<Set<Upstream>, String> {
        let after = HeaderValue::from_str(after).map_err(|error| error.to_string())?;
        self.upstream(status, vec![(CONNECTION, HeaderValue::from_static("close")), (RETRY_AFTER, after)], change)
    }

    /// The same whose connections are kept.
    pub fn keeping(&self) -> Result<Set<Upstream>, String> {
        self.upstream(200, Vec::new(), |_| {})
    }

    fn upstream(
        &self,
        status: u16,
        fields: Vec<(HeaderName, HeaderValue)>,
        change: impl FnOnce(&mut Config),
    ) -> Result<Set<Upstream>, String> {
        let authority = Authority::new();
        let status = StatusCode::from_u16(status).map_err(|error| error.to_string())?;
        let answer = move |_| {
            let mut answer = http::Response::new("x".repeat(1_000));
            *answer.status_mut() = status;
            answer.headers_mut().extend(fields.clone());
            async move { answer }
        };
        let peer = Upstream::tls(server_config(authority.leaf(&[HOST])), answer);
        let place = peer.address();
        let limits = self.policies.limits("limits")?;
        Ok(Set { scene: Scene::with(self.policies, limits, &authority, None, move |_| place, change)?, peer })
    }

    /// An upstream that takes requests and says these things.
    pub fn scripted(&self, steps: Vec<Step>, change: impl FnOnce(&mut Config)) -> Result<Set<Hostile>, String> {
        let authority = Authority::new();
        let config = egret_testkit::h2::alpn(server_config(authority.leaf(&[HOST])), &["http/1.1"]);
        let peer = Hostile::script_tls(config, steps);
        let place = peer.address();
        let limits = self.policies.limits("limits")?;
        Ok(Set { scene: Scene::with(self.policies, limits, &authority, None, move |_| place, change)?, peer })
    }

    pub fn grants(&self) -> Grants {
        Arc::clone(&self.policy).into()
    }

    /// The case's policy, whose rules try again.
    pub fn retrying(&self, retry: &RetrySpec) -> Result<Grants, String> {
        self.policies.build_acting(self.name, |rule| rule.actions.retry = Some(retry.clone())).map(Grants::from)
    }
}

impl<P> Set<P> {
    /// A call of an app, from its start to the end of its answer.
    pub async fn call(&self, app: &str, grants: impl Into<Grants>) -> Came {
        self.scene.ask(app, grants, draft(Method::GET, URL)).await
    }

    /// A caller with a budget.
    pub fn caller(&self, app: &str, grants: Grants, budget: Budget) -> Caller {
        Caller { budget, ..self.scene.caller(app, grants) }
    }

    /// Waits until so many calls hold a slot.
    pub async fn until_under_way(&self, calls: usize) -> Result<(), String> {
        let reached = async {
            while self.scene.egress.load().in_flight < calls {
                tokio::task::yield_now().await;
            }
        };
        timeout(LIMIT, reached).await.map_err(|_| format!("{} calls are under way", self.scene.egress.load().in_flight))
    }
}
