//! From the registry's values to the configurations of the parts that enforce them. Every limit passes through here, and only here.

use egret_egress::{AppLimits, Caps, Daily, InFlight, Limits as Calls, Quota, Rate, Rates, Timeouts, WebSocketCaps};
use egret_gateway::Config as GatewayConfig;
use egret_limits::list::{audit, cache, call, connections, inbound, invocation, outbound, websocket};
use egret_limits::{Limit, Settings, Value, effective};
use egret_runtime::Limits;
use egret_runtime_js::Bound;
use egret_store::Retention;
use std::time::Duration;

/// Whose word counts for one app.
#[derive(Clone, Copy, Debug)]
pub struct Held<'a> {
    /// What the server's owner set for all apps.
    pub server: &'a Settings,
    /// What the app's manifest asks for.
    pub manifest: &'a Settings,
    /// What the owner set for the app.
    pub app: &'a Settings,
}

impl Held<'_> {
    /// What one invocation may use.
    #[must_use]
    pub fn invocation(&self) -> Limits {
        Limits {
            wall: self.time(&invocation::WALL),
            cpu: self.time(&invocation::CPU),
            heap: self.size(&invocation::HEAP),
            calls: self.count(&invocation::CALLS),
            open_calls: self.count(&invocation::OPEN_CALLS),
            bytes: self.number(&invocation::BYTES).unwrap_or(u64::MAX),
            request_body: self.size(&invocation::REQUEST_BODY),
            response_body: self.size(&invocation::RESPONSE_BODY),
            answer_body: self.size(&invocation::ANSWER_BODY),
            logs: self.size(&invocation::LOGS),
        }
    }

    /// What the app's invocations are held to, with its account of the day.
    #[must_use]
    pub fn bound(&self, quota: &Quota) -> Bound {
        let app = AppLimits {
            in_flight: Some(self.size(&outbound::IN_FLIGHT_APP)),
            rate: self.rate(&outbound::RATE_APP),
            domain_rate: self.rate(&outbound::RATE_DOMAIN),
        };
        Bound { limits: self.invocation(), app, quota: quota.clone() }
    }

    /// What the app may spend in a day.
    #[must_use]
    pub fn daily(&self) -> Daily {
        Daily { calls: self.number(&outbound::CALLS_TODAY), bytes: self.number(&outbound::BYTES_TODAY) }
    }

    /// Invocations at once.
    #[must_use]
    pub fn slots(&self) -> u32 {
        self.count(&invocation::SLOTS)
    }

    /// What the kernel holds all calls to. An app that was given more than others have by default must find it there; the others
    /// are held to theirs by their own budgets.
    #[must_use]
    pub fn egress(&self) -> Calls {
        let none = Settings::default();
        let all = Held { manifest: &none, app: &none, ..*self };
        let in_flight = InFlight {
            all: self.size(&outbound::IN_FLIGHT),
            app: all.size(&outbound::IN_FLIGHT_APP).max(self.size(&outbound::IN_FLIGHT_APP)),
            wait: self.time(&outbound::WAIT),
            line: self.size(&outbound::LINE),
            line_app: self.size(&outbound::LINE_APP),
        };
        let rates = Rates {
            all: self.rate(&outbound::RATE),
            app: all.rate(&outbound::RATE_APP),
            domain: all.rate(&outbound::RATE_DOMAIN),
            refusals: self.rate(&outbound::REFUSALS),
        };
        Calls { in_flight, rates }
    }

    /// How long each phase of a call may take.
    #[must_use]
    pub fn timeouts(&self) -> Timeouts {
        Timeouts {
            dns: self.time(&call::DNS),
            connect: self.time(&call::CONNECT),
            tls: self.time(&call::TLS),
            first_byte: self.time(&call::FIRST_BYTE),
            between_bytes: self.time(&call::BETWEEN_BYTES),
        }
    }

    /// How large each part of a call may be. A request's body is bounded for each invocation, and here by the most that can be set.
    #[must_use]
    pub fn caps(&self) -> Caps {
        Caps {
            request_body: usize::try_from(invocation::REQUEST_BODY.most).unwrap_or(usize::MAX),
            response_head: self.size(&call::RESPONSE_HEAD),
            response_fields: self.size(&call::RESPONSE_FIELDS),
            informational: self.count(&call::INFORMATIONAL),
            response_body: self.number(&call::RESPONSE_BODY).unwrap_or(u64::MAX),
            decoded_ratio: self.number(&call::DECODED_RATIO).unwrap_or(u64::MAX),
            pieces: self.number(&call::PIECES).unwrap_or(u64::MAX),
            redirects: u8::try_from(self.count(&call::REDIRECTS)).unwrap_or(u8::MAX),
            dns_answers: self.size(&call::DNS_ANSWERS),
            dns_aliases: self.size(&call::DNS_ALIASES),
            idle_connections: self.size(&connections::IDLE),
            idle_connections_per_app: self.size(&connections::IDLE_APP),
            idle_time: self.time(&connections::IDLE_TIME),
            connection_age: self.time(&connections::AGE),
            streams: self.size(&connections::STREAMS),
            cache: self.size(&cache::BYTES),
            websocket: WebSocketCaps {
                message: self.size(&websocket::MESSAGE),
                frame: self.size(&websocket::FRAME),
                rate: self.count(&websocket::RATE),
                burst: self.count(&websocket::RATE),
                ..WebSocketCaps::default()
            },
        }
    }

    /// What clients can make the process hold. An invocation's own time is bounded by its runtime, which can change while this runs.
    #[must_use]
    pub fn gateway(&self) -> GatewayConfig {
        GatewayConfig {
            body: self.size(&inbound::BODY),
            bodies: self.size(&inbound::BODIES),
            head: self.size(&inbound::HEAD),
            headers: self.size(&inbound::FIELDS),
            head_timeout: self.time(&inbound::HEAD_TIME),
            body_timeout: self.time(&inbound::BODY_TIME),
            write_timeout: self.time(&inbound::WRITE_TIME),
            connections: self.size(&inbound::CONNECTIONS),
            in_flight: self.size(&inbound::IN_FLIGHT),
            timeout: Duration::from_millis(invocation::WALL.most),
            ..GatewayConfig::default()
        }
    }

    /// How much of the audit log is kept.
    #[must_use]
    pub fn retention(&self) -> Retention {
        Retention { age: self.time(&audit::AGE), rows: self.number(&audit::ROWS).unwrap_or(u64::MAX), ..Retention::default() }
    }

    fn value(&self, limit: &Limit) -> Value {
        effective(limit, self.server, self.manifest, self.app).value
    }

    fn number(&self, limit: &Limit) -> Option<u64> {
        self.value(limit).number()
    }

    fn time(&self, limit: &Limit) -> Duration {
        self.number(limit).map_or(Duration::MAX, Duration::from_millis)
    }

    fn size(&self, limit: &Limit) -> usize {
        self.number(limit).and_then(|number| usize::try_from(number).ok()).unwrap_or(usize::MAX)
    }

    fn count(&self, limit: &Limit) -> u32 {
        self.number(limit).and_then(|number| u32::try_from(number).ok()).unwrap_or(u32::MAX)
    }

    fn rate(&self, limit: &Limit) -> Option<Rate> {
        match self.value(limit) {
            Value::Rate(egret_limits::Rate { calls, period, burst }) => Some(Rate { calls, period, burst }),
            Value::Off | Value::Is(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use egret_limits::{LIMITS, Scope, Unit};

    /// Everything that is composed of an app's limits, in words.
    fn all(held: &Held<'_>) -> String {
        let parts = (held.bound(&Quota::default()), held.daily(), held.slots(), held.retention());
        format!("{parts:?} {:?} {:?} {:?} {:?}", held.egress(), held.timeouts(), held.caps(), held.gateway())
    }

    #[test]
    fn every_limit_reaches_the_part_that_enforces_it() {
        let none = Settings::default();
        let plain = all(&Held { server: &none, manifest: &none, app: &none });
        for limit in LIMITS {
            let value = match limit.unit {
                Unit::Rate => Value::Rate(egret_limits::Rate::per_second(7)),
                Unit::Time | Unit::Size | Unit::Count if limit.default == Value::Is(limit.least) => Value::Is(limit.most),
                Unit::Time | Unit::Size | Unit::Count => Value::Is(limit.least),
            };
            let mut set = Settings::default();
            set.set(limit, value);
            assert_ne!(all(&Held { server: &set, manifest: &none, app: &none }), plain, "{} of the server", limit.name);
            if limit.has(Scope::App).is_ok() {
                assert_ne!(all(&Held { server: &none, manifest: &none, app: &set }), plain, "{} of an app", limit.name);
            }
        }
    }

    /// A program that embeds a part without the registry is held to the same.
    #[test]
    fn where_nobody_has_set_anything_the_parts_own_defaults_count() {
        let none = Settings::default();
        let held = Held { server: &none, manifest: &none, app: &none };
        assert_eq!(held.invocation(), Limits::default());
        assert_eq!((held.egress(), held.timeouts()), (Calls::default(), Timeouts::default()));
        let request_body = held.caps().request_body;
        assert_eq!(held.caps(), Caps { request_body, ..Caps::default() });
        assert_eq!(held.gateway(), GatewayConfig { timeout: Duration::from_secs(900), ..GatewayConfig::default() });
        assert_eq!((held.daily(), held.retention()), (Daily::default(), Retention::default()));
    }
}
