//! Where a fault of a source is, out of what the engine says about it.

use super::files::Files;
use crate::CodeFault;

/// A fault of a whole file.
pub(super) fn whole(file: &str, message: &str) -> CodeFault {
    CodeFault { file: file.to_owned(), line: 0, column: 0, message: message.to_owned() }
}

/// A fault that the engine described. Without a place in its stack it is one of an import, or of the whole file.
pub(super) fn of([name, message, stack, _]: &[String; 4], entry: &str, import: Option<&(String, String)>, files: &Files) -> CodeFault {
    if let Some((file, line, column)) = place(stack) {
        return CodeFault { file, line, column, message: format!("{name}: {message}") };
    }
    match import {
        Some((base, specifier)) if message.starts_with("cannot import") => {
            let message =
                if files.is_refused() { format!("cannot import '{specifier}': {}", files.why(specifier)) } else { message.clone() };
            CodeFault { file: base.clone(), line: files.line_of(base, specifier), column: 0, message }
        }
        Some(_) | None => whole(entry, &format!("{name}: {message}")),
    }
}

/// The first place of a stack: `    at file:line:column` or `    at name (file:line:column)`.
fn place(stack: &str) -> Option<(String, u32, u32)> {
    let first = stack.lines().next()?.trim().strip_prefix("at ")?;
    let inside = first.rsplit_once('(').map_or(first, |(_, inside)| inside.trim_end_matches(')'));
    let (rest, column) = inside.rsplit_once(':')?;
    let (file, line) = rest.rsplit_once(':')?;
    Some((file.to_owned(), line.parse().ok()?, column.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn the_place_is_read_from_the_first_frame() {
        assert_eq!(place("    at lib/a.js:3:14\n"), Some(("lib/a.js".to_owned(), 3, 14)));
        assert_eq!(place("    at f (x.js:1:2)\n    at y.js:3:4"), Some(("x.js".to_owned(), 1, 2)));
        assert_eq!(place(""), None);
        assert_eq!(place("    at f (native)"), None);
    }
}
