//! The least average rate of a transfer. Pure.
//!
//! A limit on the time between two bytes alone lets a peer hold what it holds nearly for ever, a byte at a time; a
//! limit on the whole time alone must be long enough for the longest transfer. An average is fair to both.

use std::time::Duration;

/// How fast a peer must be on average, and from when on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// Bytes per second; at least 1.
    pub rate: usize,
    /// Time from the first byte during which any rate will do.
    pub after: Duration,
}

impl Pace {
    /// How long after its start a transfer that has moved `bytes` may wait for the next: then its average is too low.
    pub(crate) fn patience(self, bytes: u64) -> Duration {
        let rate = u64::try_from(self.rate).unwrap_or(u64::MAX).max(1);
        self.after.max(Duration::from_millis(bytes.saturating_mul(1000) / rate))
    }
}

#[cfg(test)]
mod tests {
    use super::Pace;
    use std::time::Duration;

    #[test]
    fn patience_ends_when_the_average_falls_below_the_rate() {
        let pace = Pace { rate: 1024, after: Duration::from_secs(10) };
        for (bytes, seconds) in [(0, 10.0), (10 * 1024, 10.0), (20 * 1024, 20.0), (20 * 1024 + 512, 20.5)] {
            assert_eq!(pace.patience(bytes), Duration::from_secs_f64(seconds), "{bytes} bytes");
        }
        assert!(pace.patience(u64::MAX) > Duration::from_secs(1 << 30));
    }
}
