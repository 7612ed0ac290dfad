//! Spans as OTLP has them in JSON (opentelemetry-proto 1.x, `ExportTraceServiceRequest`): ids in hexadecimal digits, numbers of 64
//! bits as texts.

use super::span::{Span, Value};
use serde_json::{Value as Json, json};
use std::time::{SystemTime, UNIX_EPOCH};

/// The number of an error among the codes of a span's status.
const ERROR: u8 = 2;

/// One request's body.
pub(crate) fn encode(spans: &[Span]) -> Vec<u8> {
    let spans: Vec<Json> = spans.iter().map(span).collect();
    let version = env!("CARGO_PKG_VERSION");
    let resource = attributes(&[("service.name", Value::from("egret")), ("service.version", Value::from(version))]);
    let scope = json!({ "name": "egret", "version": version });
    let body = json!({ "resourceSpans": [{ "resource": { "attributes": resource }, "scopeSpans": [{ "scope": scope, "spans": spans }] }] });
    body.to_string().into_bytes()
}

fn span(span: &Span) -> Json {
    let mut object = json!({
        "traceId": format!("{:032x}", span.trace.0),
        "spanId": format!("{:016x}", span.id.0),
        "name": span.name,
        "kind": span.kind as u8,
        "startTimeUnixNano": nanos(span.start),
        "endTimeUnixNano": nanos(span.end),
        "attributes": attributes(&span.attributes),
    });
    if let Some(parent) = span.parent {
        object["parentSpanId"] = json!(format!("{:016x}", parent.0));
    }
    if span.failed {
        object["status"] = json!({ "code": ERROR });
    }
    object
}

fn attributes(attributes: &[(&str, Value)]) -> Vec<Json> {
    let value = |value: &Value| match value {
        Value::Text(text) => json!({ "stringValue": text }),
        Value::Number(number) => json!({ "intValue": number.to_string() }),
    };
    attributes.iter().map(|(name, of)| json!({ "key": name, "value": value(of) })).collect()
}

fn nanos(time: SystemTime) -> String {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos()).to_string()
}
