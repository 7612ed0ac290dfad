//! The pace of messages: a bucket that holds a burst and fills steadily, kept as the one moment when it would be full.

use super::WebSocketCaps;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// One direction's bucket.
pub(super) struct Rate {
    /// What one message takes of the time.
    step: Duration,
    /// How far ahead of the time a burst may run.
    slack: Duration,
    full: Instant,
}

impl Rate {
    /// A full bucket. A rate or a burst of none is one: a socket that can never speak is no bound but a fault.
    pub fn new(caps: &WebSocketCaps) -> Self {
        let step = Duration::from_secs(1) / caps.rate.max(1);
        Self { step, slack: step * (caps.burst.max(1) - 1), full: Instant::now() }
    }

    /// Waits until a message may pass. Nothing is taken yet, so giving up the wait loses nothing.
    pub async fn ready(&self) {
        let earliest = self.earliest();
        if earliest > Instant::now() {
            sleep_until(earliest).await;
        }
    }

    /// Takes a message.
    pub fn spend(&mut self) {
        self.spend_at(Instant::now());
    }

    fn earliest(&self) -> Instant {
        self.full.checked_sub(self.slack).unwrap_or(self.full)
    }

    fn spend_at(&mut self, now: Instant) {
        self.full = self.full.max(now) + self.step;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_the_rest_comes_at_the_rate() {
        let mut rate = Rate::new(&WebSocketCaps { rate: 10, burst: 3, ..WebSocketCaps::default() });
        let began = rate.full;
        // Each message comes as early as it may, and then there is a pause of a minute, which saves up one burst and no more.
        let mut pass = |after: Duration| {
            let now = rate.earliest().max(began + after);
            rate.spend_at(now);
            now.duration_since(began).as_millis()
        };
        let minute = Duration::from_secs(60);
        assert_eq!([(); 5].map(|()| pass(Duration::ZERO)), [0, 0, 0, 100, 200]);
        assert_eq!([(); 5].map(|()| pass(minute)), [60_000, 60_000, 60_000, 60_100, 60_200]);
    }
}
