//! `Content-Encoding` (RFC 9110, 8.4): which codings stand upon a body, in a field that another party wrote.

use http::HeaderMap;
use http::header::CONTENT_ENCODING;

/// Codings in one response, at most, `identity` and unknown ones included. Nobody honest sends two.
const MOST: usize = 16;

/// A coding that can be taken off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Coding {
    /// `gzip` or `x-gzip`.
    Gzip,
    /// `deflate`.
    Deflate,
    /// `br`.
    Brotli,
    /// `zstd`.
    Zstd,
}

impl Coding {
    /// The coding of this name, in any case of letters.
    pub fn named(name: &str) -> Option<Self> {
        let names = [("gzip", Self::Gzip), ("x-gzip", Self::Gzip), ("deflate", Self::Deflate), ("br", Self::Brotli), ("zstd", Self::Zstd)];
        names.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, coding)| *coding)
    }
}

/// What a response says of its codings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Codings {
    /// None, or `identity`.
    None,
    /// One that can be taken off.
    One(Coding),
    /// One that is not known here.
    Unknown,
    /// More than one, known or not: this many.
    Layers(usize),
    /// A field that is no list of names.
    Malformed,
}

impl Codings {
    /// Reads all fields as the one list that they are; empty elements count for nothing.
    pub fn of(headers: &HeaderMap) -> Self {
        let mut names = Vec::new();
        for field in headers.get_all(CONTENT_ENCODING) {
            let Ok(field) = field.to_str() else { return Self::Malformed };
            let elements = field.split(',').map(|element| element.trim_matches([' ', '\t']));
            for name in elements.filter(|name| !name.is_empty()) {
                if !name.bytes().all(is_token) {
                    return Self::Malformed;
                }
                names.push(name);
            }
        }
        if names.len() > MOST {
            return Self::Layers(names.len());
        }
        names.retain(|name| !name.eq_ignore_ascii_case("identity"));
        match names[..] {
            [] => Self::None,
            [name] => Coding::named(name).map_or(Self::Unknown, Self::One),
            _ => Self::Layers(names.len()),
        }
    }
}

/// RFC 9110, 5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::{Coding, Codings};
    use http::header::CONTENT_ENCODING;
    use http::{HeaderMap, HeaderValue};

    #[track_caller]
    fn check(fields: &[&str], expected: Codings) {
        let mut headers = HeaderMap::new();
        fields.iter().for_each(|field| _ = headers.append(CONTENT_ENCODING, HeaderValue::from_bytes(field.as_bytes()).unwrap()));
        assert_eq!(Codings::of(&headers), expected, "{fields:?}");
    }

    #[test]
    fn the_field_is_a_list_of_names_in_any_case() {
        check(&[], Codings::None);
        check(&["identity"], Codings::None);
        check(&["", " , ,", "Identity"], Codings::None);
        check(&["gzip"], Codings::One(Coding::Gzip));
        check(&["X-GZip"], Codings::One(Coding::Gzip));
        check(&["", ", \tbr ,", "identity, identity"], Codings::One(Coding::Brotli));
        check(&["deflate"], Codings::One(Coding::Deflate));
        check(&["ZSTD"], Codings::One(Coding::Zstd));
        check(&["snappy"], Codings::Unknown);
        check(&["compress"], Codings::Unknown);
    }

    #[test]
    fn layers_are_counted_over_all_fields_and_known_or_not() {
        check(&["gzip, gzip"], Codings::Layers(2));
        check(&["gzip", "br"], Codings::Layers(2));
        check(&["gzip, snappy"], Codings::Layers(2));
        check(&[&["gzip"; 100].join(", ")], Codings::Layers(100));
        check(&[&["identity"; 17].join(",")], Codings::Layers(17));
    }

    #[test]
    fn what_is_no_list_of_names_is_malformed() {
        for field in ["gzip br", "gzip;q=1", "gzip, \"br\"", "gz\u{e9}p", "gzip/1", "=gzip", "gzip\tbr"] {
            check(&[field], Codings::Malformed);
        }
    }
}
