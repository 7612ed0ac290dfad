//! One case: what is asked, under which policy, and what must come of it.

mod answer;
mod connect;
mod flow;
mod tenancy;

pub use answer::{Answer, Socket};
pub use connect::{Apps, Connect, Generations};
pub use flow::Flow;
pub use tenancy::Tenancy;

use anyhow::{Context, bail};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
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
    /// A name and what DNS says of it.
    Resolves(Box<Resolves>),
    /// A request as a guest hands it in, byte for byte.
    Request(Box<Asked>),
    /// A request whose upstreams answer with these heads, one after the other.
    Redirects { asked: Box<Asked>, answers: Vec<Head> },
    /// An upstream that answers like this.
    Answers(Box<Answer>),
    /// A TLS server, or what happens around a connection to one.
    Connects(Box<Connect>),
    /// A secret that goes out, and what comes back.
    Secret(Box<Flow>),
    /// A configuration, or a limit and the attempt beyond it.
    Tenancy(Box<Tenancy>),
    /// A shape that no runner knows yet, as its set of keys.
    Unknown(String),
}

/// A name and what DNS, and whatever else claims to know it, says of it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Resolves {
    pub name: String,
    pub answers: Vec<IpAddr>,
    /// That many addresses, or as many as a DNS message holds.
    pub answers_count: usize,
    /// Answers that change from one lookup to the next.
    pub sequence: Vec<Vec<IpAddr>>,
    /// When the next lookup happens; the sequence says all that matters here.
    #[serde(rename = "trigger")]
    _trigger: Option<String>,
    /// The aliases on the way to the answers.
    pub cname: Vec<String>,
    pub rcode: Option<String>,
    pub ttl: Option<u32>,
    pub truncated: bool,
    pub spoofed: bool,
    /// The name that the answer is about, where it is another one.
    pub owner: Option<String>,
    /// Search domains of the machine.
    pub search: Vec<String>,
    /// Entries of the machine's hosts file.
    pub hosts_file: BTreeMap<String, IpAddr>,
    /// The machine's own addresses.
    pub local_interfaces: Vec<IpAddr>,
    /// What an HTTPS record (RFC 9460) would change.
    pub https_rr: Option<Value>,
    /// An Alt-Svc field (RFC 7838) of the upstream.
    pub alt_svc: Option<String>,
    /// `explain`: the request is explained, not made.
    pub mode: Option<String>,
    pub assert_no_query: bool,
    /// What must hold of the resolver when it is allowed.
    pub effect: Option<String>,
}

/// A request as a guest hands it in.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub method: String,
    pub url: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub has_trailers: bool,
}

/// The head of an upstream's answer.
#[derive(Clone, Debug)]
pub struct Head {
    pub status: u64,
    pub fields: Vec<(String, String)>,
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
    if let Some(resolves) = case.get("resolves_to") {
        return Ok(Input::Resolves(serde_json::from_value(resolves.clone()).context("`resolves_to` is not understood")?));
    }
    if let Some(request) =
        object(case, "request", &["method", "url", "headers", "headers_count", "header_bytes", "body", "trailers", "effect"])
    {
        return Ok(Input::Request(Box::new(asked(request)?)));
    }
    if let Some(chain) = case.get("redirect_chain").and_then(Value::as_array) {
        let url = chain.first().and_then(Value::as_str).context("a redirect chain begins with a URL")?;
        let method = case.get("method").and_then(Value::as_str).unwrap_or("GET");
        let size = case.get("body_bytes").and_then(Value::as_u64).unwrap_or(0);
        let headers = case.get("headers").and_then(Value::as_object).map(pairs).unwrap_or_default();
        let asked = Asked {
            method: method.to_owned(),
            url: url.to_owned(),
            headers,
            body: vec![b'x'; usize::try_from(size)?],
            has_trailers: false,
        };
        return Ok(Input::Redirects { asked: Box::new(asked), answers: chain[1..].iter().map(head).collect::<anyhow::Result<_>>()? });
    }
    if let Some(answer) = understood(case, "response") {
        return Ok(Input::Answers(Box::new(answer)));
    }
    if let Some(connect) = understood(case, "connect") {
        return Ok(Input::Connects(Box::new(connect)));
    }
    if let Some(flow) = understood(case, "secret_flow") {
        return Ok(Input::Secret(Box::new(flow)));
    }
    if let Some(tenancy) = understood(case, "config") {
        return Ok(Input::Tenancy(Box::new(tenancy)));
    }
    let common = ["id", "class", "policy", "expect", "why", "source", "effect"];
    let keys: Vec<&str> = case.keys().map(String::as_str).filter(|key| !common.contains(key)).collect();
    Ok(Input::Unknown(keys.join(", ")))
}

/// The value of a key, if it has one of the shapes of `T`.
fn understood<T: DeserializeOwned>(case: &Map<String, Value>, key: &str) -> Option<T> {
    serde_json::from_value(case.get(key)?.clone()).ok()
}

fn asked(request: &Map<String, Value>) -> anyhow::Result<Asked> {
    let text = |key: &str| request.get(key).and_then(Value::as_str).map(str::to_owned);
    let number = |key: &str| request.get(key).and_then(Value::as_u64).map_or(Ok(0), usize::try_from);
    let listed = request.get("headers").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut headers = Vec::new();
    for pair in listed {
        let pair: (String, String) = serde_json::from_value(pair.clone()).context("a header field is no pair")?;
        headers.push(pair);
    }
    headers.extend((0..number("headers_count")?).map(|index| (format!("x-{index}"), "v".to_owned())));
    let large = number("header_bytes")?;
    headers.extend((large > 0).then(|| ("x-large".to_owned(), "v".repeat(large))));
    let body = text("body").unwrap_or_default().into_bytes();
    let has_trailers = request.get("trailers").and_then(Value::as_array).is_some_and(|trailers| !trailers.is_empty());
    Ok(Asked {
        has_trailers,
        method: text("method").context("a request has no method")?,
        url: text("url").context("a request has no URL")?,
        headers,
        body,
    })
}

fn head(value: &Value) -> anyhow::Result<Head> {
    let answer = value
        .as_object()
        .filter(|object| only(object, &["status", "location", "headers"]))
        .context("an answer of a redirect chain is not understood")?;
    let status = answer.get("status").and_then(Value::as_u64).context("an answer has no status")?;
    let location = answer.get("location").and_then(Value::as_str).map(|location| ("location".to_owned(), location.to_owned()));
    let more = answer.get("headers").and_then(Value::as_object).map(pairs).unwrap_or_default();
    Ok(Head { status, fields: location.into_iter().chain(more).collect() })
}

fn pairs(object: &Map<String, Value>) -> Vec<(String, String)> {
    object.iter().map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned())).collect()
}

fn object<'a>(case: &'a Map<String, Value>, key: &str, keys: &[&str]) -> Option<&'a Map<String, Value>> {
    case.get(key).and_then(Value::as_object).filter(|object| only(object, keys))
}

fn only(object: &Map<String, Value>, keys: &[&str]) -> bool {
    object.keys().all(|key| keys.contains(&key.as_str()))
}
