//! Times as the file holds them: milliseconds since 1970, UTC.

use std::time::{Duration, SystemTime};

/// A time as it is kept. What lies before 1970 or beyond the year 292,000,000 is taken for the nearest that can be kept.
pub fn kept(time: SystemTime) -> i64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// This moment, as it is kept.
pub fn now() -> i64 {
    kept(SystemTime::now())
}

/// So long from this moment, as it is kept; the end of time for what is longer.
pub fn after(duration: Duration) -> i64 {
    now().saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
}

/// So long before this moment, as it is kept; the beginning of time for what is longer.
pub fn before(duration: Duration) -> i64 {
    now().saturating_sub(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
}

/// A kept time.
pub fn time(kept: i64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(u64::try_from(kept).unwrap_or(0))
}
