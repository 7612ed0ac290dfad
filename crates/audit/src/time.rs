//! Times as people and programs write them: RFC 3339, in UTC.

use std::time::{Duration, SystemTime};

/// Days from the first of March of the year 0 to 1970.
const TO_1970: u64 = 719_468;

/// Days of four hundred years, of one hundred and of four.
const ERA: u64 = 146_097;

/// A time to the millisecond, for example `2026-11-21T20:35:51.042Z`. What lies before 1970 is taken for its begin.
#[must_use]
pub fn rfc3339(time: SystemTime) -> String {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let (days, second) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
    let (year, month, day) = date(days);
    let (hour, minute) = (second / 3_600, second / 60 % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{:02}.{:03}Z", second % 60, since.subsec_millis())
}

/// Reads a date, `2026-11-21`, or a time of one, `2026-11-21T20:35:51Z`, with or without a fraction of a second and the `Z`: it is
/// UTC. Nothing for what is no time of the calendar since 1970.
#[must_use]
pub fn read_time(text: &str) -> Option<SystemTime> {
    let (day, time) = text.split_once(['T', ' ']).unwrap_or((text, "00:00:00"));
    let [year, month, date] = numbers(day, '-')?;
    let (clock, fraction) = time.strip_suffix('Z').unwrap_or(time).split_once('.').unwrap_or((time.strip_suffix('Z').unwrap_or(time), "0"));
    let [hour, minute, second] = numbers(clock, ':')?;
    let days = days(year, month, date)?;
    if hour > 23 || minute > 59 || second > 59 || fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let millis: u64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second;
    Some(SystemTime::UNIX_EPOCH + Duration::from_millis(seconds * 1_000 + millis))
}

fn numbers(text: &str, between: char) -> Option<[u64; 3]> {
    let number = |part: &str| (part.bytes().all(|byte| byte.is_ascii_digit()) && part.len() <= 4).then(|| part.parse().ok()).flatten();
    let numbers: Vec<u64> = text.split(between).map(number).collect::<Option<_>>()?;
    numbers.try_into().ok()
}

/// The days from 1970 to a date, which must be one of the calendar's.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let (year_of_march, month_of_march) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leaps = year_of_march / 4 - year_of_march / 100 + year_of_march / 400;
    let days = 365 * year_of_march + leaps + (153 * month_of_march + 2) / 5 + day - 1 - TO_1970;
    // A day that a month does not have is one of the next month.
    (date(days) == (year, month, day)).then_some(days)
}

/// The date so many days after the first of January 1970, in the Gregorian calendar. Years are counted from March, so that the
/// day that some years have more is their last.
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + TO_1970;
    let (era, day) = (days / ERA, days % ERA);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    // Five months from March or August on have 153 days together.
    let month = (5 * day + 2) / 153;
    let first = (153 * month + 2) / 5;
    let (month, later) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + later, month, day - first + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_the_calendar_has_them() {
        let cases = [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_709_251_199_001, "2024-02-29T23:59:59.001Z"),
            (1_735_689_599_000, "2024-12-31T23:59:59.000Z"),
            (1_795_293_351_042, "2026-11-21T20:35:51.042Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ];
        for (millis, text) in cases {
            let time = SystemTime::UNIX_EPOCH + Duration::from_millis(millis);
            assert_eq!((rfc3339(time), read_time(text)), (text.to_owned(), Some(time)));
        }
    }

    #[test]
    fn times_are_read_with_less_than_all_of_their_parts() {
        let whole = read_time("2026-11-21T20:35:51.000Z").unwrap();
        for text in ["2026-11-21T20:35:51Z", "2026-11-21T20:35:51", "2026-11-21 20:35:51", "2026-11-21T20:35:51.0004Z"] {
            assert_eq!(read_time(text), Some(whole), "{text}");
        }
        assert_eq!(read_time("2026-11-21"), read_time("2026-11-21T00:00:00Z"));
        for text in [
            "",
            "now",
            "2026-02-29",
            "2026-13-01",
            "2026-11-21T24:00:00Z",
            "2026-11-21T1:2",
            "1969-12-31",
            "2026-11-21T20:35:51.",
            "12026-01-01",
        ] {
            assert_eq!(read_time(text), None, "{text}");
        }
    }
}
