//! The rules of a manifest: `net` and `dev.net`, short and long form, with the place of every field.

mod actions;
mod auth;
mod cache;
mod handling;
mod tls;

use crate::keys::{AUTH, MAX_ROUTES, MAX_RULES, ROUTE, RULE, TLS};
use crate::section::{Section, Value};
use egret_policy::{PortRange, RouteSpec, RuleSpec};
use std::collections::HashMap;
use std::ops::Range;

/// A rule with the places of its fields, so that the law's faults can be shown where they were written.
pub(crate) struct Placed {
    pub spec: RuleSpec,
    pub path: String,
    span: Range<usize>,
    fields: HashMap<String, Range<usize>>,
}

impl Placed {
    /// Where a field was written; the whole rule for one that was not.
    pub fn span(&self, field: &str) -> Range<usize> {
        self.fields.get(field).cloned().unwrap_or_else(|| self.span.clone())
    }
}

/// Reads the list of rules below `key`; a string is the short form of a rule. `before` rules of the manifest were read
/// already.
pub(crate) fn read(section: &Section<'_>, key: &'static str, before: usize) -> Vec<Placed> {
    let Some(mut list) = section.list(key, false) else { return Vec::new() };
    let path = section.key(key);
    bound(section, &mut list, MAX_RULES.saturating_sub(before), &path, "a manifest has at most 1,000 rules");
    list.into_iter().enumerate().filter_map(|(index, value)| rule(section, value, format!("{path}[{index}]"))).collect()
}

/// Cuts a list to what there is room for; the first value too many is the fault's place.
fn bound<'a>(section: &Section<'a>, list: &mut Vec<&'a Value<'a>>, room: usize, path: &str, words: &str) {
    if let Some(first) = list.get(room) {
        section.report(first.span(), &format!("{path}[{room}]"), words);
        list.truncate(room);
    }
}

fn rule<'a>(parent: &Section<'a>, value: &'a Value<'a>, path: String) -> Option<Placed> {
    if let Some(host) = value.get_ref().as_str() {
        return Some(Placed { spec: RuleSpec::host(host), path, span: value.span(), fields: HashMap::new() });
    }
    let section = parent.as_section(value, path.clone(), &RULE)?;
    let mut placed = Placed { spec: RuleSpec::host(""), path, span: section.span.clone(), fields: HashMap::new() };
    let host = section.text("host");
    if section.get("host").is_none() {
        section.report(section.span.clone(), &section.key("host"), "is missing");
    }
    placed.spec.deny = section.flag("deny").unwrap_or(false);
    placed.spec.https_only = section.flag("https_only").unwrap_or(true);
    placed.spec.override_headers = section.flag("override_headers").unwrap_or(false);
    placed.spec.forwarding_headers = section.flag("forwarding_headers").unwrap_or(false);
    placed.spec.ports = ports(&section, &mut placed.fields);
    placed.spec.private = section
        .texts("private", true)
        .unwrap_or_default()
        .into_iter()
        .enumerate()
        .map(|(index, (text, span))| {
            placed.fields.insert(format!("private[{index}]"), span);
            text
        })
        .collect();
    placed.spec.routes = section.list("routes", false).map(|mut list| {
        let path = section.key("routes");
        bound(&section, &mut list, MAX_ROUTES, &path, "a rule has at most 1,000 routes; a pattern stands for many paths");
        list.into_iter()
            .enumerate()
            .filter_map(|(index, value)| route(&section, value, index, format!("{path}[{index}]"), &mut placed.fields))
            .collect()
    });
    placed.spec.tls = section.section("tls", &TLS).map(|tls| tls::read(tls, &mut placed.fields));
    placed.spec.auth = section.section("auth", &AUTH).and_then(|auth| auth::read(&auth, &mut placed.fields));
    placed.spec.actions = actions::read(&section, &mut placed.fields);
    placed.spec.require = section.flag("require").unwrap_or(false);
    placed.spec.redirect_body = section.flag("redirect_body").unwrap_or(false);
    placed.spec.cache = cache::read(&section, &mut placed.fields);
    placed.spec.handling = handling::read(&section, "", &mut placed.fields);
    section.finish();
    let (host, span) = host?;
    placed.spec.host = host.to_owned();
    placed.fields.insert("host".to_owned(), span);
    Some(placed)
}

/// Numbers, or strings for ranges; a single value stands for a list of one.
fn ports(section: &Section<'_>, fields: &mut HashMap<String, Range<usize>>) -> Option<Vec<PortRange>> {
    let list = section.list("ports", true)?;
    fields.extend(section.get("ports").map(|value| ("ports".to_owned(), value.span())));
    let mut ports = Vec::with_capacity(list.len());
    for (index, value) in list.into_iter().enumerate() {
        let text = value.get_ref().as_str().or_else(|| Section::decimal(value));
        match text.map(str::parse) {
            Some(Ok(port)) => ports.push(port),
            Some(Err(words)) => section.report(value.span(), &format!("{}[{index}]", section.key("ports")), words),
            None => section.wrong(value, &format!("{}[{index}]", section.key("ports")), "a port"),
        }
    }
    Some(ports)
}

/// A table, or a string as the short form of a route with the default methods.
fn route<'a>(
    parent: &Section<'a>,
    value: &'a Value<'a>,
    index: usize,
    path: String,
    fields: &mut HashMap<String, Range<usize>>,
) -> Option<RouteSpec> {
    if let Some(text) = value.get_ref().as_str() {
        fields.insert(format!("routes[{index}].path"), value.span());
        return Some(RouteSpec::path(text));
    }
    let section = parent.as_section(value, path, &ROUTE)?;
    let text = section.text("path");
    if text.is_none() {
        section.report(section.span.clone(), &section.key("path"), "is missing");
    }
    let methods = section.texts("methods", true);
    let encoded_slash = section.flag("encoded_slash").unwrap_or(false);
    let (text, span) = text.unzip();
    fields.insert(format!("routes[{index}].path"), span.unwrap_or_else(|| section.span.clone()));
    let methods = methods.map(|methods| {
        let first = methods.first().map_or_else(|| section.span.clone(), |(_, span)| span.clone());
        fields.insert(format!("routes[{index}].methods"), first);
        methods.into_iter().map(|(method, _)| method).collect()
    });
    let extent = actions::extent(&section, &format!("routes[{index}]."), fields);
    let handling = handling::read(&section, &format!("routes[{index}]."), fields);
    section.finish();
    text.map(|text| RouteSpec { methods, encoded_slash, extent, handling, ..RouteSpec::path(text) })
}
