//! The short way: URLs in which nothing has a second reading are read in one look, without the standard parser beside.
//!
//! What may stand in one is what RFC 3986 and the URL standard leave as it is: a lower-case scheme, a name of lower-case letters,
//! digits, hyphens and dots whose last label begins with a letter, a port without zeros in front that is not the scheme's own, segments of unreserved
//! characters that do not begin with a dot, and a query of unreserved characters, `=` and `&`. Everything else takes the long
//! way, whatever becomes of it there. That both ways lead to the same is a test, and a fuzz target.

use super::{Host, MAX_URL, Name, Scheme, Target, is_metadata};
use std::ops::Range;

/// The target of a plain URL; `None` for every other one.
pub(super) fn read(url: &str) -> Option<Target> {
    let (scheme, rest) = match url.strip_prefix("https://") {
        Some(rest) => (Scheme::Https, rest),
        None => (Scheme::Http, url.strip_prefix("http://")?),
    };
    if url.len() > MAX_URL {
        return None;
    }
    let start = url.len() - rest.len();
    let path = start + rest.find('/')?;
    let authority = &url[start..path];
    let (name, port) = match authority.split_once(':') {
        Some((name, port)) => (name, self::port(port).filter(|port| *port != scheme.default_port())?),
        None => (authority, scheme.default_port()),
    };
    let query = path + url[path..].find('?').unwrap_or(url.len() - path);
    let is_plain = is_name(name) && is_path(&url[path + 1..query]) && is_query(url.get(query + 1..).unwrap_or_default());
    (is_plain && !is_metadata(name)).then(|| Target {
        scheme,
        host: Host::Name(Name::of(name)),
        port,
        url: url.to_owned(),
        path: Range { start: path, end: query },
    })
}

fn port(digits: &str) -> Option<u16> {
    let plain = !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

fn is_name(name: &str) -> bool {
    // A label with two hyphens in its third and fourth place may be an encoded one.
    let label = |label: &[u8]| {
        matches!(label, [first, .., last] if is_letter_or_digit(*first) && is_letter_or_digit(*last))
            | matches!(label, [only] if is_letter_or_digit(*only))
            && label.len() <= 63
            && label.get(2..4) != Some(b"--")
            && label.iter().all(|byte| is_letter_or_digit(*byte) || *byte == b'-')
    };
    let bytes = name.as_bytes();
    let last = bytes.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    bytes.len() <= 253 && last.first().is_some_and(u8::is_ascii_lowercase) && bytes.split(|byte| *byte == b'.').all(label)
}

fn is_letter_or_digit(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

/// What follows the first slash: segments, none empty but the last, none that begins with a dot.
fn is_path(path: &str) -> bool {
    let mut before = b'/';
    path.bytes().all(|byte| {
        let fits = match byte {
            b'/' | b'.' => before != b'/',
            byte => is_unreserved(byte),
        };
        before = byte;
        fits
    })
}

fn is_query(query: &str) -> bool {
    query.bytes().all(|byte| is_unreserved(byte) || matches!(byte, b'=' | b'&' | b'.'))
}

/// RFC 3986, 2.3, but for the dot.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_lead_to_the_same() {
        for url in [
            "https://api.example.com/",
            "https://a/b",
            "https://a.test:8443/v1/users/42?page=2&sort=-name",
            "http://a.test:443/a.b/c_d/~e/",
            "https://a.test/?",
            "https://a.test/x?a=..",
            "https://1a.b2/x",
        ] {
            let plain = read(url).unwrap_or_else(|| panic!("{url} is plain"));
            assert!(plain == Target::parse_thoroughly(url).unwrap(), "{url}");
        }
    }

    #[test]
    fn what_may_have_a_second_reading_takes_the_long_way() {
        for url in [
            "https://a.test",
            "https://a.test?x",
            "HTTPS://a.test/",
            "https://A.test/",
            "https://a.test./",
            "https://a..test/",
            "https://.test/",
            "https://-a.test/",
            "https://a-.test/",
            "https://xn--a.test/",
            "https://a_b.test/",
            "https://u@a.test/",
            "https://a.test:/",
            "https://a.test:0443/",
            "https://a.test:443/",
            "https://a.test:65536/",
            "https://a.test:+1/",
            "https://10.1.2.3/",
            "https://a.0x1/",
            "https://[::1]/",
            "https://a.test/../b",
            "https://a.test/a/./b",
            "https://a.test/a/..",
            "https://a.test/.a",
            "https://a.test//a",
            "https://a.test/a//b",
            "https://a.test/a;b",
            "https://a.test/%61",
            "https://a.test/a b",
            "https://a.test/a\\b",
            "https://a.test/a#b",
            "https://a.test/?a#b",
            "https://a.test/?a?b",
            "https://a.test/?%61",
            "https://a.test/é",
            "https://metadata.google.internal/",
            "ftp://a.test/",
            "https:///a",
        ] {
            assert!(read(url).is_none(), "{url}");
        }
    }
}
