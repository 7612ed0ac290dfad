//! How servers may understand a canonical path: what deny rules are held against. Never what is sent.
//!
//! An encoded slash may be data or a separator, a path parameter part of a segment or cut off, an encoded `?` or `#` data or
//! the end of the path. Each of these is one reading, a list of folded segments; a deny rule that matches one of them refuses.

use super::path::decoded;
use std::borrow::Cow;
use unicode_normalization::UnicodeNormalization;

/// All readings of a canonical path. A path that leaves no choice has exactly one.
///
/// An empty last segment is left out: a trailing slash makes no difference to a deny rule.
pub(crate) fn readings(canonical: &str) -> Vec<Vec<String>> {
    let relative = canonical.strip_prefix('/').unwrap_or(canonical);
    let mut readings = vec![segments(relative)];
    // Without an escape there is nothing that could be decoded too early.
    if relative.contains('%') {
        let decoded_first = ["%3F", "%23"].into_iter().filter_map(|end| relative.find(end)).min().map(|end| &relative[..end]);
        for whole in [Some(relative), decoded_first].into_iter().flatten() {
            if whole.len() < relative.len() {
                readings.push(segments(whole));
            }
            if whole.contains("%2F") {
                readings.push(segments(&whole.replace("%2F", "/")));
            }
        }
    }
    if relative.contains(';') || relative.contains("%3B") {
        let cut = |segment: &String| trimmed(segment.split(';').next().unwrap_or_default()).to_owned();
        let without_parameters: Vec<Vec<String>> = readings.iter().map(|reading| reading.iter().map(cut).collect()).collect();
        readings.extend(without_parameters);
    }
    for reading in &mut readings {
        reading.pop_if(|last| last.is_empty());
    }
    readings
}

fn segments(relative: &str) -> Vec<String> {
    relative.split('/').map(fold).collect()
}

/// A segment as the most forgiving server reads it: escapes resolved, compatibility forms taken apart (NFKD), what cannot be
/// seen left out, case folded, white space at both ends and dots at the end cut.
///
/// Case goes down, up and down again: `ẞ` becomes `ß`, `ß` becomes `SS`. It is folded while marks stand apart from their
/// letters (Unicode 16, 3.13, D145), for a iota below a letter is a letter of its own in upper case and moves behind other marks.
fn fold(segment: &str) -> String {
    // A canonical path is ASCII: without an escape only case and the end are left to do.
    if !segment.contains('%') {
        return segment.trim_end_matches('.').to_ascii_lowercase();
    }
    let decoded = decoded(segment);
    let text = String::from_utf8_lossy(&decoded);
    let apart = text.nfkd().filter(|c| !is_invisible(*c));
    let folded: String = apart.flat_map(char::to_lowercase).flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfkc().collect();
    trimmed(&folded).to_owned()
}

/// Windows cuts spaces and dots at the end of a name, and libraries that read fields cut white space at both.
fn trimmed(segment: &str) -> &str {
    segment.trim_start().trim_end_matches(|c: char| c.is_whitespace() || c == '.')
}

/// A text without the characters that nobody sees.
pub(super) fn without_invisible(text: &str) -> Cow<'_, str> {
    if text.is_ascii() { Cow::Borrowed(text) } else { Cow::Owned(text.chars().filter(|c| !is_invisible(*c)).collect()) }
}

