//! The `tls` table of a rule: text becomes authorities, pins and versions here, each fault at its place.

use crate::section::Section;
use egret_policy::{Root, TlsSpec};
use std::collections::HashMap;
use std::ops::Range;

/// Reads the table; `fields` gets the places of what the law may still find fault with.
pub(super) fn read(section: Section<'_>, fields: &mut HashMap<String, Range<usize>>) -> TlsSpec {
    fields.insert("tls".to_owned(), section.span.clone());
    for key in ["only_roots", "pins", "identity"] {
        fields.extend(section.get(key).map(|value| (format!("tls.{key}"), value.span())));
    }
    let roots = parsed(&section, "roots", Root::read_pem).unwrap_or_default();
    let tls = TlsSpec {
        roots: roots.into_iter().flatten().collect(),
        only_roots: section.flag("only_roots").unwrap_or(false),
        pins: parsed(&section, "pins", str::parse),
        identity: section.text("identity").map(|(name, _)| name.to_owned()),
        min: section.text("min").map_or_else(Default::default, |(text, span)| {
            text.parse().unwrap_or_else(|words: String| {
                section.report(span, &section.key("min"), words);
                Default::default()
            })
        }),
    };
    section.finish();
    tls
}

/// A list of texts, each read; what cannot be read is reported and left out.
fn parsed<T>(section: &Section<'_>, key: &'static str, read: impl Fn(&str) -> Result<T, String>) -> Option<Vec<T>> {
    let texts = section.texts(key, true)?;
    let values = texts.into_iter().enumerate().filter_map(|(index, (text, span))| {
        read(&text).map_err(|words| section.report(span, &format!("{}[{index}]", section.key(key)), words)).ok()
    });
    Some(values.collect())
}
