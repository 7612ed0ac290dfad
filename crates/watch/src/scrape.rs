//! The listener of metrics: a gateway of its own whose one function is the exposition, so that heads, times, connections and hosts
//! are bounded there as everywhere.

use crate::exposition::Format;
use crate::{Error, Sources, Watch};
use bytes::Bytes;
use egret_gateway::{Config, Detail, Gateway, Hosts, Routes, Served, Unobserved};
use egret_runtime::{Answer, Invocation, Running, Runtime};
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

/// The one file of the one route, `GET /metrics`.
const FUNCTION: &str = "get.metrics.js";

/// Answers every scrape.
struct Scrapes {
    watch: Watch,
    sources: Sources,
}

impl Runtime for Scrapes {
    fn invoke(&self, invocation: Invocation) -> Running<'_> {
        let format = asked(invocation.request.headers());
        let text = self.watch.meters().show(format, &self.sources);
        Box::pin(ready(Ok(answer(format, text))))
    }
}

fn asked(fields: &HeaderMap) -> Format {
    Format::asked(fields.get(ACCEPT).and_then(|accept| accept.to_str().ok()))
}

fn answer(format: Format, text: String) -> Answer {
    let mut answer = Answer::new(Bytes::from(text));
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(format.content_type()));
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// A gateway that has `GET /metrics` and nothing else. It answers to names of this machine alone, unless `hosts` says otherwise:
/// metrics name apps and hosts, and a web page elsewhere must not read them (DNS rebinding).
///
/// # Errors
/// [`Error::Gateway`], were a bound out of its range.
pub fn metrics_gateway(watch: Watch, sources: Sources, hosts: Hosts) -> Result<Gateway, Error> {
    let routes = Routes::from_files([FUNCTION], &["js"]).map_err(|faults| Error::gateway(&faults))?;
    let second = Duration::from_secs(1);
    let config = Config {
        body: 0,
        bodies: 1 << 20,
        head: 8 << 10,
        headers: 64,
        head_timeout: 10 * second,
        body_timeout: second,
        body_patience: second,
        write_timeout: 5 * second,
        timeout: 10 * second,
        connections: 16,
        in_flight: 4,
        grace: Duration::ZERO,
        hosts,
        detail: Detail::Safe,
        ..Config::default()
    };
    let served = Served { routes, runtime: Arc::new(Scrapes { watch, sources }) };
    Gateway::build(config, served, Arc::new(Unobserved)).map_err(|faults| Error::gateway(&faults))
}
