//! How much of the audit log is kept.

use super::{LIVE, Limit, SECOND, Unit, Value};

/// Attempts that are kept.
pub static ROWS: Limit = Limit {
    name: "audit.rows",
    about: "Attempts that the audit log keeps; the oldest go first.",
    reason: "Some hundred megabytes of disk.",
    default: Value::Is(1_000_000),
    least: 1_000,
    most: 1_000_000_000,
    held_by: &["the_log_ends_at_its_rows_and_its_file_grows_no_more"],
    ..LIVE
};
/// How old they grow.
pub static AGE: Limit = Limit {
    name: "audit.age",
    about: "How long the audit log keeps an attempt.",
    reason: "What went wrong on one day of a week is looked for on the next.",
    default: Value::Is(7 * 86_400 * SECOND),
    least: 3_600 * SECOND,
    most: 3_660 * 86_400 * SECOND,
    unit: Unit::Time,
    held_by: &["what_is_too_old_goes_without_anything_being_written"],
    ..LIVE
};
