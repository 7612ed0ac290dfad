//! How values are written: `5s`, `200ms`, `64MiB`, `60/min burst 10`, `off`. Numbers are whole, and nothing is guessed.

use crate::limit::Unit;
use crate::value::{Rate, Value};
use std::time::Duration;

/// Periods of a rate, with their milliseconds.
const PERIODS: [(&str, u64); 4] = [("s", 1_000), ("min", 60_000), ("h", 3_600_000), ("d", 86_400_000)];
/// Units of time, with their milliseconds.
const TIMES: [(&str, u64); 4] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];
/// Units of size, with their bytes.
const SIZES: [(&str, u64); 4] = [("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

/// Reads a duration: a whole number and `ms`, `s`, `m` or `h`.
///
/// # Errors
/// What is wrong, with an example.
pub fn duration(text: &str) -> Result<Duration, String> {
    let words = || format!("{text:?} is no duration; write a whole number and ms, s, m or h, for example \"5s\"");
    scaled(text, &TIMES).map(Duration::from_millis).ok_or_else(words)
}

/// Reads a size in bytes: a whole number and `B`, `KiB`, `MiB` or `GiB`.
///
/// # Errors
/// What is wrong, with an example.
pub fn size(text: &str) -> Result<usize, String> {
    let words = || format!("{text:?} is no size; write a whole number and B, KiB, MiB or GiB, for example \"64MiB\"");
    scaled(text, &SIZES).and_then(|bytes| usize::try_from(bytes).ok()).ok_or_else(words)
}

/// Reads a value of a unit; `off` is not one here.
pub(crate) fn read(unit: Unit, text: &str) -> Result<Value, String> {
    match unit {
        Unit::Time => duration(text).map(|time| Value::Is(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))),
        Unit::Size => size(text).map(|bytes| Value::Is(bytes as u64)),
        Unit::Count => count(text).map(Value::Is).ok_or_else(|| format!("{text:?} is no whole number; write for example \"50\"")),
        Unit::Rate => rate(text).map(Value::Rate),
    }
}

/// Writes a value so that it is read as the same one.
pub(crate) fn write(unit: Unit, value: Value) -> String {
    match (unit, value) {
        (_, Value::Off) => "off".to_owned(),
        (Unit::Time, Value::Is(number)) => in_largest(number, &TIMES),
        (Unit::Size, Value::Is(number)) => in_largest(number, &SIZES),
        (Unit::Count | Unit::Rate, Value::Is(number)) => number.to_string(),
        (_, Value::Rate(rate)) => write_rate(rate),
    }
}

/// `60/min`, or with a burst of its own `60/min burst 10`; the burst is else as many as come in a period.
fn rate(text: &str) -> Result<Rate, String> {
    let words =
        || format!("{text:?} is no rate; write a number, a slash and s, min, h or d, for example \"60/min\" or \"60/min burst 10\"");
    let (often, burst) = text.split_once(" burst ").map_or((text, None), |(often, burst)| (often, Some(burst)));
    let (calls, period) = often.split_once('/').ok_or_else(words)?;
    let (_, period) = PERIODS.iter().find(|(name, _)| *name == period).ok_or_else(words)?;
    let small = |text: &str| count(text).and_then(|number| u32::try_from(number).ok()).ok_or_else(words);
    let calls = small(calls)?;
    Ok(Rate { calls, period: Duration::from_millis(*period), burst: burst.map_or(Ok(calls), small)? })
}

fn write_rate(Rate { calls, period, burst }: Rate) -> String {
    let period = PERIODS.iter().find(|(_, scale)| u128::from(*scale) == period.as_millis()).map_or("s", |(name, _)| name);
    if burst == calls { format!("{calls}/{period}") } else { format!("{calls}/{period} burst {burst}") }
}

fn count(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

fn scaled(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let (_, scale) = units.iter().find(|(name, _)| *name == unit)?;
    number.parse::<u64>().ok()?.checked_mul(*scale)
}

/// In the largest unit that leaves a whole number; minutes only from five on, since people say 60 s and 90 s.
fn in_largest(number: u64, units: &[(&str, u64)]) -> String {
    let is_whole = |&&(name, scale): &&(&str, u64)| number.is_multiple_of(scale) && number > 0 && (name != "m" || number >= 5 * scale);
    let (name, scale) = units.iter().rev().find(is_whole).or(units.first()).copied().unwrap_or(("", 1));
    format!("{}{name}", number / scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_read_strictly() {
        assert_eq!(duration("200ms"), Ok(Duration::from_millis(200)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(size("64MiB"), Ok(64 << 20));
        for bad in ["", "5", "s", "-5s", "+5s", "1.5s", "5 s", "99999999999999999999h", "5sec"] {
            assert!(duration(bad).is_err(), "{bad:?}");
        }
        for bad in ["", "5", "5MB", "5mib", "99999999999GiB"] {
            assert!(size(bad).is_err(), "{bad:?}");
        }
        for bad in ["", "5.0", "-1", "+1", "0x10", "1_000", " 1", "99999999999999999999"] {
            assert!(read(Unit::Count, bad).is_err(), "{bad:?}");
        }
        for bad in ["", "60", "60/", "/s", "60/m", "60/sec", "60 / s", "60/s burst", "60/s burst x", "-1/s", "5000000000/s"] {
            assert!(read(Unit::Rate, bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn what_is_written_is_read_as_the_same_value() {
        let minute = Duration::from_secs(60);
        for (unit, value, text) in [
            (Unit::Time, Value::Is(250), "250ms"),
            (Unit::Time, Value::Is(60_000), "60s"),
            (Unit::Time, Value::Is(900_000), "15m"),
            (Unit::Time, Value::Is(604_800_000), "168h"),
            (Unit::Time, Value::Is(0), "0ms"),
            (Unit::Size, Value::Is(100 << 20), "100MiB"),
            (Unit::Size, Value::Is(1_000), "1000B"),
            (Unit::Count, Value::Is(12_000), "12000"),
            (Unit::Rate, Value::Rate(Rate::per_second(100)), "100/s"),
            (Unit::Rate, Value::Rate(Rate { calls: 60, period: minute, burst: 10 }), "60/min burst 10"),
        ] {
            assert_eq!(write(unit, value), text);
            assert_eq!(read(unit, text), Ok(value));
        }
    }
}
