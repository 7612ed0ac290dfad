//! Values of labels, and how many there may be: whoever names apps, hosts and functions must not decide how large a scrape is.

use foldhash::fast::RandomState;
use std::collections::HashSet;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, PoisonError, RwLock};

/// What stands for every value beyond the first ones.
pub(crate) const OTHER: Label = Label::Fixed("other");

/// Bytes of a value beyond which it is as good as none.
const LONGEST: usize = 128;

/// The methods that have a name of their own in metrics.
const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"];

/// The value of a label. Copies share it.
#[derive(Clone, Debug)]
pub(crate) enum Label {
    /// Of a table in the code.
    Fixed(&'static str),
    /// One of the first of its kind that were seen.
    Seen(Arc<str>),
}

impl Label {
    pub fn as_str(&self) -> &str {
        match self {
            Self::Fixed(text) => text,
            Self::Seen(text) => text,
        }
    }
}

impl PartialEq for Label {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Label {}

impl Hash for Label {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

/// The first values of a kind; all later ones are [`OTHER`].
pub(crate) struct Names {
    most: usize,
    seen: RwLock<HashSet<Arc<str>, RandomState>>,
}

impl Names {
    pub fn new(most: usize) -> Self {
        Self { most, seen: RwLock::default() }
    }

    /// The label of a value, which takes a place if there is one.
    pub fn label(&self, value: &str) -> Label {
        let known = self.seen.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(value) {
            return Label::Seen(Arc::clone(known));
        }
        if known.len() >= self.most || value.len() > LONGEST {
            return OTHER;
        }
        drop(known);
        let mut seen = self.seen.write().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= self.most {
            return OTHER;
        }
        let value: Arc<str> = value.into();
        seen.insert(Arc::clone(&value));
        Label::Seen(value)
    }

    /// The label of a value that has a place; it takes none.
    pub fn known(&self, value: &str) -> Label {
        let known = self.seen.read().unwrap_or_else(PoisonError::into_inner);
        known.get(value).map_or(OTHER, |known| Label::Seen(Arc::clone(known)))
    }
}

/// The label of a method.
pub(crate) fn method(method: &http::Method) -> Label {
    known_method(method).map_or(OTHER, Label::Fixed)
}

/// The method, if it is one of those that have a name.
pub(crate) fn known_method(method: &http::Method) -> Option<&'static str> {
    METHODS.into_iter().find(|known| *known == method.as_str())
}

/// The class of a status.
pub(crate) const fn status(status: u16) -> Label {
    Label::Fixed(match status / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        5 => "5xx",
        _ => "other",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_values_have_names_and_all_others_share_one() {
        let names = Names::new(2);
        assert_eq!(["a", "b", "c", "a"].map(|name| names.label(name).as_str().to_owned()), ["a", "b", "other", "a"]);
        assert_eq!(["b", "c"].map(|name| names.known(name).as_str().to_owned()), ["b", "other"]);
        assert_eq!(Names::new(9).label(&"x".repeat(LONGEST + 1)), OTHER);
    }

    #[test]
    fn methods_and_statuses_come_from_tables() {
        assert_eq!(method(&http::Method::PATCH).as_str(), "PATCH");
        assert_eq!(method(&http::Method::from_bytes(b"get").unwrap()), OTHER);
        assert_eq!([100, 204, 599, 999].map(|code| status(code).as_str().to_owned()), ["1xx", "2xx", "5xx", "other"]);
    }
}
