//! Timers of one invocation, in the order of their times; those of equal times in the order in which they were set.

use std::collections::BTreeSet;
use std::collections::HashMap;
use tokio::time::Instant;

/// Pending timers by their operations' ids, which count upwards.
#[derive(Debug, Default)]
pub(super) struct Timers {
    order: BTreeSet<(Instant, i32)>,
    times: HashMap<i32, Instant>,
}

impl Timers {
    pub fn len(&self) -> usize {
        self.order.len()
    }

    pub fn add(&mut self, id: i32, time: Instant) {
        self.order.insert((time, id));
        self.times.insert(id, time);
    }

    pub fn remove(&mut self, id: i32) {
        if let Some(time) = self.times.remove(&id) {
            self.order.remove(&(time, id));
        }
    }

    /// When the next one is due.
    pub fn next(&self) -> Option<Instant> {
        self.order.first().map(|(time, _)| *time)
    }

    /// Takes the next one if it is due.
    pub fn due(&mut self, now: Instant) -> Option<i32> {
        let (time, id) = *self.order.first()?;
        if time > now {
            return None;
        }
        self.remove(id);
        Some(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn timers_are_due_by_time_and_then_by_age() {
        let mut timers = Timers::default();
        let now = Instant::now();
        let later = now + Duration::from_secs(1);
        for (id, time) in [(1, later), (2, now), (3, now), (4, now)] {
            timers.add(id, time);
        }
        timers.remove(3);
        assert_eq!(timers.next(), Some(now));
        assert_eq!(std::iter::from_fn(|| timers.due(now)).collect::<Vec<_>>(), [2, 4]);
        assert_eq!(timers.len(), 1);
        assert_eq!(timers.due(later), Some(1));
    }
}
