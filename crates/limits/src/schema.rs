//! The JSON Schema (draft 2020-12) of an object with limits as keys.

use crate::limit::{Limit, Unit};
use crate::list::LIMITS;
use serde_json::{Map, Value as Json, json};

/// The schema's text, with a line break at its end. Numbers are written as texts, as everywhere.
#[must_use]
pub fn schema() -> String {
    let properties: Map<String, Json> = LIMITS.iter().map(|limit| (limit.name.to_owned(), property(limit))).collect();
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Egret limits",
        "description": "Limits by name, with values as `egret limits set` takes them.",
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
    });
    format!("{schema:#}\n")
}

fn property(limit: &Limit) -> Json {
    let pattern = if limit.can_be_off { format!("^off$|{}", limit.unit.pattern()) } else { limit.unit.pattern().to_owned() };
    let scopes: Vec<&str> = limit.scopes.iter().map(|scope| scope.name()).collect();
    let mut property = json!({
        "type": "string",
        "description": format!("{} {}", limit.about, limit.reason),
        "pattern": pattern,
        "default": limit.write(limit.default),
        "x-unit": limit.unit.name(),
        "x-range": limit.range(),
        "x-scopes": scopes,
        "x-live": limit.live,
    });
    if limit.unit != Unit::Rate {
        property["x-least"] = json!(limit.least);
        property["x-most"] = json!(limit.most);
    }
    property
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_is_a_property() {
        let schema: Json = serde_json::from_str(&schema()).unwrap();
        assert_eq!(schema["properties"].as_object().unwrap().len(), LIMITS.len());
        assert_eq!(schema["properties"]["invocation.wall"]["default"], "60s");
        assert_eq!(schema["properties"]["outbound.rate"]["pattern"], "^off$|^[0-9]+/(s|min|h|d)( burst [0-9]+)?$");
    }
}
