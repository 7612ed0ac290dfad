//! Escapes: what percent-encoding, JSON's and JavaScript's strings, and HTML write for a character. Pure, one place at a time.

use memchr::memchr3;

/// Bytes of an HTML entity, at most: leading zeros are endless otherwise.
pub(super) const MOST: usize = 16;

/// The entities that have names, in the letters' case of HTML; they are read in any case.
const NAMED: [(&[u8], u8); 16] = [
    (b"amp", b'&'),
    (b"apos", b'\''),
    (b"colon", b':'),
    (b"comma", b','),
    (b"commat", b'@'),
    (b"dollar", b'$'),
    (b"equals", b'='),
    (b"gt", b'>'),
    (b"lowbar", b'_'),
    (b"lt", b'<'),
    (b"num", b'#'),
    (b"percnt", b'%'),
    (b"period", b'.'),
    (b"plus", b'+'),
    (b"quot", b'"'),
    (b"sol", b'/'),
];

/// A way of writing characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `%73` (RFC 3986, 2.1).
    Percent,
    /// `\u0073`, `\x73`, `\/` (RFC 8259, 7, and what JavaScript adds).
    Backslash,
    /// `&#115;`, `&#x73;`, `&amp;` (HTML).
    Entity,
}

/// One escape in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unit {
    pub kind: Kind,
    /// How many bytes of `decoded` there are.
    length: u8,
    /// Bytes of the escape.
    extent: u16,
    start: u32,
    /// What it stands for: one byte, or a character's UTF-8. Nothing if the text ends before the escape does.
    decoded: [u8; 4],
}

impl Unit {
    /// Whether more text could make an escape of it.
    pub fn is_open(&self) -> bool {
        self.length == 0
    }

    pub fn start(&self) -> usize {
        self.start as usize
    }

    pub fn end(&self) -> usize {
        self.start() + usize::from(self.extent)
    }

    pub fn decoded(&self) -> &[u8] {
        &self.decoded[..usize::from(self.length)]
    }
}

/// What stands at one place.
enum Read {
    /// So many bytes behind the first that stand for these.
    Whole(u16, [u8; 4], u8),
    /// The beginning of what may be an escape.
    Open,
    Nothing,
}

/// All escapes of a text of at most 4 GiB from its beginning on, in order; they never overlap. The last one may be open.
pub(super) fn units(text: &[u8], units: &mut Vec<Unit>) {
    units.clear();
    let mut from = 0;
    while let Some(at) = introducer(text, from) {
        let (kind, read) = match text[at] {
            b'%' => (Kind::Percent, percent(&text[at + 1..])),
            b'\\' => (Kind::Backslash, backslash(&text[at + 1..])),
            _ => (Kind::Entity, entity(&text[at + 1..])),
        };
        from = at + 1;
        let Ok(start) = u32::try_from(at) else { return };
        match read {
            Read::Whole(behind, decoded, length) => {
                from += usize::from(behind);
                units.push(Unit { kind, length, extent: behind + 1, start, decoded });
            }
            Read::Open => {
                // At most as long as an escape: it would be whole or none otherwise.
                let extent = u16::try_from(text.len() - at).unwrap_or(u16::MAX);
                units.push(Unit { kind, length: 0, extent, start, decoded: [0; 4] });
                return;
            }
            Read::Nothing => {}
        }
    }
}

/// The next byte that may begin an escape. Where one is, others are near: the next few bytes are looked at before the search for
/// one that is far begins.
fn introducer(text: &[u8], from: usize) -> Option<usize> {
    const NEAR: usize = 8;
    let near = &text[from..text.len().min(from + NEAR)];
    if let Some(at) = near.iter().position(|byte| matches!(byte, b'%' | b'\\' | b'&')) {
        return Some(from + at);
    }
    let far = from + near.len();
    memchr3(b'%', b'\\', b'&', &text[far..]).map(|at| far + at)
}

fn byte(behind: u16, byte: u8) -> Read {
    Read::Whole(behind, [byte, 0, 0, 0], 1)
}

fn character(behind: u16, point: u32) -> Read {
    let mut decoded = [0; 4];
    match char::from_u32(point).filter(|character| *character != '\0') {
        Some(character) => {
            character.encode_utf8(&mut decoded);
            Read::Whole(behind, decoded, [1, 2, 3, 4][character.len_utf8() - 1])
        }
        None => Read::Nothing,
    }
}

fn percent(rest: &[u8]) -> Read {
    match hex(rest, 2) {
        Digits::These(value) => byte(2, value.to_le_bytes()[0]),
        Digits::Few => Read::Open,
        Digits::Others => Read::Nothing,
    }
}

fn backslash(rest: &[u8]) -> Read {
    match rest.first() {
        None => Read::Open,
        Some(plain @ (b'"' | b'\'' | b'/' | b'\\')) => byte(1, *plain),
        Some(b'b') => byte(1, 8),
        Some(b'f') => byte(1, 12),
        Some(b'n') => byte(1, b'\n'),
        Some(b'r') => byte(1, b'\r'),
        Some(b't') => byte(1, b'\t'),
        Some(b'x') => match hex(&rest[1..], 2) {
            Digits::These(value) => character(3, value),
            Digits::Few => Read::Open,
            Digits::Others => Read::Nothing,
        },
        Some(b'u') => unicode(&rest[1..]),
        Some(_) => Read::Nothing,
    }
}

