//! What rules do with requests as data: set and remove fields, rewrite the path, answer. It runs as the innermost middleware of its
//! rule or route, and what it rewrites is decided by the caller's grants.

use super::{Context, HookError, Middleware, Next, Reply};
use bytes::Bytes;
use egret_policy::{Given, Handling, Respond, Target};
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::Value;
use std::collections::BTreeMap;

/// The data of one rule or route.
pub(super) struct Data(Handling);

impl Data {
    /// `None` where there is nothing to do.
    pub fn of(handling: &Handling) -> Option<Self> {
        let own = Handling { middleware: Vec::new(), ..handling.clone() };
        own.acts().then_some(Self(own))
    }

    /// What an audit event says in place of a middleware's name.
    pub fn name(&self) -> &'static str {
        if self.0.respond.is_some() { "respond" } else { "rule" }
    }

    fn change(&self, context: &mut Context) -> Result<(), HookError> {
        for name in &self.0.remove_header {
            context.headers_mut().remove(name.as_str());
        }
        for (name, value) in &self.0.set_header {
            let (name, value) = field(name, value)?;
            context.headers_mut().insert(name, value);
        }
        if let Some(path) = self.0.rewritten(context.params()) {
            let url = with_path(context.url(), &path)?;
            context.set_url(url);
        }
        Ok(())
    }
}

impl Middleware for Data {
    async fn handle(&self, context: &mut Context, next: Next<'_>) -> Result<(), HookError> {
        if let Some(respond) = &self.0.respond {
            let reply = reply(respond, context.params())?;
            context.answer(reply);
            return Ok(());
        }
        self.change(context)?;
        next.run(context).await.map(drop)
    }
}

fn field(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), HookError> {
    // Both were looked at when the rule was loaded.
    let malformed = || HookError::new(format!("{name} cannot be set"));
    Ok((name.parse().map_err(|_| malformed())?, value.parse().map_err(|_| malformed())?))
}

/// The same URL with another path; its query stays.
fn with_path(url: &str, path: &str) -> Result<String, HookError> {
    let target = Target::parse(url).map_err(HookError::new)?;
    let query = target.query().map_or_else(String::new, |query| format!("?{query}"));
    Ok(format!("{}://{}{path}{query}", target.scheme().as_str(), target.authority()))
}

fn reply(respond: &Respond, params: &BTreeMap<String, String>) -> Result<Reply, HookError> {
    let mut reply = Reply::new(StatusCode::from_u16(respond.status).map_err(HookError::new)?);
    match &respond.body {
        Given::Nothing => {}
        Given::Text(text) => reply = Reply::text(reply.status, text.clone()),
        Given::Json(text) => {
            let mut value: Value = serde_json::from_str(text).map_err(HookError::new)?;
            fill(&mut value, params);
            reply.set_body(Bytes::from(value.to_string()));
            reply.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
    }
    for (name, value) in &respond.headers {
        let (name, value) = field(name, value)?;
        reply.headers.insert(name, value);
    }
    Ok(reply)
}

/// Puts the path's parameters where they are named. They stay strings, whatever they hold.
fn fill(value: &mut Value, params: &BTreeMap<String, String>) {
    match value {
        Value::String(text) => {
            if let Some(found) = text.strip_prefix(':').and_then(|name| params.get(name)) {
                *text = unescaped(found);
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| fill(value, params)),
        Value::Object(entries) => entries.values_mut().for_each(|value| fill(value, params)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A part of a canonical path without its escapes, each of which is two digits.
fn unescaped(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, behind @ ..] = rest {
        let escape = behind.get(..2).filter(|_| *first == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = escape.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        out.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { behind.get(2..).unwrap_or_default() } else { behind };
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_stays_one_string_whatever_it_holds() {
        let mut value: Value = serde_json::from_str(r#"{"id": ":id", "list": [":id", ":other", "x:id"], ":id": 1}"#).unwrap();
        fill(&mut value, &BTreeMap::from([("id".to_owned(), "a%22,%20%22admin%22:%20true%C3%A9".to_owned())]));
        assert_eq!(value["id"], "a\", \"admin\": trueé");
        assert_eq!((&value["list"][1], &value["list"][2], &value[":id"]), (&Value::from(":other"), &Value::from("x:id"), &Value::from(1)));
        assert_eq!(value.as_object().unwrap().len(), 3);
    }

    #[test]
    fn a_rewritten_path_keeps_the_query() {
        assert_eq!(with_path("https://a.test:8443/v1/x?a=1", "/v2/x").unwrap(), "https://a.test:8443/v2/x?a=1");
        assert_eq!(with_path("http://a.test/v1", "/v2").unwrap(), "http://a.test/v2");
    }
}
