//! A JSON Schema that bodies must fit. A manifest's author writes it and a guest writes the body, so neither may cost the host more
//! than its size: no reference leaves the schema or leads back to itself, what references unfold to is bounded, patterns are matched
//! in linear time, and a body that two readers may read differently fits nothing.

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::fmt;

/// Bytes of a schema's text, at most.
const MAX_TEXT: usize = 64 << 10;
/// Values of a schema, at most, with each reference counted as what it refers to.
const MAX_UNFOLDED: usize = 10_000;
/// How deep references may lead.
const MAX_DEPTH: usize = 64;

/// Keywords that would read the schema otherwise than from its root, or lead to what is only known while validating.
const REFUSED: [&str; 7] = ["$id", "id", "$anchor", "$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor"];

/// A compiled schema.
pub(crate) struct Schema(jsonschema::Validator);

impl Schema {
    /// Compiles a schema. Nothing is fetched.
    pub fn compile(text: &str) -> Result<Self, String> {
        if text.len() > MAX_TEXT {
            return Err(format!("the schema has {} bytes, and may have {MAX_TEXT}", text.len()));
        }
        let schema = unambiguous(text.as_bytes()).map_err(|error| format!("is no JSON: {error}"))?;
        if !schema.is_object() && !schema.is_boolean() {
            return Err("a schema is an object".to_owned());
        }
        Walk { root: &schema, left: MAX_UNFOLDED }.unfold(&schema, 0)?;
        let options = jsonschema::options().with_pattern_options(jsonschema::PatternOptions::regex());
        options.build(&schema).map(Self).map_err(|error| format!("is no JSON Schema: {error}"))
    }

    /// Whether a body fits; if not, the place in the schema that it does not fit. The body's own text is never told.
    pub fn fits(&self, body: &[u8]) -> Result<(), String> {
        let body = unambiguous(body).map_err(|error| format!("is no JSON, or can be read in two ways: {error}"))?;
        let Err(error) = self.0.validate(&body) else { return Ok(()) };
        Err(format!("does not fit the schema at {:?}", error.schema_path().as_str()))
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Schema(..)")
    }
}

/// A walk through a schema as validating may go at most.
struct Walk<'a> {
    root: &'a Value,
    left: usize,
}

impl Walk<'_> {
    fn unfold(&mut self, value: &Value, depth: usize) -> Result<(), String> {
        self.left = self.left.checked_sub(1).ok_or_else(|| format!("unfolds to over {MAX_UNFOLDED} values"))?;
        match value {
            Value::Object(object) => self.object(object, depth),
            Value::Array(values) => values.iter().try_for_each(|value| self.unfold(value, depth)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
        }
    }

    /// A keyword counts wherever it stands, also where it would be a property's name or plain data: that refuses too much, and seldom.
    fn object(&mut self, object: &Map<String, Value>, depth: usize) -> Result<(), String> {
        if let Some(refused) = REFUSED.iter().find(|name| object.get(**name).is_some_and(Value::is_string)) {
            return Err(format!("{refused} is not understood here; refer to a part of the schema by \"#/…\""));
        }
        if let Some(Value::String(reference)) = object.get("$ref") {
            let found =
                reference.strip_prefix('#').filter(|pointer| pointer.starts_with('/')).and_then(|pointer| self.root.pointer(pointer));
            let found = found.ok_or_else(|| format!("$ref {reference:?} names no part of the schema; nothing is fetched"))?;
            if depth == MAX_DEPTH {
                return Err(format!("$ref {reference:?} leads back to itself, or through over {MAX_DEPTH} others"));
            }
            // The copy of a reference outlives no call.
            self.unfold(found, depth + 1)?;
        }
        object.values().try_for_each(|value| self.unfold(value, depth))
    }
}

/// JSON in which no object has a name twice: of two values, one reader takes the first and another the last.
fn unambiguous(text: &[u8]) -> Result<Value, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    let value = Strict.deserialize(&mut reader)?;
    reader.end()?;
    Ok(value)
}

struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number is out of range"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = values.next_element_seed(Strict)? {
            list.push(value);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(Strict)?;
            if map.insert(name, value).is_some() {
                return Err(A::Error::custom("a name stands twice in one object"));
            }
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn fits(schema: &str, body: &str) -> bool {
        Schema::compile(schema).unwrap().fits(body.as_bytes()).is_ok()
    }

    #[test]
    fn a_body_fits_its_schema_or_does_not() {
        let schema = r##"{"type": "object", "required": ["amount"], "properties": {"amount": {"$ref": "#/$defs/cents"}},
            "$defs": {"cents": {"type": "integer", "maximum": 100}}}"##;
        assert!(fits(schema, r#"{"amount": 7}"#));
        for bad in [r#"{"amount": 101}"#, r#"{"amount": "7"}"#, "{}", "", "amount=7", r#"{"amount": 7} {}"#] {
            assert!(!fits(schema, bad), "{bad}");
        }
    }

    #[test]
    fn a_name_that_stands_twice_fits_nothing() {
        assert!(!fits("true", r#"{"amount": 1000, "amount": 1}"#) && !fits("true", r#"[{"a": {"b": 1, "\u0062": 2}}]"#));
    }

    #[test]
    fn a_body_that_does_not_fit_is_not_told_again() {
        let schema = Schema::compile(r#"{"properties": {"a": {"const": 1}}, "additionalProperties": false}"#).unwrap();
        for body in [r#"{"a": "hunter2"}"#, r#"{"hunter2": 1}"#] {
            let words = schema.fits(body.as_bytes()).unwrap_err();
            assert!(!words.contains("hunter2"), "{words}");
        }
    }

    #[test]
    fn references_stay_within_the_schema_and_end() {
        let doubling: String = (0..20)
            .map(|n| format!(r##""d{n}": {{"anyOf": [{{"$ref": "#/$defs/d{}"}}, {{"$ref": "#/$defs/d{}"}}]}},"##, n + 1, n + 1))
            .collect();
        for bad in [
            r#"{"$ref": "https://example.com/schema.json"}"#.to_owned(),
            r#"{"$ref": "other.json#/a"}"#.to_owned(),
            r#"{"$ref": "file:///etc/passwd"}"#.to_owned(),
            r##"{"$ref": "#"}"##.to_owned(),
            r##"{"$ref": "#/$defs/none"}"##.to_owned(),
            r##"{"$defs": {"a": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"}"##.to_owned(),
            r##"{"$defs": {"a": {"properties": {"b": {"$ref": "#/$defs/a"}}}}, "$ref": "#/$defs/a"}"##.to_owned(),
            format!(r##"{{"$defs": {{{doubling} "d20": true}}, "$ref": "#/$defs/d0"}}"##),
            r#"{"$id": "https://example.com/"}"#.to_owned(),
            r##"{"$dynamicRef": "#a"}"##.to_owned(),
            r#"{"type": "no-such-type"}"#.to_owned(),
            r#"{"pattern": "(?<=a)b"}"#.to_owned(),
            "7".to_owned(),
            "{".to_owned(),
        ] {
            assert!(Schema::compile(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_pattern_that_would_go_back_and_forth_takes_its_time_once() {
        assert!(!fits(r#"{"pattern": "^(a+)+$"}"#, &format!("\"{}b\"", "a".repeat(10_000))));
    }
}
