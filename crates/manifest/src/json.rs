//! JSON as the tree that TOML's reader makes, every value and key with its place, so that one reader serves both.
//!
//! It is strict (RFC 8259): no comments, no trailing commas, no byte order mark. What the standard leaves open is refused where
//! two readers could differ: a key that stands twice, and `null`, which TOML has not. Nesting is bounded by the library.

use crate::section::{Sink, Value};
use nojson::{JsonParseError, JsonValueKind, RawJson, RawJsonValue};
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// Reads a text that is one object; `None` when it is not, with the faults reported.
pub(crate) fn table<'a>(text: &'a str, sink: &Sink<'_>) -> Option<DeTable<'a>> {
    let json = match RawJson::parse(text) {
        Ok(json) => json,
        Err(error) => {
            let place = error.position();
            sink.report(Some(place..place), "", words(&error, text));
            return None;
        }
    };
    let root = json.value();
    if root.kind() != JsonValueKind::Object {
        sink.report(Some(root.position()..root.position()), "", "must be an object: { \"version\": 1, ... }");
        return None;
    }
    object(root, sink)
}

fn words(error: &JsonParseError, text: &str) -> String {
    match (error, text.get(error.position()..).and_then(|rest| rest.chars().next())) {
        (_, Some('\u{feff}')) => {
            "begins with a byte order mark, which JSON has not (RFC 8259, 8.1); save it as UTF-8 without one".to_owned()
        }
        (_, Some('/' | '#')) => "JSON has no comments; write the manifest as egret.toml to have them".to_owned(),
        (JsonParseError::UnexpectedEos { .. }, _) | (_, None) => "ends before its last value does".to_owned(),
        (JsonParseError::UnexpectedTrailingChar { .. }, _) => "nothing may follow the object".to_owned(),
        (JsonParseError::UnexpectedValueChar { .. }, Some(found)) => format!("{found:?} may not stand here in JSON"),
        (JsonParseError::InvalidValue { .. }, _) => "lists and objects lie too deep in each other".to_owned(),
    }
}

/// Goes on after a fault, so that all of them are found.
fn value<'a>(raw: RawJsonValue<'a, '_>, sink: &Sink<'_>) -> Option<Value<'a>> {
    let text = raw.as_raw_str();
    let span = raw.position()..raw.position() + text.len();
    let value = match raw.kind() {
        JsonValueKind::Null => {
            sink.report(Some(span.clone()), "", "null is no value of a manifest; leave the key out");
            None
        }
        JsonValueKind::Boolean => Some(DeValue::Boolean(text == "true")),
        JsonValueKind::Integer | JsonValueKind::Float => number(text, span.clone(), sink),
        JsonValueKind::String => string(raw).map(DeValue::String),
        JsonValueKind::Array => list(raw, sink),
        JsonValueKind::Object => object(raw, sink).map(DeValue::Table),
    };
    value.map(|value| Spanned::new(span, value))
}

/// JSON's numbers are written as TOML's are, so TOML's reader makes one of them. Their size is judged where they are used.
fn number<'a>(text: &'a str, span: std::ops::Range<usize>, sink: &Sink<'_>) -> Option<DeValue<'a>> {
    let number = DeValue::parse(text).ok().map(Spanned::into_inner);
    if number.is_none() {
        sink.report(Some(span), "", "is no number that can be read");
    }
    number
}

fn string<'a>(raw: RawJsonValue<'a, '_>) -> Option<DeString<'a>> {
    raw.to_unquoted_string_str().ok()
}

fn list<'a>(raw: RawJsonValue<'a, '_>, sink: &Sink<'_>) -> Option<DeValue<'a>> {
    let values: Vec<Option<Value<'a>>> = raw.to_array().ok()?.map(|raw| value(raw, sink)).collect();
    let values: Option<Vec<Value<'a>>> = values.into_iter().collect();
    values.map(|values| DeValue::Array(values.into_iter().collect()))
}

fn object<'a>(raw: RawJsonValue<'a, '_>, sink: &Sink<'_>) -> Option<DeTable<'a>> {
    let mut table = DeTable::new();
    let mut whole = true;
    for (key, raw) in raw.to_object().ok()? {
        let span = key.position()..key.position() + key.as_raw_str().len();
        let (name, value) = (string(key)?, value(raw, sink));
        whole &= value.is_some();
        if table.contains_key(name.as_ref()) {
            sink.report(Some(span), "", format!("the key {name:?} stands twice in this object"));
            whole = false;
        } else {
            // A bad value is kept as some value: the key stands there, and would stand twice.
            let value = value.unwrap_or_else(|| Spanned::new(span.clone(), DeValue::Boolean(false)));
            table.insert(Spanned::new(span, name), value);
        }
    }
    whole.then_some(table)
}

#[cfg(test)]
mod tests;