/// The code points that Unicode lets vanish when names are compared (`Default_Ignorable_Code_Point`, DerivedCoreProperties of
/// Unicode 16: soft hyphen, joiners, marks of direction, variation selectors, tags), and the controls above ASCII.
const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{80}'..='\u{9f}'
            | '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(canonical: &str, expected: &[&str]) {
        let got: Vec<String> = readings(canonical).iter().map(|reading| reading.join("|")).collect();
        assert_eq!(got, expected, "{canonical}");
    }

    #[test]
    fn a_path_without_a_choice_has_one_reading() {
        check("/V1/Users/", &["v1|users"]);
        check("/a%20b/caf%C3%89", &["a b|café"]);
    }

    #[test]
    fn what_a_server_may_decode_too_early_is_a_reading_of_its_own() {
        check("/admin%3Fx/y", &["admin?x|y", "admin"]);
        check("/a/b%23x%3Fy", &["a|b#x?y", "a|b"]);
        check("/a%2Fb%3Fx", &["a/b?x", "a|b?x", "a/b", "a|b"]);
        check("/a;x/b", &["a;x|b", "a|b"]);
        check("/a.;x/b%20%3B", &["a.;x|b ;", "a|b"]);
    }

    #[test]
    fn what_nobody_sees_makes_no_difference() {
        for hidden in ["%C2%AD", "%E2%80%8B", "%E2%80%8D", "%EF%BB%BF", "%E2%81%A0", "%EF%B8%8F", "%F3%A0%81%81", "%C2%85", "%EF%BE%A0"] {
            check(&format!("/ad{hidden}min"), &["admin"]);
            check(&format!("/{hidden}admin{hidden}"), &["admin"]);
        }
    }

    fn folds(text: &str) -> String {
        fold(&text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>())
    }

    /// The title case of characters whose own is not one character (Unicode 16, SpecialCasing), where it is neither upper nor lower case.
    const TITLES: &[(&str, &str)] = &[
        ("\u{df}", "Ss"),
        ("\u{fb00}", "Ff"),
        ("\u{fb01}", "Fi"),
        ("\u{fb02}", "Fl"),
        ("\u{fb03}", "Ffi"),
        ("\u{fb04}", "Ffl"),
        ("\u{fb05}", "St"),
        ("\u{fb06}", "St"),
        ("\u{587}", "\u{535}\u{582}"),
        ("\u{fb13}", "\u{544}\u{576}"),
        ("\u{fb14}", "\u{544}\u{565}"),
        ("\u{fb15}", "\u{544}\u{56b}"),
        ("\u{fb16}", "\u{54e}\u{576}"),
        ("\u{fb17}", "\u{544}\u{56d}"),
        ("\u{1f3}", "\u{1f2}"),
        ("\u{1fb2}", "\u{1fba}\u{345}"),
        ("\u{1fb4}", "\u{386}\u{345}"),
        ("\u{1fb7}", "\u{391}\u{342}\u{345}"),
        ("\u{1fc2}", "\u{1fca}\u{345}"),
        ("\u{1fc4}", "\u{389}\u{345}"),
        ("\u{1fc7}", "\u{397}\u{342}\u{345}"),
        ("\u{1ff2}", "\u{1ffa}\u{345}"),
        ("\u{1ff4}", "\u{38f}\u{345}"),
        ("\u{1ff7}", "\u{3a9}\u{342}\u{345}"),
        ("\u{1f80}", "\u{1f88}"),
        ("\u{1fb3}", "\u{1fbc}"),
        ("\u{1fc3}", "\u{1fcc}"),
        ("\u{1ff3}", "\u{1ffc}"),
    ];

    #[test]
    fn every_case_of_every_character_is_one() {
        let upper = |text: &str| text.chars().flat_map(char::to_uppercase).collect::<String>();
        let lower = |text: &str| text.chars().flat_map(char::to_lowercase).collect::<String>();
        let mut cased = 0;
        let mut wrong = Vec::new();
        for c in ('\u{80}'..=char::MAX).chain('A'..='z') {
            if c.to_uppercase().eq([c]) && c.to_lowercase().eq([c]) {
                continue;
            }
            cased += 1;
            let plain = c.to_string();
            let cases =
                [upper(&plain), lower(&plain), upper(&lower(&plain)), lower(&upper(&plain)), plain.to_uppercase(), plain.to_lowercase()];
            let forms = cases.iter().flat_map(|case| [case.nfc().collect(), case.nfd().collect(), case.nfkc().collect(), case.clone()]);
            wrong.extend(forms.filter(|form: &String| folds(form) != folds(&plain)).map(|form| (c, form)));
        }
        assert_eq!(wrong, []);
        assert!(cased > 2700, "{cased}");
        for (plain, title) in TITLES {
            assert_eq!(folds(plain), folds(title), "{title}");
        }
    }
}
