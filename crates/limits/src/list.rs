//! The list: every limit, in the order in which people read of them.

pub mod audit;
pub mod cache;
pub mod call;
pub mod connections;
pub mod inbound;
pub mod invocation;
pub mod outbound;
pub mod websocket;

use crate::limit::{Limit, Scope, Unit};
use crate::value::Value;

/// Every limit.
pub static LIMITS: &[&Limit] = &[
    &invocation::WALL,
    &invocation::CPU,
    &invocation::HEAP,
    &invocation::CALLS,
    &invocation::OPEN_CALLS,
    &invocation::BYTES,
    &invocation::REQUEST_BODY,
    &invocation::RESPONSE_BODY,
    &invocation::ANSWER_BODY,
    &invocation::LOGS,
    &invocation::SLOTS,
    &outbound::IN_FLIGHT,
    &outbound::IN_FLIGHT_APP,
    &outbound::WAIT,
    &outbound::LINE,
    &outbound::LINE_APP,
    &outbound::RATE,
    &outbound::RATE_APP,
    &outbound::RATE_DOMAIN,
    &outbound::REFUSALS,
    &outbound::CALLS_TODAY,
    &outbound::BYTES_TODAY,
    &call::DNS,
    &call::CONNECT,
    &call::TLS,
    &call::FIRST_BYTE,
    &call::BETWEEN_BYTES,
    &call::RESPONSE_HEAD,
    &call::RESPONSE_FIELDS,
    &call::INFORMATIONAL,
    &call::RESPONSE_BODY,
    &call::DECODED_RATIO,
    &call::PIECES,
    &call::REDIRECTS,
    &call::DNS_ANSWERS,
    &call::DNS_ALIASES,
    &connections::IDLE,
    &connections::IDLE_APP,
    &connections::IDLE_TIME,
    &connections::AGE,
    &connections::STREAMS,
    &cache::BYTES,
    &websocket::MESSAGE,
    &websocket::FRAME,
    &websocket::RATE,
    &inbound::BODY,
    &inbound::BODIES,
    &inbound::HEAD,
    &inbound::FIELDS,
    &inbound::HEAD_TIME,
    &inbound::BODY_TIME,
    &inbound::WRITE_TIME,
    &inbound::CONNECTIONS,
    &inbound::IN_FLIGHT,
    &audit::ROWS,
    &audit::AGE,
];

/// The limit of a name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Limit> {
    LIMITS.iter().find(|limit| limit.name == name).copied()
}

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const SECOND: u64 = 1_000;

/// A limit of the server that counts from the next start on. What its entry does not say is said here.
const SERVER: Limit = Limit {
    name: "",
    about: "",
    reason: "",
    default: Value::Off,
    least: 0,
    most: 0,
    unit: Unit::Count,
    can_be_off: false,
    scopes: &[Scope::Server],
    live: false,
    code: "",
    key: "",
    held_by: &[],
};
/// A limit of the server that counts at once.
const LIVE: Limit = Limit { live: true, ..SERVER };
/// A limit that an app may have of its own, and that counts at once.
const APP: Limit = Limit { scopes: &[Scope::Server, Scope::App], ..LIVE };

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_entry_says_what_it_is_and_takes_its_own_default() {
        for limit in LIMITS {
            assert!(limit.takes(limit.default), "{}", limit.name);
            assert!(limit.about.ends_with('.') && limit.reason.ends_with('.'), "{}", limit.name);
            assert!(limit.least < limit.most && !limit.held_by.is_empty(), "{}", limit.name);
            assert_eq!(limit.scopes.first(), Some(&Scope::Server), "{}", limit.name);
            assert_eq!(limit.read(&limit.write(limit.default)), Ok(limit.default), "{}", limit.name);
            assert!(!limit.range().is_empty() && limit.read("").is_err(), "{}", limit.name);
        }
    }

    #[test]
    fn no_name_and_no_key_stands_twice() {
        let names: BTreeSet<&str> = LIMITS.iter().map(|limit| limit.name).collect();
        assert_eq!(names.len(), LIMITS.len());
        let keys: Vec<&str> = LIMITS.iter().map(|limit| limit.key).filter(|key| !key.is_empty()).collect();
        assert_eq!(keys, ["timeout", "cpu", "heap"]);
    }

    /// An entry that is written and not listed would be a limit that nobody can see.
    #[test]
    fn every_entry_is_listed() {
        let files = [
            include_str!("list/audit.rs"),
            include_str!("list/cache.rs"),
            include_str!("list/call.rs"),
            include_str!("list/connections.rs"),
            include_str!("list/inbound.rs"),
            include_str!("list/invocation.rs"),
            include_str!("list/outbound.rs"),
            include_str!("list/websocket.rs"),
        ];
        assert_eq!(files.iter().map(|file| file.matches("pub static ").count()).sum::<usize>(), LIMITS.len());
    }
}
