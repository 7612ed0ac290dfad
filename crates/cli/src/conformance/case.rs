//! One case: what is asked, under which policy, and what must come of it.

use anyhow::{Context, bail};
use serde_json::{Map, Value};
use std::net::IpAddr;

/// One case of the corpus.
#[derive(Clone, Debug)]
pub struct Case {
    pub id: String,
    pub class: String,
    pub policy: String,
    pub expect: Expect,
    /// What must also hold when it is allowed, for example `canonical:https://…`.
    pub effect: Option<String>,
    pub input: Input,
}

/// What must come of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    Allow,
    Deny,
}

impl std::fmt::Display for Expect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if *self == Self::Allow { "allow" } else { "deny" })
    }
}

/// The shapes that the runner knows.
#[derive(Clone, Debug)]
pub enum Input {
    /// A URL to be fetched.
    Url(String),
    /// A name with its answers.
    Resolves { name: String, answers: Vec<IpAddr>, own: Vec<IpAddr> },
    /// A method and a URL without header fields or body.
    Request { method: String, url: String },
    /// A shape that no runner knows yet, as its set of keys.
    Unknown(String),
}

impl Case {
    /// Reads one line.
    pub fn parse(line: &str) -> anyhow::Result<Self> {
        let Value::Object(case) = serde_json::from_str(line)? else { bail!("is no JSON object") };
        let text = |key: &str| case.get(key).and_then(Value::as_str).map(str::to_owned);
        let expect = match text("expect").as_deref() {
            Some("allow") => Expect::Allow,
            Some("deny") => Expect::Deny,
            _ => bail!("`expect` must be \"allow\" or \"deny\""),
        };
        Ok(Self {
            id: text("id").context("has no `id`")?,
            class: text("class").context("has no `class`")?,
            policy: text("policy").context("has no `policy`")?,
            expect,
            effect: text("effect"),
            input: input(&case)?,
        })
    }
}

fn input(case: &Map<String, Value>) -> anyhow::Result<Input> {
    if let Some(url) = case.get("url").and_then(Value::as_str) {
        return Ok(Input::Url(url.to_owned()));
    }
    if let Some(resolves) =
        case.get("resolves_to").and_then(Value::as_object).filter(|object| only(object, &["name", "answers", "local_interfaces"]))
    {
        let name = resolves.get("name").and_then(Value::as_str).context("`resolves_to` has no name")?;
        return Ok(Input::Resolves {
            name: name.to_owned(),
            answers: addresses(resolves, "answers")?,
            own: addresses(resolves, "local_interfaces")?,
        });
    }
    if let Some(request) = case.get("request").and_then(Value::as_object).filter(|object| only(object, &["method", "url", "headers"])) {
        let bare = request.get("headers").and_then(Value::as_array).is_none_or(Vec::is_empty);
        if let (true, Some(method), Some(url)) =
            (bare, request.get("method").and_then(Value::as_str), request.get("url").and_then(Value::as_str))
        {
            return Ok(Input::Request { method: method.to_owned(), url: url.to_owned() });
        }
    }
    let common = ["id", "class", "policy", "expect", "why", "source", "effect"];
    let keys: Vec<&str> = case.keys().map(String::as_str).filter(|key| !common.contains(key)).collect();
    Ok(Input::Unknown(keys.join(", ")))
}

fn only(object: &Map<String, Value>, keys: &[&str]) -> bool {
    object.keys().all(|key| keys.contains(&key.as_str()))
}

fn addresses(object: &Map<String, Value>, key: &str) -> anyhow::Result<Vec<IpAddr>> {
    let list = object.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter().map(|address| address.as_str().context("an address is no string")?.parse().context("is no address")).collect()
}
