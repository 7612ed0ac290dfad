//! The `auth` table of a rule: a secret's name and its place, each fault where it stands.

use crate::section::Section;
use egret_policy::AuthSpec;
use std::collections::HashMap;
use std::ops::Range;
use std::str::FromStr;

/// Reads the table; `None` where it is at fault. `fields` gets its place, for what the law may still find fault with.
pub(super) fn read(section: &Section<'_>, fields: &mut HashMap<String, Range<usize>>) -> Option<AuthSpec> {
    fields.insert("auth".to_owned(), section.span.clone());
    let (secret, place) = (parsed(section, "secret"), parsed(section, "as"));
    section.finish();
    Some(AuthSpec { secret: secret?, place: place? })
}

fn parsed<T: FromStr<Err = String>>(section: &Section<'_>, key: &'static str) -> Option<T> {
    if section.get(key).is_none() {
        section.report(section.span.clone(), &section.key(key), "is missing");
    }
    let (text, span) = section.text(key)?;
    text.parse().map_err(|words: String| section.report(span, &section.key(key), words)).ok()
}
