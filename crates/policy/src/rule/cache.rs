//! The `cache` of a rule: whether its answers may be used again, and for how long at most.

use super::{FieldFault, RuleSpec};
use std::fmt::Write;
use std::time::Duration;

/// The longest time that a rule may name: what HTTP itself advises as the most (RFC 9111, 5.3).
const MOST: Duration = Duration::from_secs(365 * 24 * 3_600);

/// How long answers may be used again. What the server says decides within it (RFC 9111).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CacheSpec {
    /// How long an answer is fresh at most, from when it came; in whole milliseconds.
    pub fresh: Duration,
    /// Whether a freshness is guessed where the server says none: a tenth of the time since the last change (RFC 9111, 4.2.2).
    pub heuristic: bool,
}

impl CacheSpec {
    /// Answers are fresh as long as the server says, and this long at most.
    #[must_use]
    pub const fn up_to(fresh: Duration) -> Self {
        Self { fresh, heuristic: false }
    }

    pub(super) fn to_toml(self) -> String {
        let milliseconds = self.fresh.as_millis();
        let mut out =
            if milliseconds.is_multiple_of(1_000) { format!("\"{}s\"", milliseconds / 1_000) } else { format!("\"{milliseconds}ms\"") };
        if self.heuristic {
            out.insert_str(0, "{ fresh = ");
            let _ = write!(out, ", heuristic = true }}");
        }
        out
    }
}

/// What is wrong with the `cache` of a rule.
pub(super) fn fault(spec: &RuleSpec) -> Option<FieldFault> {
    let cache = spec.cache?;
    let words = if spec.deny {
        "a deny rule gets no answers; remove one of the two"
    } else if cache.fresh.as_millis() == 0 {
        "no time at all; leave `cache` out to keep nothing"
    } else if cache.fresh > MOST {
        "is over a year (\"8760h\")"
    } else {
        return None;
    };
    Some(("cache".to_owned(), words.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_in_the_largest_unit_that_holds_it() {
        let written = |milliseconds, heuristic| CacheSpec { fresh: Duration::from_millis(milliseconds), heuristic }.to_toml();
        assert_eq!(written(300_000, false), "\"300s\"");
        assert_eq!(written(1_500, false), "\"1500ms\"");
        assert_eq!(written(60_000, true), "{ fresh = \"60s\", heuristic = true }");
    }

    #[test]
    fn a_time_of_none_or_of_years_and_a_deny_rule_are_faults() {
        let rule = |fresh, deny| RuleSpec { cache: Some(CacheSpec::up_to(fresh)), deny, ..RuleSpec::host("a.test") };
        assert!(fault(&rule(Duration::ZERO, false)).is_some());
        assert!(fault(&rule(MOST + Duration::from_secs(1), false)).is_some());
        assert!(fault(&rule(MOST, true)).is_some());
        assert_eq!(fault(&rule(MOST, false)), None);
        assert_eq!(fault(&RuleSpec::host("a.test")), None);
    }
}
