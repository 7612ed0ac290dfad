//! The keys of a rule that let its answers be used again.

use super::actions::DURATION;
use super::{flag, optional, required};
use crate::shape::{Key, Kind, Table};

/// `cache` of a rule.
pub const CACHE_KEY: Key = optional(
    "cache",
    "How long answers may be used again, as far as the server says so (RFC 9111). Without it none are kept.",
    TIME_OR_TABLE,
);

const TIME_OR_TABLE: Kind = Kind::Either(&[DURATION, Kind::Table(&CACHE)]);

/// `cache` of a rule, in its long form.
pub static CACHE: Table = Table {
    name: "cache",
    about: "How long answers may be used again, as far as the server says so (RFC 9111).",
    keys: &[
        required("fresh", "The longest time that an answer is fresh, from when it came.", DURATION),
        flag("heuristic", "Whether a freshness is guessed where the server says none: a tenth of the time since the last change.", false),
    ],
    own: None,
};
