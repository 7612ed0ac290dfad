//! What must hold for secrets in any text: the masks are those of a slow reader that tries everything, whatever the pieces.

use egret_egress::fuzzing;

/// Values, each ended by a 1, then a 0, then a text.
pub fn scrub(bytes: &[u8]) {
    let Some(end) = bytes.iter().position(|byte| *byte == 0) else { return };
    let values: Vec<&[u8]> = bytes[..end].split(|byte| *byte == 1).collect();
    // Longer ones are looked for in pieces, which is another matter.
    if values.len() > 8 || values.iter().any(|value| value.len() > 64) {
        return;
    }
    let text = &bytes[end + 1..];
    let expected = slowly(&values, text);
    for piece in [usize::MAX, 1, 7] {
        let mut scrub = fuzzing::scrub(&values);
        let mut masked = Vec::new();
        for piece in text.chunks(piece) {
            masked.extend_from_slice(&scrub(Some(piece.to_vec().into())));
        }
        masked.extend_from_slice(&scrub(None));
        assert!(masked == expected, "in pieces of {piece}: {bytes:?}\n{:?}\n{:?}", lossy(&masked), lossy(&expected));
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn slowly(values: &[&[u8]], text: &[u8]) -> Vec<u8> {
    let forms: Vec<(Vec<u8>, bool)> = values.iter().flat_map(|value| parts(value)).flat_map(|part| forms(&part)).collect();
    let mut masked = text.to_vec();
    for kinds in ["", "%", "\\", "&", "%\\&"] {
        let read = read(text, kinds.as_bytes());
        for (form, any_case) in &forms {
            for window in read.windows(form.len()) {
                let same = |(one, other): (&(u8, usize, usize), &u8)| one.0 == *other || *any_case && one.0.eq_ignore_ascii_case(other);
                if window.iter().zip(form).all(same) {
                    masked[window[0].1..window[form.len() - 1].2].fill(b'*');
                }
            }
        }
    }
    masked
}

fn parts(value: &[u8]) -> Vec<Vec<u8>> {
    let trimmed = value.trim_ascii();
    let mut parts = vec![value.to_vec(), trimmed.to_vec()];
    let behind_the_colon = trimmed.splitn(2, |byte| *byte == b':').nth(1);
    let lines = trimmed.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let lines = lines.filter(|line| !line.starts_with(b"-----") && !line.iter().any(u8::is_ascii_whitespace));
    parts.extend(behind_the_colon.into_iter().chain(lines).filter(|part| part.len() >= 12).map(<[u8]>::to_vec));
    parts
}

fn forms(value: &[u8]) -> Vec<(Vec<u8>, bool)> {
    let mut forms = vec![(value.to_vec(), false), (value.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect(), true)];
    for before in 0..3 {
        for last in [b"+/", b"-_"] {
            // A character is determined if it does not change with what stands around.
            let around = [0x00, 0xff].map(|other| [&vec![other; before][..], value, &[other; 3]].concat());
            let [zeros, ones] = around.map(|bytes| base64(&bytes, last));
            let most = (before + value.len()) * 8 / 6;
            forms.push((
                zeros.into_iter().zip(ones).take(most).skip_while(|(one, other)| one != other).map(|(one, _)| one).collect(),
                false,
            ));
        }
    }
    forms.retain(|(form, _)| form.len() >= 8);
    forms
}

fn base64(bytes: &[u8], last: &[u8; 2]) -> Vec<u8> {
    let alphabet: Vec<u8> = (b'A'..=b'Z').chain(b'a'..=b'z').chain(b'0'..=b'9').chain(*last).collect();
    let bits: Vec<u8> = bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
    bits.chunks_exact(6).map(|six| alphabet[six.iter().fold(0, |sum, bit| sum * 2 + usize::from(*bit))]).collect()
}

/// The text with escapes of these kinds read: each byte with where it begins and ends.
fn read(text: &[u8], kinds: &[u8]) -> Vec<(u8, usize, usize)> {
    let (mut read, mut at) = (Vec::new(), 0);
    while at < text.len() {
        let escape = (2..=16).filter(|length| kinds.contains(&text[at]) && at + length <= text.len());
        let found =
            escape.filter_map(|length| Some((length, std::str::from_utf8(&text[at..at + length]).ok().and_then(stands_for)?))).next();
        match found {
            Some((length, decoded)) => {
                read.extend(decoded.into_iter().map(|byte| (byte, at, at + length)));
                at += length;
            }
            None => {
                read.push((text[at], at, at + 1));
                at += 1;
            }
        }
    }
    read
}

fn stands_for(escape: &str) -> Option<Vec<u8>> {
    let digits = |digits: &str, radix| {
        let fits = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix));
        if fits { u32::from_str_radix(digits, radix).ok() } else { None }
    };
    let character = |point| char::from_u32(point).filter(|found| *found != '\0').map(|found| found.to_string().into_bytes());
    if let Some(hex) = escape.strip_prefix('%').filter(|hex| hex.len() == 2) {
        return digits(hex, 16).map(|byte| vec![u8::try_from(byte).unwrap_or_default()]);
    }
    if let Some(rest) = escape.strip_prefix('\\') {
        let plain =
            [("b", "\x08"), ("f", "\x0c"), ("n", "\n"), ("r", "\r"), ("t", "\t"), ("\"", "\""), ("'", "'"), ("/", "/"), ("\\", "\\")];
        if let Some((_, plain)) = plain.iter().find(|(name, _)| *name == rest) {
            return Some(plain.as_bytes().to_vec());
        }
        if let Some(hex) = rest.strip_prefix('x').filter(|hex| hex.len() == 2) {
            return digits(hex, 16).and_then(character);
        }
        let units: Option<Vec<u16>> = rest
            .strip_prefix('u')?
            .split("\\u")
            .map(|unit| digits(unit, 16).filter(|_| unit.len() == 4))
            .map(|unit| u16::try_from(unit?).ok())
            .collect();
        let text = String::from_utf16(&units?).ok()?;
        return (text.chars().count() == 1 && text != "\0").then(|| text.into_bytes());
    }
    let name = escape.strip_prefix('&')?.strip_suffix(';')?.to_ascii_lowercase();
    if let Some(number) = name.strip_prefix('#') {
        return number.strip_prefix('x').map_or_else(|| digits(number, 10), |hex| digits(hex, 16)).and_then(character);
    }
    let named = "amp& apos' colon: comma, commat@ dollar$ equals= gt> lowbar_ lt< num# percnt% period. plus+ quot\" sol/";
    named.split(' ').find(|known| known[..known.len() - 1] == name).map(|known| known.as_bytes()[known.len() - 1..].to_vec())
}
