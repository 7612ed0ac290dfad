//! Text from outside, made safe for a terminal: control characters would move the cursor or rewrite lines above, and a
//! line break would let one line pass for two.

/// Replaces every control character but the line break and the tab, and what changes the direction of text.
#[must_use]
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if is_harmful(c) && c != '\n' && c != '\t' { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// The same for what must stay one line: a name, a path, a key. Line breaks are replaced as well.
#[must_use]
pub fn printable_line(text: &str) -> String {
    text.chars().map(|c| if is_harmful(c) && c != '\t' { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// Control characters, line and paragraph separators, and the marks, embeddings, overrides and isolates of bidirectional
/// text (Unicode Standard Annex 9, table 4).
fn is_harmful(c: char) -> bool {
    let bidi = matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || bidi || matches!(c, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_do_not_reach_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\u{202e}c\u{9b}\n\td"), "a\u{fffd}[2Jb\u{fffd}c\u{fffd}\n\td");
    }

    #[test]
    fn a_name_cannot_pass_for_two_lines() {
        assert_eq!(printable_line("a\nb\r\u{2028}\tc"), "a\u{fffd}b\u{fffd}\u{fffd}\tc");
    }
}
