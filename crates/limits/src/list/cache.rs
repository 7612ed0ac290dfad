//! How much is stored of answers that are used again.

use super::{Limit, MIB, SERVER, Unit, Value};

/// Bytes of stored answers.
pub static BYTES: Limit = Limit {
    name: "cache.bytes",
    about: "Bytes of answers that are stored to be used again, of all apps; one answer may have an eighth of it. 0 stores none.",
    reason: "Thousands of answers of an API, and little beside what invocations may have.",
    default: Value::Is(64 * MIB),
    least: 0,
    most: 65_536 * MIB,
    unit: Unit::Size,
    held_by: &["what_is_kept_never_exceeds_its_bound_and_all_sums_hold", "what_is_larger_than_an_eighth_is_not_kept"],
    ..SERVER
};
