//! What an owner may have watched beside the reports: metrics, lines of the log, traces.

use super::report::{Report, Reporter};
use super::{StartError, exposed, part};
use crate::terminal::printable_line;
use egret_audit::Log;
use egret_egress::Egress;
use egret_gateway::{Gateway, Hosts};
use egret_policy::RuleSpec;
use egret_watch::{Collector, Exporter, PLATFORM, Paths, Sources, Waiting, Watch, metrics_gateway};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch::Receiver;
use tracing::{error, info, warn};

/// The part of the log that tells of the server itself.
const SERVER: &str = "egret::server";

/// What is to be watched.
#[derive(Clone, Debug, Default)]
pub struct Watching {
    /// Where metrics are shown; nowhere if it is not given.
    pub metrics: Option<SocketAddr>,
    /// Whether that may be an address that other machines reach. Default: only loopback.
    pub anywhere: bool,
    /// Where spans go; without it none are made.
    pub otlp: Option<Otlp>,
}

/// A collector of traces.
#[derive(Clone, Debug)]
pub struct Otlp {
    /// Its address, for example `https://collector.example.com:4318`.
    pub address: String,
    /// The networks outside the public one that it may lie in.
    pub private: Vec<String>,
    /// Whether spans show paths.
    pub paths: Paths,
}

/// What is watched, with its listener taken and its collector checked.
pub(super) struct Watched {
    pub watch: Watch,
    metrics: Option<(TcpListener, Hosts)>,
    collector: Option<(Collector, Waiting)>,
}

/// What serves beside the functions.
pub(super) struct Beside {
    metrics: Option<(Gateway, TcpListener)>,
    exporter: Option<Exporter>,
}

impl Watched {
    pub async fn open(options: &Watching) -> Result<Self, StartError> {
        let metrics = match options.metrics {
            Some(address) => Some(listen(address, options.anywhere).await?),
            None => None,
        };
        let Some(otlp) = &options.otlp else { return Ok(Self { watch: Watch::default(), metrics, collector: None }) };
        let collector = Collector::parse(&otlp.address, &otlp.private).map_err(|error| part("--otlp", &error))?;
        let (watch, waiting) = Watch::traced(otlp.paths);
        Ok(Self { watch, metrics, collector: Some((collector, waiting)) })
    }

    /// The addresses that nothing of a guest may reach.
    pub fn listeners(&self) -> impl Iterator<Item = SocketAddr> {
        self.metrics.iter().filter_map(|(listener, _)| listener.local_addr().ok())
    }

    pub fn build(self, egress: &Egress, log: &Arc<Log>) -> Result<Beside, StartError> {
        let Self { watch, metrics, collector } = self;
        let log = Arc::clone(log);
        let sources = Sources { egress: egress.clone(), audit_lost: Arc::new(move || log.counts().dropped) };
        let shown = |(listener, hosts)| metrics_gateway(watch.clone(), sources, hosts).map(|gateway| (gateway, listener));
        let metrics = metrics.map(shown).transpose().map_err(|error| part("metrics", &error))?;
        let exporter = collector.map(|(collector, waiting)| watch.exporter(waiting, egress.clone(), collector));
        Ok(Beside { metrics, exporter })
    }
}

impl Beside {
    /// Serves until the sender of `stop` is gone, and then sends what waits.
    pub async fn serve(self, stop: Receiver<()>) {
        let stopped = || {
            let mut stop = stop.clone();
            async move { while stop.changed().await.is_ok() {} }
        };
        let metrics = async {
            if let Some((gateway, listener)) = self.metrics {
                gateway.serve(listener, stopped()).await;
            }
        };
        let exporting = async {
            if let Some(exporter) = self.exporter {
                exporter.run(stopped()).await;
            }
        };
        tokio::join!(metrics, exporting);
    }
}

async fn listen(address: SocketAddr, anywhere: bool) -> Result<(TcpListener, Hosts), StartError> {
    if exposed(address).is_some() && !anywhere {
        let words = format!("--metrics {address} is not loopback: others would see what is called; --metrics-anywhere allows that");
        return Err(StartError::Part(words));
    }
    let failed = |reason| StartError::Listen { address: format!("{address} for metrics"), reason };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    Ok((listener, if anywhere { Hosts::Any } else { Hosts::Local }))
}

/// The hosts of all rules. Those that rules name exactly have names of their own in metrics.
pub(super) fn hosts<'a>(rules: impl IntoIterator<Item = &'a RuleSpec>) -> impl Iterator<Item = &'a str> {
    rules.into_iter().filter(|rule| !rule.deny).map(|rule| rule.host.as_str())
}

/// A reporter that has everything watched before it is reported.
pub(super) struct Told {
    pub watch: Watch,
    pub reporter: Arc<dyn Reporter>,
}

impl Reporter for Told {
    fn report(&self, report: Report<'_>) {
        match &report {
            Report::Started { address, folder, routes, .. } => {
                info!(target: SERVER, app = folder.manifest.name, %address, routes = routes.list().len(), "started");
            }
            Report::Reloaded { folder, routes, .. } => {
                info!(target: SERVER, app = folder.manifest.name, routes = routes.list().len(), "reloaded");
            }
            Report::ReloadFailed { error } => {
                error!(target: SERVER, reason = &*printable_line(&error.to_string()), "not reloaded");
            }
            Report::Warning { words } => warn!(target: SERVER, "{}", printable_line(words)),
            Report::Answered(answered) => self.watch.answered(answered),
            Report::Called(event) => self.watch.called(event),
            Report::Console { .. } => {}
        }
        // What the platform itself calls is no business of who writes an app.
        if !matches!(&report, Report::Called(event) if event.caller.app.starts_with(PLATFORM)) {
            self.reporter.report(report);
        }
    }
}
