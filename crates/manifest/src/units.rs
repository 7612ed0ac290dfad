//! Durations and sizes as people write them: `5s`, `200ms`, `64MiB`.

use std::time::Duration;

/// Reads a duration: a whole number and `ms`, `s`, `m` or `h`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = split(text);
    let scale = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(format!("{text:?} is no duration; write a whole number and ms, s, m or h, for example \"5s\"")),
    };
    let milliseconds = number.parse::<u64>().ok().and_then(|number| number.checked_mul(scale));
    milliseconds.map(Duration::from_millis).ok_or_else(|| format!("{text:?} is no duration; write for example \"5s\""))
}

/// Reads a size in bytes: a whole number and `B`, `KiB`, `MiB` or `GiB`.
pub(crate) fn size(text: &str) -> Result<usize, String> {
    let (number, unit) = split(text);
    let scale = match unit {
        "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return Err(format!("{text:?} is no size; write a whole number and B, KiB, MiB or GiB, for example \"64MiB\"")),
    };
    let bytes = number.parse::<usize>().ok().and_then(|number| number.checked_mul(scale));
    bytes.ok_or_else(|| format!("{text:?} is no size; write for example \"64MiB\""))
}

fn split(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_read_strictly() {
        assert_eq!(duration("200ms"), Ok(Duration::from_millis(200)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(size("64MiB"), Ok(64 << 20));
        for bad in ["", "5", "s", "-5s", "1.5s", "5 s", "99999999999999999999h", "5sec"] {
            assert!(duration(bad).is_err(), "{bad:?}");
        }
        for bad in ["", "5", "5MB", "5mib", "99999999999GiB"] {
            assert!(size(bad).is_err(), "{bad:?}");
        }
    }
}
