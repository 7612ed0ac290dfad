//! Times as options name them: so long ago, or a time of the calendar in UTC.

use std::str::FromStr;
use std::time::{Duration, SystemTime};

/// A moment.
#[derive(Clone, Copy, Debug)]
pub struct Moment(pub SystemTime);

/// Seconds of a unit.
const UNITS: [(char, u64); 5] = [('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400), ('w', 604_800)];

impl FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let ago = ago(text).and_then(|ago| SystemTime::now().checked_sub(ago));
        ago.or_else(|| egret_audit::read_time(text))
            .map(Self)
            .ok_or_else(|| "write 90s, 30m, 1h, 2d or 1w for so long ago, or a time such as 2026-01-31 or 2026-01-31T12:00:00Z".to_owned())
    }
}

fn ago(text: &str) -> Option<Duration> {
    let unit = text.chars().next_back()?;
    let (_, seconds) = UNITS.into_iter().find(|(name, _)| *name == unit)?;
    let digits = text.strip_suffix(unit).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    Some(Duration::from_secs(digits.parse::<u64>().ok()?.checked_mul(seconds)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_so_long_ago_or_of_the_calendar() {
        assert_eq!(ago("90s"), Some(Duration::from_secs(90)));
        assert_eq!(ago("2d"), Some(Duration::from_secs(172_800)));
        assert!("2026-11-21T20:35:51Z".parse::<Moment>().is_ok() && "1h".parse::<Moment>().is_ok());
        for wrong in ["", "h", "1", "-1h", "+1h", "1.5h", "1y", "99999999999999999999s", "9999999999999999w", "yesterday"] {
            assert!(wrong.parse::<Moment>().is_err(), "{wrong}");
        }
    }
}
