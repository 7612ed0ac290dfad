//! How long texts may be and how many there may be of each thing: nothing in the store grows without an end that was chosen.

use crate::{Result, StoreError};

/// Bytes of a name: of an app, a secret, a setting or its scope.
pub const NAME: usize = 128;
/// Bytes of the text of one rule, and of one setting.
pub const TEXT: usize = 64 * 1024;
/// Bytes of a path, as Linux has them.
pub const PATH: usize = 4096;
/// Bytes of a host name, as DNS has them, and of a place such as `header:x-api-key`.
pub const HOST: usize = 255;
/// Bytes of a scheme.
pub const SCHEME: usize = 16;
/// Bytes of a secret's value.
pub const VALUE: usize = 64 * 1024;
/// Bytes of the kind of an event, and of its text; a longer one is cut.
pub const KIND: usize = 64;
/// See [`KIND`].
pub const EVENT: usize = 4096;
/// Names of secrets that one attempt tells of.
pub const NAMES: usize = 64;
/// Apps at a time.
pub const APPS: usize = 10_000;
/// Grants of an app.
pub const GRANTS: usize = 10_000;
/// Secrets of an app.
pub const SECRETS: usize = 1_000;
/// Grants of one secret.
pub const SECRET_GRANTS: usize = 100;
/// Values of a secret that are in their time of grace at once.
pub const FORMER: usize = 16;
/// Settings of a scope.
pub const SETTINGS: usize = 1_000;

/// A text that may be kept, or the fault that it is empty or too long.
pub fn text(what: &'static str, text: &str, most: usize) -> Result<String> {
    length(what, text.len(), most)?;
    Ok(text.to_owned())
}

/// Whether something is neither empty nor too long.
pub fn length(what: &'static str, length: usize, most: usize) -> Result<()> {
    if (1..=most).contains(&length) { Ok(()) } else { Err(StoreError::Bounds { what, most }) }
}

/// Whether there is room for one more.
pub fn room(what: &'static str, count: i64, most: usize) -> Result<()> {
    if usize::try_from(count).is_ok_and(|count| count < most) { Ok(()) } else { Err(StoreError::TooMany { what, most }) }
}

/// The beginning of a text that has at most so many bytes and ends between characters.
pub fn cut(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}
