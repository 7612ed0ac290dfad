//! The forms that a secret's value may come back in: itself, base64 in three alignments and two alphabets, hexadecimal. Escapes
//! are not here: what is escaped is read as what it stands for before these are looked for.

use data_encoding::{BASE64, BASE64URL, Encoding, HEXLOWER};
use std::collections::BTreeSet;
use zeroize::Zeroizing;

/// Bytes of the shortest form that is looked for. What is shorter would be found in ordinary text.
pub(super) const SHORTEST: usize = 8;
/// Bytes of a part of a value, such as a line, that is looked for by itself.
const PART: usize = 12;
/// Bytes of the longest value that is looked for in one; a longer one is looked for in pieces.
const WHOLE: usize = 64;
/// Bytes of such a piece.
const PIECE: usize = 48;
/// Bytes that neighbours share, so that none of the encoded characters between them is left over.
const SHARED: usize = 3;

/// Bytes to look for.
pub(super) struct Form {
    pub bytes: Zeroizing<Vec<u8>>,
    /// Whether the case of letters does not matter; the bytes are then lower-case.
    pub any_case: bool,
}

/// Every form of a value.
pub(super) fn of(value: &[u8]) -> Vec<Form> {
    let pieces: BTreeSet<&[u8]> = parts(value).into_iter().flat_map(pieces).collect();
    let forms = pieces.into_iter().flat_map(encoded);
    forms.filter(|form| form.bytes.len() >= SHORTEST).collect()
}

/// The value and what of it may be shown without the rest: a password behind its user, a line of a key without its breaks.
fn parts(value: &[u8]) -> Vec<&[u8]> {
    let trimmed = value.trim_ascii();
    let password = trimmed.iter().position(|byte| *byte == b':').map(|colon| &trimmed[colon + 1..]);
    let lines = trimmed.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| is_telling(line));
    let mut parts: Vec<&[u8]> = password.into_iter().chain(lines).filter(|part| part.len() >= PART).collect();
    parts.extend([value, trimmed]);
    parts
}

/// Whether a line says something by itself: those of text and the frame of a PEM file stand in what is no secret too.
fn is_telling(line: &[u8]) -> bool {
    !line.starts_with(b"-----") && !line.iter().any(u8::is_ascii_whitespace)
}

fn pieces(part: &[u8]) -> Vec<&[u8]> {
    if part.len() <= WHOLE {
        return vec![part];
    }
    let last = part.len() - PIECE;
    let starts = (0..last).step_by(PIECE - SHARED).chain([last]);
    starts.map(|start| &part[start..start + PIECE]).collect()
}

fn encoded(piece: &[u8]) -> Vec<Form> {
    let mut forms = vec![
        Form { bytes: Zeroizing::new(piece.to_vec()), any_case: false },
        Form { bytes: Zeroizing::new(HEXLOWER.encode(piece).into_bytes()), any_case: true },
    ];
    for before in 0..3 {
        let standard = base64(&BASE64, piece, before);
        let url = base64(&BASE64URL, piece, before);
        if url != standard {
            forms.push(Form { bytes: url, any_case: false });
        }
        forms.push(Form { bytes: standard, any_case: false });
    }
    forms
}

/// The characters that the piece alone determines, when this many bytes modulo three stand before it.
fn base64(alphabet: &Encoding, piece: &[u8], before: usize) -> Zeroizing<Vec<u8>> {
    let mut plain = Zeroizing::new(vec![0; before]);
    plain.extend_from_slice(piece);
    let text = Zeroizing::new(alphabet.encode(&plain).into_bytes());
    // A character has six bits: the first that is determined begins at or behind the first bit of the piece.
    let (first, end) = ((before * 8).div_ceil(6), plain.len() * 8 / 6);
    Zeroizing::new(text.get(first..end).unwrap_or_default().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(value: &str) -> Vec<String> {
        of(value.as_bytes()).iter().map(|form| String::from_utf8(form.bytes.to_vec()).unwrap()).collect()
    }

    #[test]
    fn a_value_has_itself_its_hex_and_three_alignments() {
        let forms = texts("sk_live_REAL");
        assert_eq!(forms, ["sk_live_REAL", "736b5f6c6976655f5245414c", "c2tfbGl2ZV9SRUFM", "NrX2xpdmVfUkVBT", "za19saXZlX1JFQU"]);
        let both = texts("~~~~~~~~~~~~~~");
        assert!(["fn5+fn5+fn5+fn5+fn", "fn5-fn5-fn5-fn5-fn"].iter().all(|form| both.iter().any(|other| other == form)), "{both:?}");
    }

    #[test]
    fn short_values_are_looked_for_where_their_form_is_long_enough() {
        assert_eq!(texts("abcd"), ["61626364"]);
        assert_eq!(texts("abc"), [""; 0]);
        assert!(texts("abcdefgh").contains(&"abcdefgh".to_owned()));
    }

    #[test]
    fn a_long_value_is_covered_by_pieces_and_its_telling_lines_stand_alone() {
        let line = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj";
        let key = format!("-----BEGIN PRIVATE KEY-----\n{line}\nlast+line/of=it\n-----END PRIVATE KEY-----\n");
        let forms = texts(&key);
        for expected in [line, "last+line/of=it"] {
            assert!(forms.iter().any(|form| form == expected), "{expected}");
        }
        assert!(forms.iter().all(|form| !form.starts_with("-----END")), "the frame is no secret");
        assert!(forms.iter().any(|form| form.ends_with("-----END PRIVATE KEY-----\n")), "but the last piece of the whole ends with it");
    }

    #[test]
    fn a_password_is_looked_for_without_its_user() {
        assert!(texts("user:correct horse").contains(&"correct horse".to_owned()));
    }
}
