//! A handling as it is held against requests: compiled and checked when its rule is loaded.

mod schema;

pub(crate) use schema::Schema;

use super::FieldFault;
use super::handling::{Given, Handling, Wanted};
use super::path::PathPattern;
use crate::checks::fields;
use crate::{Placeholder, Target};
use http::{HeaderName, HeaderValue, StatusCode};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Names of middleware in one list, at most.
const MOST: usize = 16;

/// What a rule's and a route's handling came to. Empty ones are not kept.
#[derive(Debug)]
pub(crate) struct Handled {
    pub spec: Handling,
    /// The fields that are demanded.
    pub fields: Vec<(HeaderName, Wanted)>,
    pub schema: Option<Schema>,
}

impl Handled {
    /// Compiles a handling; `at` is what the fields of its faults begin with, `paths` are the patterns whose parameters it may name.
    pub fn compile(spec: &Handling, at: &str, paths: &[&PathPattern], faults: &mut Vec<FieldFault>) -> Option<Arc<Self>> {
        if spec.is_empty() {
            return None;
        }
        let before = faults.len();
        let mut found = Vec::new();
        names(spec, &mut found);
        let fields = fields_of(spec, &mut found);
        written(spec, &mut found);
        parameters(spec, paths, &mut found);
        let schema = spec
            .body_schema
            .as_deref()
            .and_then(|text| Schema::compile(text).map_err(|words| found.push(("body_schema".to_owned(), words))).ok());
        faults.extend(found.into_iter().map(|(field, words)| (format!("{at}{field}"), words)));
        (faults.len() == before).then(|| Arc::new(Self { spec: spec.clone(), fields, schema }))
    }
}

/// The names of middleware. Whether the kernel knows them is the kernel's to say.
fn names(spec: &Handling, faults: &mut Vec<FieldFault>) {
    faults.extend(middleware_fault(&spec.middleware).map(|words| ("middleware".to_owned(), words)));
}

/// What is wrong with a list of names of middleware.
pub(crate) fn middleware_fault(names: &[String]) -> Option<String> {
    let plain = |name: &str| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_:/.".contains(&byte);
        !name.is_empty() && name.len() <= 128 && name.bytes().all(fits)
    };
    if names.len() > MOST {
        return Some(format!("there may be {MOST} of them, and these are {}", names.len()));
    }
    let bad = names.iter().find(|name| !plain(name))?;
    Some(format!("{bad:?} is no name of middleware; write letters, digits and the characters - _ : / ., at most 128"))
}

/// Fields that are demanded, removed and set.
fn fields_of(spec: &Handling, faults: &mut Vec<FieldFault>) -> Vec<(HeaderName, Wanted)> {
    let mut demanded = Vec::new();
    for (name, wanted) in &spec.require_header {
        match own_field(name) {
            Ok(name) => demanded.push((name, wanted.clone())),
            Err(words) => faults.push(("require_header".to_owned(), words)),
        }
    }
    for name in &spec.remove_header {
        match own_field(name) {
            // What is sent is decided again, and would lack it.
            Ok(name) if demanded.iter().any(|(demanded, _)| *demanded == name) => {
                faults.push(("remove_header".to_owned(), format!("{name} is demanded by require_header; leave it out of one of the two")));
            }
            Ok(_) => {}
            Err(words) => faults.push(("remove_header".to_owned(), words)),
        }
    }
    for (name, value) in &spec.set_header {
        if let Err(words) = own_field(name).and_then(|name| own_value(&name, value)) {
            faults.push(("set_header".to_owned(), words));
        }
    }
    demanded
}

/// A field that is not the kernel's own.
fn own_field(name: &str) -> Result<HeaderName, String> {
    let field: HeaderName = name.parse().map_err(|_| format!("{name:?} is no name of a header field"))?;
    if field.as_str() != name {
        return Err(format!("write {:?}: names of fields are kept in lower case", field.as_str()));
    }
    if fields::is_kernels(&field) { Err(format!("{name} is the kernel's own, or speaks of another path or client")) } else { Ok(field) }
}

fn own_value(name: &HeaderName, value: &str) -> Result<(), String> {
    if Placeholder::find(value.as_bytes()).is_some() {
        return Err(format!("{name} holds a placeholder, which is not resolved here; write auth = {{ secret, as = \"header:{name}\" }}"));
    }
    HeaderValue::try_from(value).map(drop).map_err(|_| format!("the value of {name} cannot stand in a header field"))
}

/// What a `respond` says.
fn written(spec: &Handling, faults: &mut Vec<FieldFault>) {
    let Some(respond) = &spec.respond else { return };
    let mut fault = |key: &str, words: String| faults.push((format!("respond.{key}"), words));
    if StatusCode::from_u16(respond.status).is_err() || !(200..=599).contains(&respond.status) {
        fault("status", format!("{} is no status of a final response; write one from 200 to 599", respond.status));
    }
    for (name, value) in &respond.headers {
        if let Err(words) = own_field(name).and_then(|name| own_value(&name, value)) {
            fault("headers", words);
        }
    }
    if let Given::Json(text) = &respond.body
        && let Err(error) = serde_json::from_str::<serde_json::Value>(text)
    {
        fault("body", format!("is no JSON: {error}"));
    }
}

/// Parameters must be there in every path to which the handling belongs.
fn parameters(spec: &Handling, paths: &[&PathPattern], faults: &mut Vec<FieldFault>) {
    let missing = |name: &str| paths.iter().find(|path| !path.has_parameter(name));
    if let Some(template) = &spec.rewrite_path {
        let unknown =
            template.split('/').filter_map(|segment| segment.strip_prefix(':')).find_map(|name| missing(name).map(|path| (name, path)));
        if let Some((name, path)) = unknown {
            faults.push(("rewrite_path".to_owned(), format!("{} has no parameter {name}", path.as_str())));
        }
        if let Err(words) = filled(template, |_| Some("x".to_owned())).and_then(|path| plain_path(&path)) {
            faults.push(("rewrite_path".to_owned(), words));
        }
    }
}

/// A path as it will be parsed: what the parser refuses, or reads as something else than a path, is better known when loading.
fn plain_path(path: &str) -> Result<(), String> {
    let target = Target::parse(&format!("https://path.invalid{path}")).map_err(|denial| denial.message().to_owned())?;
    if target.path() == path { Ok(()) } else { Err(format!("is no canonical path; write {:?}", target.path())) }
}

/// A template with its segments `:name` replaced.
fn filled(template: &str, value: impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let relative = template.strip_prefix('/').ok_or_else(|| format!("a path begins with a slash; write \"/{template}\""))?;
    let mut path = String::new();
    for segment in relative.split('/') {
        path.push('/');
        match segment.strip_prefix(':') {
            Some(name) => path.push_str(&value(name).ok_or_else(|| format!("there is no parameter {name}"))?),
            None => path.push_str(segment),
        }
    }
    Ok(path)
}

impl Handling {
    /// The path that is asked for in place of the matched one, from that one's parameters; `None` where the rule does not say it.
    #[must_use]
    pub fn rewritten(&self, parameters: &BTreeMap<String, String>) -> Option<String> {
        filled(self.rewrite_path.as_deref()?, |name| parameters.get(name).cloned()).ok()
    }
}

#[cfg(test)]
mod tests;
