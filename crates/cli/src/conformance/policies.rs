//! The policies of the corpus, in its own notation, and its DNS zone.
//!
//! Its `/v1/**` means one or more segments below and is our `/v1/**:rest`; its `*.x` means any depth and is our `**.x`;
//! its host `**` is our open mode.

mod limits;

pub use limits::{Limits, Many};

use anyhow::{Context, bail};
use egret_policy::{Handling, Mode, Nat64, Policy, PortRange, Reach, RouteSpec, RuleSpec, Wanted};
use http::Method;
use serde_json::{Map, Value};
use std::net::IpAddr;
use std::sync::Arc;

/// Keys that a runner of today understands; a policy with another one cannot be built.
const KNOWN: &[&str] = &[
    "extends",
    "mode",
    "allow",
    "deny",
    "ip_guard",
    "nat64_prefixes",
    "private_exemptions",
    "allow_encoded_slash",
    "methods",
    "note",
    "redirects",
    "request_headers",
    // What is demanded of every request.
    "body",
    "query",
    // Of these `Limits` makes bounds for one call.
    "max_response_bytes",
    "max_decode_ratio",
    "max_encodings",
    "max_headers",
    "max_header_bytes",
    "max_informational",
    "timeouts",
    // `Many` makes these bounds for many calls.
    "concurrency",
    "rate",
    // Secrets, and hosts that are allowed and get none.
    "secrets",
    "allow_also",
    "require_swap",
];

/// The one secret of a policy.
#[derive(Debug)]
pub struct Keys {
    /// Its name in the corpus's spelling.
    pub name: String,
    pub app: String,
    /// The one host that it is for.
    pub host: String,
    pub value: String,
}

/// All policies and the zone.
#[derive(Debug)]
pub struct Policies(Map<String, Value>);

impl Policies {
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        Ok(Self(serde_json::from_str(text).context("is no JSON object")?))
    }

    /// The addresses of a name in the stub zone: by itself, by a wildcard above it, by `*`.
    pub fn resolve(&self, name: &str) -> Vec<IpAddr> {
        let zone = self.0.get("_dns_stub").and_then(Value::as_object);
        let find = |key: &str| zone.and_then(|zone| zone.get(key)).and_then(Value::as_array);
        let above = name.match_indices('.').find_map(|(dot, _)| find(&format!("*{}", &name[dot..])));
        let answers = find(name).or(above).or_else(|| find("*")).map(Vec::as_slice).unwrap_or_default();
        answers.iter().filter_map(|answer| answer.as_str()?.parse().ok()).collect()
    }

    /// Builds a policy by its name; the words say what of it is not understood.
    pub fn build(&self, name: &str) -> Result<Arc<Policy>, String> {
        self.build_with(name, None)
    }

    /// The secret that a policy has.
    pub fn secret(&self, name: &str) -> Result<Keys, String> {
        let merged = self.merged(name, 0).map_err(|error| format!("policy {name}: {error}"))?;
        let secret = merged.get("secrets").and_then(Value::as_object).and_then(|secrets| secrets.iter().next());
        let read = |(name, secret): (&String, &Value)| {
            let text = |key: &str| secret.get(key).and_then(Value::as_str).map(str::to_owned);
            let host = texts(secret, "hosts").into_iter().next();
            Some(Keys { name: name.clone(), app: text("app")?, host: host?, value: text("value")? })
        };
        secret.and_then(read).ok_or_else(|| format!("policy {name} has no secret"))
    }

    /// What a policy says of sizes and times.
    pub fn limits(&self, name: &str) -> Result<Limits, String> {
        self.merged(name, 0).and_then(|merged| Limits::of(&merged)).map_err(|error| format!("policy {name}: {error}"))
    }

    /// What a policy says of many calls.
    pub fn many(&self, name: &str) -> Result<Many, String> {
        self.merged(name, 0).and_then(|merged| Many::of(&merged)).map_err(|error| format!("policy {name}: {error}"))
    }

    /// The same where each rule that allows something allows this method too: what is answered to it can only be seen then.
    pub fn build_with(&self, name: &str, method: Option<&str>) -> Result<Arc<Policy>, String> {
        self.made(name, method, &|_| {})
    }

    /// The same where each rule that allows something does more than that: what its actions do can only be seen then.
    pub fn build_acting(&self, name: &str, act: impl Fn(&mut RuleSpec)) -> Result<Arc<Policy>, String> {
        self.made(name, None, &act)
    }

    fn made(&self, name: &str, method: Option<&str>, act: &dyn Fn(&mut RuleSpec)) -> Result<Arc<Policy>, String> {
        let mut merged = self.merged(name, 0).map_err(|error| format!("policy {name}: {error}"))?;
        for rule in merged.get_mut("allow").and_then(Value::as_array_mut).into_iter().flatten() {
            let methods = rule.get_mut("methods").and_then(Value::as_array_mut);
            methods.into_iter().for_each(|methods| methods.extend(method.map(Value::from)));
        }
        if let Some(key) = merged.keys().find(|key| !KNOWN.contains(&key.as_str())) {
            return Err(format!("policy {name}: nothing here understands {key:?}"));
        }
        build(&merged, act).map(Arc::new).map_err(|error| format!("policy {name}: {error:#}"))
    }

    fn merged(&self, name: &str, depth: usize) -> anyhow::Result<Map<String, Value>> {
        anyhow::ensure!(depth < 8, "extends itself");
        let own = self.0.get(name).and_then(Value::as_object).context("does not exist")?;
        let mut merged = match own.get("extends").and_then(Value::as_str) {
            Some(base) => self.merged(base, depth + 1)?,
            None => Map::new(),
        };
        merged.extend(own.clone());
        Ok(merged)
    }
}

