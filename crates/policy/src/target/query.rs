//! The query: data of the caller. Made of RFC 3986 characters, otherwise left as it is.

use std::fmt::Write;

/// Percent-encodes what may not stand in a query; existing escapes and lone percent signs stay.
pub(super) fn canonical(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for byte in raw.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~!$&()*+,;=:@/?%".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
