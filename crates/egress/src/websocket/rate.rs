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
        let earliest = self.full.checked_sub(self.slack).unwrap_or(self.full);
        if earliest > Instant::now() {
            sleep_until(earliest).await;
        }
    }

    /// Takes a message.
    pub fn spend(&mut self) {
        self.full = self.full.max(Instant::now()) + self.step;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_passes_and_the_rest_comes_at_the_rate() {
        let mut rate = Rate::new(&WebSocketCaps { rate: 10, burst: 3, ..WebSocketCaps::default() });
        let began = Instant::now();
        let mut passed = Vec::new();
        for _ in 0..5 {
            rate.ready().await;
            rate.spend();
            passed.push(began.elapsed().as_millis());
        }
        assert_eq!(passed, [0, 0, 0, 100, 200]);
    }
}
