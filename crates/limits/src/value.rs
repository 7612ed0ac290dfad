//! What a limit may be set to.

use std::cmp::Ordering;
use std::time::Duration;

/// A limit's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// No limit.
    Off,
    /// Milliseconds, bytes or a count, as the limit's unit says.
    Is(u64),
    /// How often.
    Rate(Rate),
}

/// How often something may happen: so many times in a period, and so many times at once after a rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Times in a period.
    pub calls: u32,
    /// The period.
    pub period: Duration,
    /// Times at once after a rest.
    pub burst: u32,
}

impl Value {
    /// Whether this is no wider than another one of the same limit, in no respect.
    #[must_use]
    pub fn is_within(self, other: Self) -> bool {
        match (self, other) {
            (_, Self::Off) => true,
            (Self::Is(own), Self::Is(other)) => own <= other,
            (Self::Rate(own), Self::Rate(other)) => own.frequency(other) != Ordering::Greater && own.burst <= other.burst,
            (Self::Off | Self::Is(_) | Self::Rate(_), Self::Is(_) | Self::Rate(_)) => false,
        }
    }

    /// What is within both of two values of one limit.
    #[must_use]
    pub fn narrower(self, other: Self) -> Self {
        match (self, other) {
            (Self::Rate(own), Self::Rate(other)) => {
                let slower = if own.frequency(other) == Ordering::Greater { other } else { own };
                Self::Rate(Rate { burst: own.burst.min(other.burst), ..slower })
            }
            _ if self.is_within(other) => self,
            _ => other,
        }
    }

    /// The number of a value that is one. `None` for off and for a rate.
    #[must_use]
    pub const fn number(self) -> Option<u64> {
        match self {
            Self::Is(number) => Some(number),
            Self::Off | Self::Rate(_) => None,
        }
    }
}

impl Rate {
    /// So many times a second, and as many at once.
    #[must_use]
    pub const fn per_second(calls: u32) -> Self {
        Self { calls, period: Duration::from_secs(1), burst: calls }
    }

    /// Which of two comes more often.
    fn frequency(self, other: Self) -> Ordering {
        let scaled = |calls: u32, period: Duration| u128::from(calls) * period.as_nanos();
        scaled(self.calls, other.period).cmp(&scaled(other.calls, self.period))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_within_a_wider_one_and_the_narrower_of_two_is_within_both() {
        let minute = |calls, burst| Value::Rate(Rate { calls, period: Duration::from_secs(60), burst });
        let second = |calls| Value::Rate(Rate::per_second(calls));
        assert!(Value::Is(5).is_within(Value::Is(5)) && Value::Is(5).is_within(Value::Off) && !Value::Off.is_within(Value::Is(5)));
        assert!(minute(60, 1).is_within(second(1)) && !minute(61, 1).is_within(second(1)) && !minute(60, 2).is_within(second(1)));
        for (one, other) in [(minute(60, 5), second(1)), (minute(600, 1), second(2)), (Value::Off, second(3)), (Value::Is(4), Value::Is(9))]
        {
            for narrow in [one.narrower(other), other.narrower(one)] {
                assert!(narrow.is_within(one) && narrow.is_within(other), "{one:?} {other:?} {narrow:?}");
            }
        }
    }
}
