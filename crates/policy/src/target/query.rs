//! The query: data of the caller. Made of RFC 3986 characters, otherwise left as it is.

use std::borrow::Cow;
use std::fmt::Write;
use std::ops::Range;

/// A parameter of a query, as servers read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter<'a> {
    /// Where it stands in the query, in bytes.
    pub range: Range<usize>,
    /// Its name without escapes.
    pub name: Cow<'a, [u8]>,
    /// Its value without escapes; empty where there is no equals sign.
    pub value: Cow<'a, [u8]>,
}

impl Parameter<'_> {
    /// Whether it has a name, in any case: many servers make no difference.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }
}

/// The parameters of a query. Some servers read a semicolon as an ampersand, so it ends a parameter too.
pub(super) fn parameters(query: &str) -> impl Iterator<Item = Parameter<'_>> {
    let mut start = 0;
    query.split(['&', ';']).map(move |pair| {
        let range = start..start + pair.len();
        start = range.end + 1;
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        Parameter { range, name: decoded(name), value: decoded(value) }
    })
}

/// A text without its escapes.
fn decoded(text: &str) -> Cow<'_, [u8]> {
    if !text.contains('%') {
        return Cow::Borrowed(text.as_bytes());
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, behind @ ..] = rest {
        let digits = behind.get(..2).filter(|digits| *first == b'%' && digits.iter().all(u8::is_ascii_hexdigit));
        let byte = digits.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        out.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { behind.get(2..).unwrap_or_default() } else { behind };
    }
    Cow::Owned(out)
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_as_servers_read_them() {
        let query = "a=1&b%5F%2=%zz%+1;c&=d=e&";
        let read: Vec<_> = parameters(query)
            .map(|found| {
                (&query[found.range], String::from_utf8(found.name.into()).unwrap(), String::from_utf8(found.value.into()).unwrap())
            })
            .collect();
        let expected = [("a=1", "a", "1"), ("b%5F%2=%zz%+1", "b_%2", "%zz%+1"), ("c", "c", ""), ("=d=e", "", "d=e"), ("", "", "")];
        assert_eq!(read, expected.map(|(text, name, value)| (text, name.to_owned(), value.to_owned())));
    }
}
