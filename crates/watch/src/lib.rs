//! Watching the house: metrics, log lines and traces, made of what the kernel and the gateway tell anyway, so that the path of a
//! call has no second instrumentation.
//!
//! [`Watch`] is told ([`Watch::called`], [`Watch::answered`], [`Watch::runtime`]). It counts, which [`metrics_gateway`] shows to a scraper;
//! `list.rs` is the one list of what there is. It writes lines with the ids of request and call (`lines.rs`). It makes spans
//! (`trace.rs`), which an [`Exporter`] sends to a [`Collector`] through the kernel.
//!
//! Invariants: nobody who tells ever waits for more than a lock that is held for a look into a table; what guests and clients may
//! name has a bounded number of values (`label.rs`), so a scrape has a bounded size; nothing here holds a query, a body or a secret,
//! nor a path, unless the owner wants paths in traces.

mod exposition;
mod family;
mod invocations;
mod label;
mod lines;
mod list;
mod meters;
mod process;
mod reference;
mod scrape;
mod trace;

pub use reference::page;
pub use scrape::metrics_gateway;
pub use trace::{Collector, Exporter, PLATFORM, Paths, Waiting};

use egret_egress::{Egress, Event};
use egret_gateway::Answered;
use egret_runtime::{InvocationId, Runtime};
use http::HeaderMap;
use meters::Meters;
use std::sync::Arc;
use trace::{Invoked, Traces};

/// What is watched. Copies are the same.
#[derive(Clone)]
pub struct Watch(Arc<Parts>);

struct Parts {
    meters: Meters,
    traces: Option<Traces>,
}

/// What is asked at every scrape, since it is not told.
#[derive(Clone)]
pub struct Sources {
    /// For how many calls are under way.
    pub egress: Egress,
    /// For how many audit events were lost.
    pub audit_lost: Arc<dyn Fn() -> u64 + Send + Sync>,
}

/// Why something cannot be watched.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The listener of metrics has a bound that is out of its range.
    #[error("the listener of metrics: {0}")]
    Gateway(String),
    /// A collector's address cannot be used.
    #[error("the collector's address: {0}")]
    Collector(String),
}

impl Error {
    fn gateway(faults: &[impl ToString]) -> Self {
        Self::Gateway(faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
    }
}

impl Default for Watch {
    fn default() -> Self {
        Self(Arc::new(Parts { meters: Meters::new(), traces: None }))
    }
}

impl Watch {
    /// Makes spans too. What waits must be taken by an exporter; what finds no room is counted and lost.
    #[must_use]
    pub fn traced(paths: Paths) -> (Self, Waiting) {
        let (traces, waiting) = Traces::new(paths);
        (Self(Arc::new(Parts { meters: Meters::new(), traces: Some(traces) })), waiting)
    }

    /// What sends the spans that wait. It must not outlive the kernel's runtime.
    #[must_use]
    pub fn exporter(&self, waiting: Waiting, egress: Egress, collector: Collector) -> Exporter {
        Exporter::new(self.clone(), waiting, egress, collector)
    }

    /// Tells apart these hosts from now on, as far as there is room: those that rules name exactly. Patterns are left out.
    pub fn hosts<'a>(&self, hosts: impl IntoIterator<Item = &'a str>) {
        self.0.meters.hosts(hosts);
    }

    /// Is told of an outbound attempt.
    pub fn called(&self, event: &Event) {
        self.0.meters.called(event);
        self.traces(|traces, meters| traces.called(event, meters));
        lines::called(event);
    }

    /// Is told of an answered request.
    pub fn answered(&self, request: &Answered<'_>) {
        self.0.meters.answered(request);
        self.traces(|traces, meters| traces.answered(request, meters));
        lines::answered(request);
    }

    /// The same runtime, watched: it tells how every invocation ended.
    #[must_use]
    pub fn runtime(&self, app: impl Into<Arc<str>>, runtime: Arc<dyn Runtime>) -> Arc<dyn Runtime> {
        Arc::new(invocations::Watched { watch: self.clone(), app: app.into(), runtime })
    }

    fn begins(&self, request: &InvocationId, fields: &HeaderMap) {
        self.0.meters.begins();
        self.traces(|traces, _| traces.begins(request.as_str(), fields));
    }

    fn invoked(&self, run: &Invoked<'_>) {
        self.0.meters.ends(run.end);
        self.traces(|traces, meters| traces.invoked(run, meters));
        lines::invoked(run);
    }

    fn traces(&self, tell: impl FnOnce(&Traces, &Meters)) {
        if let Some(traces) = &self.0.traces {
            tell(traces, &self.0.meters);
        }
    }

    pub(crate) fn meters(&self) -> &Meters {
        &self.0.meters
    }
}