/// Behind `\u`: four digits, or two times four for a character beyond the first plane.
fn unicode(rest: &[u8]) -> Read {
    let high = match hex(rest, 4) {
        Digits::These(point @ 0xd800..=0xdbff) => point,
        Digits::These(point) => return character(5, point),
        Digits::Few => return Read::Open,
        Digits::Others => return Read::Nothing,
    };
    let behind = &rest[4..];
    if behind.len() < 2 && b"\\u".starts_with(behind) {
        return Read::Open;
    }
    match behind.strip_prefix(b"\\u").map(|digits| hex(digits, 4)) {
        Some(Digits::These(low @ 0xdc00..=0xdfff)) => character(11, 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00)),
        Some(Digits::Few) => Read::Open,
        Some(Digits::These(_) | Digits::Others) | None => Read::Nothing,
    }
}

fn entity(rest: &[u8]) -> Read {
    let within = &rest[..rest.len().min(MOST - 1)];
    let Some(end) = within.iter().position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'#') else {
        return if rest.len() < MOST - 1 && may_become_entity(rest) { Read::Open } else { Read::Nothing };
    };
    if within[end] != b';' {
        return Read::Nothing;
    }
    let (name, behind) = (&within[..end], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15][end]);
    match name {
        [b'#', b'x' | b'X', digits @ ..] => number(digits, 16).map_or(Read::Nothing, |point| character(behind, point)),
        [b'#', digits @ ..] => number(digits, 10).map_or(Read::Nothing, |point| character(behind, point)),
        name => match NAMED.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
            Some((_, plain)) => byte(behind, *plain),
            None => Read::Nothing,
        },
    }
}

fn may_become_entity(name: &[u8]) -> bool {
    match name {
        [] | [b'#'] | [b'#', b'x' | b'X'] => true,
        [b'#', b'x' | b'X', digits @ ..] => digits.iter().all(u8::is_ascii_hexdigit),
        [b'#', digits @ ..] => digits.iter().all(u8::is_ascii_digit),
        name => NAMED.iter().any(|(known, _)| known.get(..name.len()).is_some_and(|known| known.eq_ignore_ascii_case(name))),
    }
}

fn number(digits: &[u8], radix: u32) -> Option<u32> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u32, |value, digit| value.checked_mul(radix)?.checked_add(char::from(*digit).to_digit(radix)?))
}

enum Digits {
    These(u32),
    /// So far there are digits only, and too few.
    Few,
    Others,
}

fn hex(text: &[u8], count: usize) -> Digits {
    let text = &text[..text.len().min(count)];
    match text.iter().try_fold(0, |value, digit| Some(value << 4 | char::from(*digit).to_digit(16)?)) {
        Some(value) if text.len() == count => Digits::These(value),
        Some(_) => Digits::Few,
        None => Digits::Others,
    }
}

#[cfg(test)]
mod tests {
    use super::units;

    #[track_caller]
    fn check(text: &str, expected: &[(usize, usize, &str)]) {
        let mut found = Vec::new();
        units(text.as_bytes(), &mut found);
        let found: Vec<_> = found.iter().map(|unit| (unit.start(), unit.end(), std::str::from_utf8(unit.decoded()).unwrap())).collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn escapes_of_every_kind_are_read() {
        check("a%73%4B", &[(1, 4, "s"), (4, 7, "K")]);
        check(r"\u0073\/\\\x73\n", &[(0, 6, "s"), (6, 8, "/"), (8, 10, "\\"), (10, 14, "s"), (14, 16, "\n")]);
        check(
            "&#115;&#0115;&#x73;&#X073;&amp;&QUOT;",
            &[(0, 6, "s"), (6, 13, "s"), (13, 19, "s"), (19, 26, "s"), (26, 31, "&"), (31, 37, "\"")],
        );
        check(r"\ud83d\ude00&#x1f600;", &[(0, 12, "\u{1f600}"), (12, 21, "\u{1f600}")]);
    }

    #[test]
    fn what_is_none_stays_as_it_is() {
        for text in ["100% sure", "%zz", r"\q", r"\u12g4", r"\ud83d ", "a & b", "&nosuch;", "&#;", "&#x;", "&#00000000000000115;", "&#0;"] {
            check(text, &[]);
        }
        check("%%41", &[(1, 4, "A")]);
        check(r"\ud83d\u0041", &[(6, 12, "A")]);
        check("&&lt;", &[(1, 5, "<")]);
    }

    #[test]
    fn an_escape_that_more_text_could_finish_is_open() {
        for text in
            ["%", "%4", "\\", r"\u", r"\u004", r"\ud83d", r"\ud83d\", r"\ud83d\ude0", r"\x7", "&", "&a", "&#", "&#x", "&#x0000000007"]
        {
            check(text, &[(0, text.len(), "")]);
        }
        for text in ["&b", "&amp.", "&#a", "&#x0000000000073"] {
            check(text, &[]);
        }
    }
}
