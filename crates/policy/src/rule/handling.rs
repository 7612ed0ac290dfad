//! What a rule or a route does with its requests beside allowing them, and what it demands of them, as the owner writes it.

use super::spec::{list, quoted};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Everything of it is optional; the default does nothing. Rules and routes have one each, and the rule's comes first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Handling {
    /// Names of middleware that the kernel was given, from the outside in.
    pub middleware: Vec<String>,
    /// Fields that every request gets, in place of the guest's own of that name.
    pub set_header: BTreeMap<String, String>,
    /// Fields that no request keeps.
    pub remove_header: Vec<String>,
    /// The path that is asked for in place of the guest's. A segment `:name` is the parameter of that name.
    pub rewrite_path: Option<String>,
    /// The answer to every request; nothing is sent.
    pub respond: Option<Respond>,
    /// Fields without which a request is refused.
    pub require_header: BTreeMap<String, Wanted>,
    /// Parameters of the query without which a request is refused.
    pub require_query: BTreeMap<String, Wanted>,
    /// The JSON Schema, as JSON text, that a request's body must fit.
    pub body_schema: Option<String>,
}

/// What a demanded field or parameter must hold.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Wanted {
    /// Anything. Written `true`.
    Anything,
    /// Just this, and once. Written as the text.
    Exactly(String),
}

/// An answer that is given without any network call.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Respond {
    /// The status, from 200 to 599.
    pub status: u16,
    /// Header fields.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Given,
}

/// The body of such an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Given {
    /// None.
    #[default]
    Nothing,
    /// A text, as it is.
    Text(String),
    /// JSON text. A string in it that is `:name` as a whole becomes the path's parameter of that name, unescaped: whatever it holds, it
    /// stays a string.
    Json(String),
}

impl Handling {
    /// Whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it does something with a request, and not only demands.
    #[must_use]
    pub fn acts(&self) -> bool {
        let Self { middleware, set_header, remove_header, rewrite_path, respond, .. } = self;
        let changes = !set_header.is_empty() || !remove_header.is_empty() || rewrite_path.is_some();
        changes || !middleware.is_empty() || respond.is_some()
    }

    /// Whether it demands something of a request's fields or query.
    pub(crate) fn demands(&self) -> bool {
        !self.require_header.is_empty() || !self.require_query.is_empty()
    }

    /// Its keys with their values in TOML, in the order of the list of keys.
    pub(super) fn to_toml(&self) -> Vec<(&'static str, String)> {
        let mut keys = Vec::new();
        let mut add = |key, there: bool, value: &dyn Fn() -> String| {
            if there {
                keys.push((key, value()));
            }
        };
        add("middleware", !self.middleware.is_empty(), &|| list(&self.middleware));
        add("set_header", !self.set_header.is_empty(), &|| table(&self.set_header, |value| quoted(value)));
        add("remove_header", !self.remove_header.is_empty(), &|| list(&self.remove_header));
        add("rewrite_path", self.rewrite_path.is_some(), &|| quoted(self.rewrite_path.as_deref().unwrap_or_default()));
        add("respond", self.respond.is_some(), &|| self.respond.as_ref().map(Respond::to_toml).unwrap_or_default());
        add("require_header", !self.require_header.is_empty(), &|| table(&self.require_header, Wanted::to_toml));
        add("require_query", !self.require_query.is_empty(), &|| table(&self.require_query, Wanted::to_toml));
        add("body_schema", self.body_schema.is_some(), &|| quoted(self.body_schema.as_deref().unwrap_or_default()));
        keys
    }
}

impl Wanted {
    fn to_toml(&self) -> String {
        match self {
            Self::Anything => "true".to_owned(),
            Self::Exactly(text) => quoted(text),
        }
    }
}

impl Respond {
    /// An answer with a status and nothing else.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self { status, headers: BTreeMap::new(), body: Given::Nothing }
    }

    fn to_toml(&self) -> String {
        let mut out = format!("{{ status = {}", self.status);
        if !self.headers.is_empty() {
            let _ = write!(out, ", headers = {}", table(&self.headers, |value| quoted(value)));
        }
        let _ = match &self.body {
            Given::Nothing => Ok(()),
            Given::Text(text) => write!(out, ", body = {}", quoted(text)),
            Given::Json(text) => write!(out, ", body = {}, json = true", quoted(text)),
        };
        out.push_str(" }");
        out
    }
}

/// An inline table.
fn table<V>(entries: &BTreeMap<String, V>, value: impl Fn(&V) -> String) -> String {
    let entries: Vec<String> = entries.iter().map(|(key, entry)| format!("{} = {}", quoted(key), value(entry))).collect();
    format!("{{ {} }}", entries.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{RouteSpec, RuleSpec};

    #[test]
    fn what_is_written_as_toml_is_read_as_the_same() {
        let nasty = "a\"b\\c\u{202e}\né";
        let one = |value: &str| BTreeMap::from([("x-a".to_owned(), value.to_owned())]);
        let handling = Handling {
            middleware: vec![nasty.to_owned()],
            set_header: one(nasty),
            remove_header: vec!["x-b".to_owned()],
            rewrite_path: Some("/v2/:rest".to_owned()),
            respond: Some(Respond { headers: one("b"), body: Given::Json("{\"id\":\":id\"}".to_owned()), ..Respond::status(202) }),
            require_header: BTreeMap::from([("x-c".to_owned(), Wanted::Anything)]),
            require_query: BTreeMap::from([("q".to_owned(), Wanted::Exactly(nasty.to_owned()))]),
            body_schema: Some("{\"type\":\"object\"}".to_owned()),
        };
        let route = RouteSpec { handling: handling.clone(), ..RouteSpec::path("/") };
        let rule = RuleSpec { routes: Some(vec![route]), handling, ..RuleSpec::host("a.test") };
        let table: toml::Table = rule.to_toml("net").parse().unwrap();
        for read in [&table["net"][0], &table["net"][0]["routes"][0]] {
            assert_eq!((read["middleware"][0].as_str(), read["set_header"]["x-a"].as_str()), (Some(nasty), Some(nasty)));
            assert_eq!((read["remove_header"][0].as_str(), read["rewrite_path"].as_str()), (Some("x-b"), Some("/v2/:rest")));
            assert_eq!((read["respond"]["status"].as_integer(), read["respond"]["headers"]["x-a"].as_str()), (Some(202), Some("b")));
            assert_eq!((read["respond"]["body"].as_str(), read["respond"]["json"].as_bool()), (Some("{\"id\":\":id\"}"), Some(true)));
            assert_eq!((read["require_header"]["x-c"].as_bool(), read["require_query"]["q"].as_str()), (Some(true), Some(nasty)));
            assert_eq!(read["body_schema"].as_str(), Some("{\"type\":\"object\"}"));
        }
    }

    #[test]
    fn a_demand_alone_does_nothing_with_a_request() {
        let demand = Handling { require_header: BTreeMap::from([("x-a".to_owned(), Wanted::Anything)]), ..Handling::default() };
        assert!(!demand.acts() && demand.demands() && !demand.is_empty());
        let act = Handling { remove_header: vec!["x-a".to_owned()], ..Handling::default() };
        assert!(act.acts() && !act.demands() && Handling::default().is_empty());
    }
}
