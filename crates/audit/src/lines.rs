//! A row as one line of JSON, in the order of the list of fields.

use crate::fields::FIELDS;
use egret_store::Attempt;

/// One object, without a line break.
#[must_use]
pub fn line(row: &Attempt) -> String {
    let mut line = String::with_capacity(512);
    line.push('{');
    for field in &FIELDS {
        let value = (field.value)(row);
        if !value.is_null() {
            let comma = if line.len() > 1 { "," } else { "" };
            line.extend([comma, "\"", field.name, "\":", &value.to_string()]);
        }
    }
    line.push('}');
    line
}
