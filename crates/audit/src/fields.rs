//! The one list of what a line of the audit log says. The lines, their JSON Schema and the page of the reference are made of it.

use crate::time::rfc3339;
use egret_store::{Attempt, Ended};
use serde_json::{Value, json};
use std::time::Duration;

/// What a field's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// A time after RFC 3339, in UTC.
    Time,
    /// A whole number, 0 or more.
    Count,
    /// Milliseconds, with a fraction.
    Millis,
    /// True or false.
    Flag,
    /// How an attempt ended.
    Ended,
    /// A list of texts.
    Texts,
}

/// One field of a line.
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What its value is.
    pub kind: Kind,
    /// Whether every line has it. A field that has nothing to say is left out.
    pub always: bool,
    /// What it says.
    pub about: &'static str,
    /// Its value; null for nothing.
    pub value: fn(&Attempt) -> Value,
}

const fn always(name: &'static str, kind: Kind, about: &'static str, value: fn(&Attempt) -> Value) -> Field {
    Field { name, kind, always: true, about, value }
}

const fn maybe(name: &'static str, kind: Kind, about: &'static str, value: fn(&Attempt) -> Value) -> Field {
    Field { name, kind, always: false, about, value }
}

/// All of them, in the order in which a line has them.
pub const FIELDS: [Field; 37] = [
    always("time", Kind::Time, "When the attempt began.", |row| json!(rfc3339(row.time))),
    always("call", Kind::Text, "The call's id. The hops of a call share it.", |row| json!(*row.call)),
    always("hop", Kind::Count, "How many redirects came before.", |row| json!(row.hop)),
    always("retries", Kind::Count, "How many tries of the same hop came before.", |row| json!(row.retries)),
    always("app", Kind::Text, "The app that asked.", |row| json!(*row.app)),
    always("function", Kind::Text, "The function that asked.", |row| json!(*row.function)),
    always("invocation", Kind::Text, "The invocation that asked: the request id of its answer.", |row| json!(*row.invocation)),
    maybe("door", Kind::Text, "The way in by which the request came: `js`, `library`, `command`, `platform`.", |row| json!(row.door)),
    always("method", Kind::Text, "The method.", |row| json!(row.method)),
    maybe("scheme", Kind::Text, "`http` or `https`; left out, as host and port are, where the URL could not be read.", |row| {
        json!(row.scheme)
    }),
    maybe("host", Kind::Text, "The host, in its canonical form.", |row| json!(row.host.as_deref())),
    maybe("port", Kind::Count, "The port.", |row| json!(row.port)),
    maybe("route", Kind::Text, "The path template of the rule that allowed it.", |row| json!(row.route.as_deref())),
    maybe("path", Kind::Text, "The path without the query, where the owner wants paths kept; cut at 2,048 bytes.", |row| json!(row.path)),
    maybe(
        "rule",
        Kind::Text,
        "The version of the rule that allowed it; `hook:` and a name where a hook decided or answered in its place.",
        |row| json!(row.rule),
    ),
    always("outcome", Kind::Ended, "How it ended.", |row| json!(row.ended.as_str())),
    maybe("code", Kind::Text, "The dotted code of its refusal or failure, as [the codes](codes.md) have it.", |row| json!(row.code)),
    maybe("message", Kind::Text, "The owner's words for that.", |row| json!(row.words)),
    maybe(
        "change",
        Kind::Text,
        "The lines of a manifest that would allow what was refused. Those that name a path are kept where paths are.",
        |row| json!(row.change),
    ),
    maybe("reported", Kind::Text, "In the report mode, the code of the refusal that would have been.", |row| json!(row.reported)),
    maybe("address", Kind::Text, "The address that was connected to, with its port.", |row| json!(row.address)),
    always("reused", Kind::Flag, "Whether a kept connection was used.", |row| json!(row.reused)),
    always("cached", Kind::Flag, "Whether a kept response was used.", |row| json!(row.cached)),
    maybe("cache", Kind::Text, "How it was used, in a word.", |row| json!(row.cache)),
    maybe("hook", Kind::Text, "What decided or answered in place of a rule or the network, by name.", |row| json!(row.hook.as_deref())),
    maybe("status", Kind::Count, "The response's status.", |row| json!(row.status)),
    always("sent", Kind::Count, "Bytes of the request's body.", |row| json!(row.sent)),
    always("received", Kind::Count, "Bytes of the response's body.", |row| json!(row.received)),
    always("ms", Kind::Millis, "From its beginning to its end.", |row| millis(Some(row.took))),
    maybe("queue_ms", Kind::Millis, "Waiting for a free place.", |row| millis(row.timings.queue)),
    maybe("dns_ms", Kind::Millis, "Resolving the name.", |row| millis(row.timings.dns)),
    maybe("connect_ms", Kind::Millis, "Connecting.", |row| millis(row.timings.connect)),
    maybe("tls_ms", Kind::Millis, "The TLS handshake.", |row| millis(row.timings.tls)),
    maybe("first_byte_ms", Kind::Millis, "From the moment the request began to go out to the head of the response.", |row| {
        millis(row.timings.first_byte)
    }),
    maybe("secrets", Kind::Texts, "The secrets that went into it, by name.", |row| texts(&row.secrets)),
    maybe("echoed", Kind::Texts, "The secrets that came back and were masked, by name.", |row| texts(&row.echoed)),
    always(
        "weight",
        Kind::Count,
        "For how many attempts of the same app, host and outcome the line stands, itself among them; over 1 under pressure only.",
        |row| json!(row.weight),
    ),
];

/// What an outcome may be.
pub(crate) fn outcomes() -> [&'static str; Ended::ALL.len()] {
    Ended::ALL.map(Ended::as_str)
}

fn millis(duration: Option<Duration>) -> Value {
    json!(duration.map(|duration| duration.as_micros() as f64 / 1e3))
}

fn texts(texts: &[String]) -> Value {
    if texts.is_empty() { Value::Null } else { json!(texts) }
}
