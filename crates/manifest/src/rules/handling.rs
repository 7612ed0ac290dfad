//! What a rule or a route does beside allowing: the keys are the same in both, and their faults stand where they were written.

use crate::keys::{FIELDS, RESPOND, WANTED};
use crate::section::{Section, Value};
use egret_policy::{Given, Handling, Respond, Wanted};
use serde_json::Map;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use toml::de::{DeFloat, DeInteger, DeValue};

/// The keys that the law may still find fault with.
const KEYS: [&str; 5] = ["middleware", "set_header", "remove_header", "rewrite_path", "body_schema"];

/// Reads the keys; `fields` gets their places, `at` is what the law calls the table.
pub(super) fn read(section: &Section<'_>, at: &str, fields: &mut HashMap<String, Range<usize>>) -> Handling {
    for key in KEYS.into_iter().chain(["require_header"]) {
        fields.extend(section.get(key).map(|value| (format!("{at}{key}"), value.span())));
    }
    Handling {
        middleware: texts(section, "middleware"),
        set_header: section.section("set_header", &FIELDS).map(|table| pairs(&table)).unwrap_or_default(),
        remove_header: texts(section, "remove_header"),
        rewrite_path: section.text("rewrite_path").map(|(path, _)| path.to_owned()),
        respond: section.section("respond", &RESPOND).and_then(|table| respond(&table, at, fields)),
        require_header: section.section("require_header", &WANTED).map(|table| wanted(&table)).unwrap_or_default(),
        require_query: section.section("require_query", &WANTED).map(|table| wanted(&table)).unwrap_or_default(),
        body_schema: json(section, "body_schema"),
    }
}

fn texts(section: &Section<'_>, key: &'static str) -> Vec<String> {
    section.texts(key, true).unwrap_or_default().into_iter().map(|(text, _)| text).collect()
}

/// A table of texts.
fn pairs(section: &Section<'_>) -> BTreeMap<String, String> {
    let mut pairs = BTreeMap::new();
    for (name, _, value) in section.entries() {
        match value.get_ref().as_str() {
            Some(text) => drop(pairs.insert(name.to_owned(), text.to_owned())),
            None => section.wrong(value, &section.key(name), "a string"),
        }
    }
    pairs
}

/// A table of texts, or `true` for any.
fn wanted(section: &Section<'_>) -> BTreeMap<String, Wanted> {
    let mut wanted = BTreeMap::new();
    for (name, _, value) in section.entries() {
        match (value.get_ref().as_str(), value.get_ref().as_bool()) {
            (Some(text), _) => drop(wanted.insert(name.to_owned(), Wanted::Exactly(text.to_owned()))),
            (None, Some(true)) => drop(wanted.insert(name.to_owned(), Wanted::Anything)),
            (None, Some(false)) => {
                section.report(value.span(), &section.key(name), "demands nothing; leave it out, or write true or a text")
            }
            (None, None) => section.wrong(value, &section.key(name), "a string or true"),
        }
    }
    wanted
}

fn respond(section: &Section<'_>, at: &str, fields: &mut HashMap<String, Range<usize>>) -> Option<Respond> {
    for key in ["status", "headers", "body"] {
        let span = section.get(key).map_or_else(|| section.span.clone(), |value| value.span());
        fields.insert(format!("{at}respond.{key}"), span);
    }
    let status = section.get("status").and_then(|value| {
        let status = Section::decimal(value).and_then(|digits| digits.parse().ok());
        if status.is_none() {
            section.wrong(value, &section.key("status"), "a status from 200 to 599");
        }
        status
    });
    if section.get("status").is_none() {
        section.report(section.span.clone(), &section.key("status"), "is missing");
    }
    let headers = section.section("headers", &FIELDS).map(|table| pairs(&table)).unwrap_or_default();
    let is_json = section.flag("json").unwrap_or(false) || section.get("body").is_some_and(|body| body.get_ref().as_str().is_none());
    let body = match json(section, "body") {
        Some(text) if is_json => Given::Json(text),
        Some(text) => Given::Text(text),
        None => Given::Nothing,
    };
    section.finish();
    Some(Respond { status: status?, headers, body })
}

/// A value as JSON text: a string is such a text already, anything else is written as one.
fn json(section: &Section<'_>, key: &'static str) -> Option<String> {
    let value = section.get(key)?;
    if let Some(text) = value.get_ref().as_str() {
        return Some(text.to_owned());
    }
    let made = as_json(value);
    if made.is_none() {
        section.report(value.span(), &section.key(key), "holds a date, a number that JSON has not, or a name that is empty");
    }
    made.map(|made| made.to_string())
}

fn as_json(value: &Value<'_>) -> Option<serde_json::Value> {
    match value.get_ref() {
        DeValue::String(text) => Some(text.as_ref().into()),
        DeValue::Boolean(flag) => Some((*flag).into()),
        DeValue::Integer(number) => whole(number),
        DeValue::Float(number) => float(number),
        DeValue::Array(values) => values.iter().map(as_json).collect::<Option<Vec<_>>>().map(serde_json::Value::Array),
        DeValue::Table(table) => {
            let entry = |(key, value): (&toml::Spanned<toml::de::DeString<'_>>, &Value<'_>)| {
                let name = Some(key.get_ref().to_string()).filter(|name| !name.is_empty())?;
                Some((name, as_json(value)?))
            };
            table.iter().map(entry).collect::<Option<Map<_, _>>>().map(serde_json::Value::Object)
        }
        DeValue::Datetime(_) => None,
    }
}

fn whole(number: &DeInteger<'_>) -> Option<serde_json::Value> {
    i64::from_str_radix(number.as_str(), number.radix()).ok().map(Into::into)
}

fn float(number: &DeFloat<'_>) -> Option<serde_json::Value> {
    let number = number.as_str().parse().ok()?;
    serde_json::Number::from_f64(number).map(serde_json::Value::Number)
}
