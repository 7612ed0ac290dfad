//! Text that a guest wrote, made safe for a terminal: control characters would move the cursor or rewrite lines above.

/// Replaces every control character but the line break and the tab, and what changes the direction of text.
pub fn printable(text: &str) -> String {
    let harmful = |c: char| c.is_control() && c != '\n' && c != '\t' || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if harmful(c) { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_do_not_reach_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\u{202e}c\n\td"), "a\u{fffd}[2Jb\u{fffd}c\n\td");
    }
}