fn build(policy: &Map<String, Value>, act: &dyn Fn(&mut RuleSpec)) -> anyhow::Result<Policy> {
    let mut builder = Policy::builder();
    for rule in list(policy, "allow") {
        let rule = rule.as_object().context("a rule is no object")?;
        builder = match rule.get("host").and_then(Value::as_str) {
            Some("**") => builder.mode(Mode::Open(reach(policy, rule)?)),
            Some(host) => {
                let mut rule = allow(policy, rule, host)?;
                act(&mut rule);
                builder.rule(rule)
            }
            None => bail!("a rule has no host"),
        };
    }
    for origin in list(policy, "allow_also") {
        let host = origin.as_str().and_then(|url| url.strip_prefix("https://")?.strip_suffix("/**"));
        builder = builder.rule(RuleSpec::host(host.context("an origin is no https://HOST/**")?));
    }
    for rule in list(policy, "deny") {
        let host = rule.get("host").and_then(Value::as_str).context("a deny rule has no host")?;
        let routes = texts(rule, "paths").into_iter().map(RouteSpec::path).collect();
        builder = builder.rule(RuleSpec { deny: true, routes: Some(routes), ..RuleSpec::host(host) });
    }
    for exemption in list(policy, "private_exemptions") {
        let text = |key: &str| exemption.get(key).and_then(Value::as_str).with_context(|| format!("an exemption has no {key}"));
        builder = builder.rule(RuleSpec { private: vec![text("cidr")?.to_owned()], ..RuleSpec::host(text("host")?) });
    }
    for prefix in list(policy, "nat64_prefixes") {
        builder = builder.nat64(prefix.as_str().context("a prefix is no string")?.parse::<Nat64>()?);
    }
    builder.build().map_err(|faults| anyhow::anyhow!("{}", faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")))
}

fn allow(policy: &Map<String, Value>, rule: &Map<String, Value>, host: &str) -> anyhow::Result<RuleSpec> {
    let rule = Value::Object(rule.clone());
    let host = host.strip_prefix("*.").map_or_else(|| host.to_owned(), |apex| format!("**.{apex}"));
    let encoded_slash = policy.get("allow_encoded_slash").and_then(Value::as_bool).unwrap_or(false);
    let paths = if rule.get("paths").is_some() { texts(&rule, "paths") } else { vec!["/**".to_owned()] };
    let methods = texts(&rule, "methods");
    let route = |path: String| {
        let path =
            if path == "/**" { path } else { path.strip_suffix("/**").map_or_else(|| path.clone(), |prefix| format!("{prefix}/**:rest")) };
        RouteSpec { methods: Some(methods.clone()), encoded_slash, ..RouteSpec::path(path) }
    };
    let require = policy.get("require_swap").and_then(Value::as_bool).unwrap_or(false);
    Ok(RuleSpec {
        require,
        ports: Some(ports(&rule)?),
        https_only: https_only(&rule),
        routes: Some(paths.into_iter().map(route).collect()),
        handling: demands(policy)?,
        ..RuleSpec::host(host)
    })
}

/// What a policy demands of bodies and queries. How large a body may be is one of the `Limits`.
fn demands(policy: &Map<String, Value>) -> anyhow::Result<Handling> {
    let mut demands = Handling::default();
    if let Some(body) = policy.get("body") {
        anyhow::ensure!(body.get("inspect").and_then(Value::as_str) == Some("json"), "a body is looked at as JSON or not at all");
        // Whatever JSON it is.
        demands.body_schema = Some("{}".to_owned());
    }
    for name in policy.get("query").and_then(Value::as_object).into_iter().flat_map(Map::keys) {
        let [value] = &texts(&policy["query"], name)[..] else { bail!("a parameter is one text, or not demanded") };
        demands.require_query.insert(name.clone(), Wanted::Exactly(value.clone()));
    }
    Ok(demands)
}

fn reach(policy: &Map<String, Value>, rule: &Map<String, Value>) -> anyhow::Result<Reach> {
    let whole = Value::Object(policy.clone());
    let rule = Value::Object(rule.clone());
    let names = if policy.contains_key("methods") { texts(&whole, "methods") } else { texts(&rule, "methods") };
    let all = names.iter().any(|name| name == "*");
    let methods: Result<Vec<Method>, _> = names.iter().map(|name| name.parse()).collect();
    Ok(Reach { ports: ports(&rule)?, https_only: https_only(&rule), methods: if all { None } else { Some(methods?) } })
}

fn ports(rule: &Value) -> anyhow::Result<Vec<PortRange>> {
    let list = rule.get("ports").and_then(Value::as_array).context("a rule has no ports")?;
    list.iter().map(|port| port.to_string().parse().map_err(|words: String| anyhow::anyhow!(words))).collect()
}

fn https_only(rule: &Value) -> bool {
    !texts(rule, "schemes").iter().any(|scheme| scheme == "http")
}

fn list<'a>(object: &'a Map<String, Value>, key: &str) -> &'a [Value] {
    object.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn texts(value: &Value, key: &str) -> Vec<String> {
    let list = value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}
