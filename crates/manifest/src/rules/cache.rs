//! The `cache` of a rule: a time alone, or a table with its options.

use crate::keys::CACHE;
use crate::section::Section;
use egret_limits::duration;
use egret_policy::CacheSpec;
use std::collections::HashMap;
use std::ops::Range;

/// Reads the key; `None` where it is not there, or at fault. `fields` gets its place, for what the law may still find fault with.
pub(super) fn read(rule: &Section<'_>, fields: &mut HashMap<String, Range<usize>>) -> Option<CacheSpec> {
    let value = rule.get("cache")?;
    fields.insert("cache".to_owned(), value.span());
    if let Some(text) = value.get_ref().as_str() {
        return fresh(rule, text, value.span(), &rule.key("cache"));
    }
    table(&rule.as_section(value, rule.key("cache"), &CACHE)?)
}

fn table(section: &Section<'_>) -> Option<CacheSpec> {
    let text = section.text("fresh");
    if section.get("fresh").is_none() {
        section.report(section.span.clone(), &section.key("fresh"), "is missing");
    }
    let heuristic = section.flag("heuristic").unwrap_or(false);
    section.finish();
    let (text, span) = text?;
    fresh(section, text, span, &section.key("fresh")).map(|spec| CacheSpec { heuristic, ..spec })
}

fn fresh(section: &Section<'_>, text: &str, span: Range<usize>, key: &str) -> Option<CacheSpec> {
    duration(text).map(CacheSpec::up_to).map_err(|words| section.report(span, key, words)).ok()
}
