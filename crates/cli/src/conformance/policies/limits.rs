//! What a policy of the corpus says of sizes and times, as the kernel's own caps.

use anyhow::Context;
use egret_egress::{Caps, Rate, Timeouts};
use egret_limits::list::outbound::RATE_APP;
use serde_json::{Map, Value};
use std::time::Duration;

/// Bounds for every call under a policy.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub caps: Caps,
    pub timeouts: Timeouts,
    /// The whole call.
    pub total: Duration,
}

impl Limits {
    /// Reads them; what a policy does not say is the kernel's default.
    pub fn of(policy: &Map<String, Value>) -> anyhow::Result<Self> {
        anyhow::ensure!(number(policy, "max_encodings", 1)? == 1, "the kernel takes off one content coding, neither more nor less");
        let (caps, timeouts) = (Caps::default(), Timeouts::default());
        let none = Map::new();
        let body = policy.get("body").and_then(Value::as_object).unwrap_or(&none);
        let caps = Caps {
            request_body: number(body, "max_bytes", caps.request_body)?,
            response_body: number(policy, "max_response_bytes", caps.response_body)?,
            decoded_ratio: number(policy, "max_decode_ratio", caps.decoded_ratio)?,
            response_fields: number(policy, "max_headers", caps.response_fields)?,
            response_head: number(policy, "max_header_bytes", caps.response_head)?,
            informational: number(policy, "max_informational", caps.informational)?,
            ..caps
        };
        let times = policy.get("timeouts").and_then(Value::as_object).unwrap_or(&none);
        let timeouts = Timeouts {
            dns: seconds(times, "dns", timeouts.dns)?,
            connect: seconds(times, "connect", timeouts.connect)?,
            tls: seconds(times, "tls", timeouts.tls)?,
            first_byte: seconds(times, "first_byte", timeouts.first_byte)?,
            between_bytes: seconds(times, "idle", timeouts.between_bytes)?,
        };
        Ok(Self { caps, timeouts, total: seconds(times, "total", Duration::from_secs(30))? })
    }
}

/// Bounds for many calls of one app.
#[derive(Clone, Copy, Debug)]
pub struct Many {
    /// Calls at once.
    pub concurrency: usize,
    /// Calls in a time.
    pub rate: Rate,
}

impl Many {
    /// Reads them; both must be there.
    pub fn of(policy: &Map<String, Value>) -> anyhow::Result<Self> {
        let text = policy.get("rate").and_then(Value::as_str).context("has no rate")?;
        let egret_limits::Value::Rate(egret_limits::Rate { calls, period, burst }) = RATE_APP.read(text)? else {
            anyhow::bail!("{text:?} is no rate")
        };
        let concurrency = policy.get("concurrency").and_then(Value::as_u64).context("has no concurrency")?;
        Ok(Self { concurrency: usize::try_from(concurrency)?, rate: Rate { calls, period, burst } })
    }
}

fn number<T: TryFrom<u64>>(object: &Map<String, Value>, key: &str, default: T) -> anyhow::Result<T> {
    let Some(value) = object.get(key) else { return Ok(default) };
    value.as_u64().and_then(|value| value.try_into().ok()).with_context(|| format!("{key} is no number that fits"))
}

fn seconds(object: &Map<String, Value>, key: &str, default: Duration) -> anyhow::Result<Duration> {
    number(object, key, default.as_secs()).map(Duration::from_secs)
}
