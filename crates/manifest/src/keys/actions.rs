//! What a rule may do beside allowing: the keys `retry`, `rate`, `breaker` and those that bound a call.

use super::{METHOD, optional, text};
use crate::shape::{Key, Kind, Literal, Table};

/// `retry` of a rule.
pub static RETRY: Table = Table {
    name: "retry",
    about: "What is tried again: failures of the connection, and the answers in on.",
    keys: &[
        Key {
            name: "attempts",
            about: "Tries in all, the first one included.",
            required: false,
            default: Some(Literal::Number(3)),
            kind: Kind::Number(1, 5),
        },
        optional(
            "on",
            "Answers after which it is tried again: 408, 425, 429 and 500 to 599. Without it 502, 503, 504.",
            Kind::Either(&[STATUS, Kind::List(&STATUS, Some(100))]),
        ),
        usual(
            "backoff",
            "Two times: the wait before the second try is random below the first; the bound doubles with every try, up to the second.",
            "200ms..5s",
            text(Some("^[0-9]+(ms|s|m|h)\\.\\.[0-9]+(ms|s|m|h)$"), &["200ms..5s"]),
        ),
        Key {
            name: "methods",
            about: "Methods that are tried again although they are not idempotent.",
            required: false,
            default: Some(Literal::Nothing),
            kind: Kind::Either(&[METHOD, Kind::List(&METHOD, Some(100))]),
        },
    ],
    own: None,
};

/// `breaker` of a rule.
pub static BREAKER: Table = Table {
    name: "breaker",
    about: "When a failing origin is left alone.",
    keys: &[
        Key {
            name: "failures",
            about: "Failures in a row after which it is: connections that fail, and answers of 500 to 599.",
            required: false,
            default: Some(Literal::Number(5)),
            kind: Kind::Number(1, 1_000),
        },
        usual("open", "How long, until one call may try it, up to \"900s\".", "30s", DURATION),
    ],
    own: None,
};

/// The keys of a rule.
pub(super) const RETRY_KEY: Key = optional("retry", "What is tried again, and how often.", Kind::Table(&RETRY));
pub(super) const RATE: Key = optional(
    "rate",
    "How often one app may use the rule: calls in a period of s, min, h or d.",
    text(Some("^[1-9][0-9]*/(s|min|h|d)$"), &["60/min"]),
);
pub(super) const BURST: Key =
    optional("burst", "Calls at once after a rest. Without it as many as rate has in its period.", Kind::Number(1, 1_000_000));
pub(super) const RATE_WAIT: Key = usual("rate_wait", "How long a call may wait for its turn, up to \"60s\".", "0s", DURATION);
pub(super) const BREAKER_KEY: Key = optional("breaker", "When a failing origin is left alone.", Kind::Table(&BREAKER));
/// The keys of a rule and of a route.
pub(super) const TIMEOUT: Key =
    optional("timeout", "The time that a call may take with all its tries, to the end of its response; up to \"900s\".", DURATION);
pub(super) const MAX_RESPONSE: Key = optional("max_response", "How large a response's body may be, as it comes and decoded.", SIZE);

const STATUS: Kind = Kind::Number(400, 599);
pub(super) const DURATION: Kind = text(Some("^[0-9]+(ms|s|m|h)$"), &["5s"]);
const SIZE: Kind = text(Some("^[0-9]+(B|KiB|MiB|GiB)$"), &["64MiB"]);

const fn usual(name: &'static str, about: &'static str, default: &'static str, kind: Kind) -> Key {
    Key { name, about, required: false, default: Some(Literal::Text(default)), kind }
}
