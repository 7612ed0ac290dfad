//! The JSON Schema (draft 2020-12) of a manifest, made of the list.
//!
//! An object's keys come out in alphabetical order, which is what `serde_json` keeps: the text is the same wherever it is made.

use crate::keys::MANIFEST;
use crate::shape::{Key, Kind, Literal, Table, Text};
use egret_limits::Limit;
use serde_json::{Map, Value, json};

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The schema's text, with a line break at its end.
#[must_use]
pub fn schema() -> String {
    let mut definitions = Map::new();
    let mut root = table(&MANIFEST, &mut definitions);
    root.insert("$schema".to_owned(), json!(DIALECT));
    root.insert("title".to_owned(), json!("Egret manifest"));
    root.insert("$defs".to_owned(), Value::Object(definitions));
    format!("{:#}\n", Value::Object(root))
}

/// A table, with what it refers to among the definitions.
fn table(table: &Table, definitions: &mut Map<String, Value>) -> Map<String, Value> {
    let properties: Map<String, Value> = table.keys.iter().map(|key| (key.name.to_owned(), property(key, definitions))).collect();
    let required: Vec<&str> = table.keys.iter().filter(|key| key.required).map(|key| key.name).collect();
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("description".to_owned(), json!(table.about));
    schema.insert("additionalProperties".to_owned(), json!(false));
    if let Some(own) = &table.own {
        schema.insert("propertyNames".to_owned(), Value::Object(text(&own.names)));
        schema.insert("additionalProperties".to_owned(), Value::Object(kind(&own.of, definitions)));
    }
    if !properties.is_empty() {
        schema.insert("properties".to_owned(), Value::Object(properties));
    }
    if !required.is_empty() {
        schema.insert("required".to_owned(), json!(required));
    }
    schema
}

fn property(key: &Key, definitions: &mut Map<String, Value>) -> Value {
    let mut schema = kind(&key.kind, definitions);
    // A limit says its range too.
    schema.entry("description").or_insert_with(|| json!(key.about));
    if let Some(default) = &key.default {
        schema.insert("default".to_owned(), literal(default));
    }
    Value::Object(schema)
}

fn kind(of: &Kind, definitions: &mut Map<String, Value>) -> Map<String, Value> {
    let schema = match of {
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Number(least, most) if least == most => json!({ "const": least }),
        Kind::Number(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Kind::Text(form) => return text(form),
        Kind::Json => json!({ "type": ["object", "array", "string", "number", "boolean"], "propertyNames": { "minLength": 1 } }),
        Kind::Limit(of) => return limit(of),
        Kind::Choice(choices) => {
            let choices = choices.iter().map(|(name, about)| json!({ "const": name, "description": about }));
            json!({ "type": "string", "oneOf": choices.collect::<Vec<_>>() })
        }
        Kind::List(of, most) => {
            let mut list =
                Map::from_iter([("type".to_owned(), json!("array")), ("items".to_owned(), Value::Object(kind(of, definitions)))]);
            list.extend(most.map(|most| ("maxItems".to_owned(), json!(most))));
            return list;
        }
        Kind::Either(kinds) => json!({ "anyOf": kinds.iter().map(|of| Value::Object(kind(of, definitions))).collect::<Vec<_>>() }),
        Kind::Table(of) => {
            if !definitions.contains_key(of.name) {
                let definition = table(of, definitions);
                definitions.insert(of.name.to_owned(), Value::Object(definition));
            }
            json!({ "$ref": format!("#/$defs/{}", of.name) })
        }
    };
    match schema {
        Value::Object(schema) => schema,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
    }
}

fn text(form: &Text) -> Map<String, Value> {
    let mut schema = Map::from_iter([("type".to_owned(), json!("string"))]);
    schema.extend(form.pattern.map(|pattern| ("pattern".to_owned(), json!(pattern))));
    if !form.examples.is_empty() {
        schema.insert("examples".to_owned(), json!(form.examples));
    }
    schema
}

/// What the registry says of a limit.
fn limit(of: &Limit) -> Map<String, Value> {
    let default = of.write(of.default);
    let schema = [
        ("type", json!("string")),
        ("pattern", json!(of.unit.pattern())),
        ("examples", json!([default])),
        ("description", json!(format!("{} From {}.", of.about, of.range()))),
        ("default", json!(default)),
    ];
    schema.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn literal(value: &Literal) -> Value {
    match value {
        Literal::Flag(flag) => json!(flag),
        Literal::Number(number) => json!(number),
        Literal::Text(text) => json!(text),
        Literal::Nothing => json!([]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A table that refers to itself would never end; one name for two tables would hide one of them.
    #[test]
    fn every_table_is_defined_under_a_name_of_its_own() {
        let schema: Value = serde_json::from_str(&schema()).unwrap();
        let names: Vec<&String> = schema["$defs"].as_object().unwrap().keys().collect();
        assert_eq!(
            names,
            [
                "auth", "breaker", "cache", "defaults", "dev", "fields", "limits", "respond", "retry", "route", "rule", "secrets", "tls",
                "upstream", "vars", "wanted"
            ]
        );
    }

    #[test]
    fn no_key_stands_twice_in_a_table() {
        use crate::keys::{BREAKER, DEV, LIMITS, RETRY, ROUTE, RULE, RULE_FILE, SECRETS, TLS, UPSTREAM};
        for table in [&MANIFEST, &RULE_FILE, &LIMITS, &DEV, &UPSTREAM, &RULE, &ROUTE, &TLS, &SECRETS, &RETRY, &BREAKER] {
            let mut names = table.names();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), table.keys.len(), "{}", table.name);
        }
    }
}
