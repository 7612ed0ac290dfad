//! A placeholder: what stands for a secret in a guest's hands. `egret-secret-NAME-` and 32 lower-case hexadecimal digits.
//!
//! Whoever made such a text, it counts as a placeholder: the digits keep it from standing in data by chance, and prove nothing.

use crate::SecretName;
use memchr::memmem::Finder;
use std::fmt::Write;
use std::ops::Range;
use std::sync::LazyLock;

/// What every placeholder begins with.
const PREFIX: &str = "egret-secret-";
/// Digits at the end of one.
const DIGITS: usize = 32;
/// Bytes of the shortest one: a text that is shorter needs no look.
const SHORTEST: usize = PREFIX.len() + 1 + 1 + DIGITS;

static FINDER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(PREFIX));

/// A placeholder in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placeholder {
    /// The secret that it stands for; whether there is one is another matter.
    pub name: SecretName,
    /// Where it stands, in bytes.
    pub range: Range<usize>,
}

impl Placeholder {
    /// Bytes of the longest one. Whoever looks through a text piece by piece keeps one byte less of what came before.
    pub const LONGEST: usize = PREFIX.len() + SecretName::LONGEST + 1 + DIGITS;

    /// Writes a placeholder. The random bytes are made anew for each app and process.
    #[must_use]
    pub fn make(name: &SecretName, random: [u8; 16]) -> String {
        let mut text = format!("{PREFIX}{name}-");
        for byte in random {
            let _ = write!(text, "{byte:02x}");
        }
        text
    }

    /// The first placeholder in a text. A text without one costs one fast search.
    #[must_use]
    pub fn find(text: &[u8]) -> Option<Self> {
        let mut from = 0;
        while text.len() - from >= SHORTEST {
            let start = from + FINDER.find(text.get(from..)?)?;
            match Self::at(text, start) {
                Some(found) => return Some(found),
                None => from = start + PREFIX.len(),
            }
        }
        None
    }

    /// All placeholders in a text, first to last.
    pub fn all(text: &[u8]) -> impl Iterator<Item = Self> {
        let mut from = 0;
        std::iter::from_fn(move || {
            let Self { name, range } = Self::find(text.get(from..)?)?;
            let range = from + range.start..from + range.end;
            from = range.end;
            Some(Self { name, range })
        })
    }

    /// The secret whose placeholder a text is, and nothing else.
    #[must_use]
    pub fn whole(text: &[u8]) -> Option<SecretName> {
        Self::at(text, 0).filter(|found| found.range.end == text.len()).map(|found| found.name)
    }

    /// Whether a name of a host holds one, which is written in lower case there as every name is.
    pub(crate) fn is_in_host(host: &str) -> bool {
        host.len() >= SHORTEST
            && host.match_indices(PREFIX).any(|(start, _)| {
                let named = host.get(start + PREFIX.len()..).and_then(|rest| rest.split_once('-'));
                named.is_some_and(|(name, rest)| {
                    let digits = rest.as_bytes().get(..DIGITS);
                    name.to_ascii_uppercase().parse::<SecretName>().is_ok() && digits.is_some_and(|digits| digits.iter().all(is_digit))
                })
            })
    }

    /// The placeholder that begins at a place.
    fn at(text: &[u8], start: usize) -> Option<Self> {
        let rest = text.get(start..)?.strip_prefix(PREFIX.as_bytes())?;
        let length = rest.iter().position(|byte| *byte == b'-')?;
        let (name, rest) = rest.split_at(length);
        let digits = rest.get(1..=DIGITS)?;
        let name = std::str::from_utf8(name).ok()?.parse().ok()?;
        let end = start + PREFIX.len() + length + 1 + DIGITS;
        digits.iter().all(is_digit).then_some(Self { name, range: start..end })
    }
}

fn is_digit(byte: &u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGITS: &str = "00112233445566778899aabbccddeeff";

    #[test]
    fn what_is_made_is_found() {
        let random = std::array::from_fn(|index| u8::try_from(index * 17).unwrap());
        let made = Placeholder::make(&"STRIPE_KEY".parse().unwrap(), random);
        assert_eq!(made, format!("egret-secret-STRIPE_KEY-{DIGITS}"));
        let text = format!("egret-secret-, {made}, {made}ff");
        let found: Vec<_> = Placeholder::all(text.as_bytes()).map(|found| (found.name.to_string(), found.range)).collect();
        assert_eq!(
            found,
            [("STRIPE_KEY".to_owned(), 15..15 + made.len()), ("STRIPE_KEY".to_owned(), 17 + made.len()..17 + 2 * made.len())]
        );
        assert_eq!(Placeholder::find(text.as_bytes()).unwrap().range, found[0].1);
        assert_eq!(Placeholder::whole(made.as_bytes()).unwrap().as_str(), "STRIPE_KEY");
        assert_eq!(Placeholder::whole(format!("{made}f").as_bytes()), None);
    }

    #[test]
    fn what_is_like_one_is_none() {
        let longest = "A".repeat(64);
        let good = format!("egret-secret-{longest}-{DIGITS}");
        assert_eq!(good.len(), Placeholder::LONGEST);
        assert!(Placeholder::find(good.as_bytes()).is_some());
        for bad in [
            format!("egret-secret-A{longest}-{DIGITS}"),
            format!("egret-secret--{DIGITS}{DIGITS}"),
            format!("egret-secret-a-{DIGITS}"),
            format!("egret-secret-A-{}", &DIGITS[1..]),
            format!("egret-secret-A-{}", DIGITS.to_uppercase()),
            format!("Egret-secret-A-{DIGITS}"),
            format!("egret-secret-A{DIGITS}"),
        ] {
            assert_eq!(Placeholder::find(bad.as_bytes()), None, "{bad}");
        }
    }

    #[test]
    fn a_name_of_a_host_hides_none() {
        assert!(Placeholder::is_in_host(&format!("x.egret-secret-stripe_key-{DIGITS}.attacker.test")));
        assert!(!Placeholder::is_in_host(&format!("egret-secret.stripe_key-{DIGITS}.attacker.test")));
    }
}
