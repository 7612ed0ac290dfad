//! What a segment of a path looks like: a word that somebody chose, or an identifier that a machine made.

/// Length of an identifier that has letters of both cases and digits, and of one in lower case whose letters and digits take turns.
const MIXED: usize = 10;
const TURNING: usize = 16;

/// Whether a segment is an identifier by its looks: a number, a UUID, a ULID, hexadecimal, long and random. The ending of a file is
/// not looked at.
pub fn is_identifier(segment: &str, place: usize) -> bool {
    let stem = match segment.rsplit_once('.') {
        Some((stem, ending)) if ending.len() <= 5 && ending.bytes().all(|byte| byte.is_ascii_alphanumeric()) => stem,
        _ => segment,
    };
    if is_number(stem) {
        // A short number at the front is a version.
        return place > 0 || stem.len() > 2;
    }
    is_uuid(stem) || stem.split(['_', '-', '~', ':', '.']).any(|part| is_ulid(part) || is_hex(part) || is_random(part))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_uuid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
}

/// 26 characters of Crockford's Base32, which has no I, L, O and U.
fn is_ulid(text: &str) -> bool {
    let digit = |byte: u8| byte.is_ascii_alphanumeric() && !b"ILOU".contains(&byte.to_ascii_uppercase());
    text.len() == 26 && text.bytes().all(digit) && text.bytes().any(|byte| byte.is_ascii_digit())
}

fn is_hex(text: &str) -> bool {
    text.len() >= 8 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) && text.bytes().any(|byte| byte.is_ascii_digit())
}

fn is_random(text: &str) -> bool {
    let has = |is: fn(&u8) -> bool| text.as_bytes().iter().any(is);
    let turns = text.as_bytes().windows(2).filter(|pair| pair[0].is_ascii_digit() != pair[1].is_ascii_digit()).count();
    let (upper, lower, digit) = (has(u8::is_ascii_uppercase), has(u8::is_ascii_lowercase), has(u8::is_ascii_digit));
    digit && (text.len() >= MIXED && upper && lower || text.len() >= TURNING && turns >= 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_machine_made_is_told_from_what_somebody_chose() {
        let made = [
            "42",
            "1234567",
            "1234.json",
            "0190b5a2-7c1e-7abc-8def-0123456789ab",
            "01KAK3XQ8T3ZJ5V9Y6W2M4R7NB",
            "3f2a9bc01",
            "d41d8cd98f00b204e9800998ecf8427e.png",
            "cus_NffrFeUfNV2Hib",
            "ch_3MmlLrLkdIwHu7ix0snN0B15",
            "order-20260131",
            "a1b2c3d4e5f6g7h8i9",
        ];
        for segment in made {
            assert!(is_identifier(segment, 1), "{segment}");
        }
        let chosen = [
            "v1",
            "v2beta1",
            "2026-01-31",
            "charges",
            "payment_intents",
            "reports2024archive",
            "index.html",
            "deadbeef",
            "",
            "a-b-c",
            "oauth2",
        ];
        for segment in chosen {
            assert!(!is_identifier(segment, 1), "{segment}");
        }
        assert!(!is_identifier("2", 0) && is_identifier("200", 0));
    }
}
