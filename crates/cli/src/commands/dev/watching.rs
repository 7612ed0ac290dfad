//! The options of `egret dev` about what is watched.

use crate::log::{Form, Log};
use egret_app::config::Environment;
use egret_app::dev::{self, Otlp, Paths};
use std::net::SocketAddr;

#[derive(clap::Args)]
#[command(next_help_heading = "Watching")]
pub struct Watching {
    /// Show metrics for Prometheus at this address, under /metrics
    #[arg(long, value_name = "ADDR")]
    metrics: Option<SocketAddr>,
    /// Let --metrics be an address that other machines reach, and answer to every name
    #[arg(long, requires = "metrics")]
    metrics_anywhere: bool,
    /// Write lines of the log to standard error; EGRET_LOG says which, for example info,egret::call=debug
    #[arg(long, value_name = "FORM")]
    log: Option<Form>,
    /// Send traces to the collector at this URL, by OTLP over HTTP
    #[arg(long, value_name = "URL")]
    otlp: Option<String>,
    /// A network outside the public one that the collector may lie in; repeatable
    #[arg(long, value_name = "CIDR", requires = "otlp")]
    otlp_allow_private: Vec<String>,
    /// Show paths of calls in traces; they can be secrets
    #[arg(long, requires = "otlp")]
    otlp_paths: bool,
}

impl Watching {
    /// Starts the log, where one is wanted.
    pub fn log(&self, environment: &Environment) -> anyhow::Result<Log> {
        self.log.map_or_else(|| Ok(Log::none()), |form| Log::start(form, environment.log.as_deref()))
    }

    pub fn options(self) -> dev::Watching {
        let paths = if self.otlp_paths { Paths::Shown } else { Paths::Hidden };
        let otlp = self.otlp.map(|address| Otlp { address, private: self.otlp_allow_private, paths });
        dev::Watching { metrics: self.metrics, anywhere: self.metrics_anywhere, otlp }
    }
}
