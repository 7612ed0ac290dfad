//! The answers that are kept: how long, within the configured bounds, and how many. Pure: it is told what time it is.

use crate::config::Dns;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What DNS says of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Its addresses, unjudged.
    Addresses(Arc<[IpAddr]>),
    /// It does not exist, or has no address.
    Nothing,
}

/// Answers by name. A failure of DNS is no answer and is never kept.
pub(super) struct Answers {
    bounds: Dns,
    kept: HashMap<Arc<str>, Kept>,
    /// Counts the uses of all names, so that the longest unused one can be told.
    uses: u64,
}

struct Kept {
    answer: Answer,
    until: Instant,
    used: u64,
}

impl Answers {
    pub fn new(bounds: Dns) -> Self {
        Self { bounds, kept: HashMap::new(), uses: 0 }
    }

    /// What is kept for a name and still good.
    pub fn get(&mut self, name: &str, now: Instant) -> Option<Answer> {
        let kept = self.kept.get_mut(name).filter(|kept| now < kept.until)?;
        self.uses += 1;
        kept.used = self.uses;
        Some(kept.answer.clone())
    }

    /// Keeps an answer whose records live for `life`.
    pub fn keep(&mut self, name: Arc<str>, answer: Answer, life: Duration, now: Instant) {
        let until = now + self.bounded(&answer, life);
        self.kept.remove(&name);
        self.make_room(now);
        if self.kept.len() < self.bounds.names {
            self.uses += 1;
            self.kept.insert(name, Kept { answer, until, used: self.uses });
        }
    }

    fn bounded(&self, answer: &Answer, life: Duration) -> Duration {
        let (floor, ceiling) = match answer {
            Answer::Addresses(_) => (self.bounds.floor, self.bounds.ceiling),
            Answer::Nothing => (self.bounds.negative_floor, self.bounds.negative_ceiling),
        };
        // Not `clamp`, which panics where a floor is above its ceiling: there the ceiling wins.
        life.max(floor).min(ceiling)
    }

    /// The longest unused goes first, so that a flood of new names does not drive out the names that are in use.
    fn make_room(&mut self, now: Instant) {
        if self.kept.len() < self.bounds.names {
            return;
        }
        self.kept.retain(|_, kept| now < kept.until);
        while self.kept.len() >= self.bounds.names {
            let Some(name) = self.kept.iter().min_by_key(|(_, kept)| kept.used).map(|(name, _)| Arc::clone(name)) else { return };
            self.kept.remove(&name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn addresses() -> Answer {
        Answer::Addresses(Arc::new([IpAddr::from([192, 0, 2, 1])]))
    }

    /// For how many seconds an answer is kept that lives for `life` seconds.
    fn kept_for(bounds: Dns, answer: &Answer, life: u64) -> u64 {
        let (mut answers, start) = (Answers::new(bounds), Instant::now());
        answers.keep("a.test".into(), answer.clone(), Duration::from_secs(life), start);
        let good = |seconds: &u64| answers.get("a.test", start + Duration::from_secs(*seconds)).as_ref() == Some(answer);
        (0..10_000).take_while(good).count() as u64
    }

    #[test]
    fn a_lifetime_is_raised_to_the_floor_and_cut_at_the_ceiling() {
        for (life, kept) in [(0, 5), (4, 5), (60, 60), (3600, 3600), (86_400, 3600)] {
            assert_eq!(kept_for(Dns::default(), &addresses(), life), kept, "{life}");
        }
        for (life, kept) in [(0, 1), (7, 7), (3600, 30)] {
            assert_eq!(kept_for(Dns::default(), &Answer::Nothing, life), kept, "{life}");
        }
    }

    #[test]
    fn without_a_floor_a_lifetime_of_zero_is_not_kept_and_a_ceiling_beats_a_floor() {
        let none = Dns { floor: Duration::ZERO, ..Dns::default() };
        assert_eq!(kept_for(none, &addresses(), 0), 0);
        let crossed = Dns { floor: 9 * SECOND, ceiling: 3 * SECOND, ..Dns::default() };
        assert_eq!(kept_for(crossed, &addresses(), 60), 3);
    }

    #[test]
    fn a_flood_of_new_names_drives_out_the_longest_unused_first() {
        let (mut answers, now) = (Answers::new(Dns { names: 3, ..Dns::default() }), Instant::now());
        for name in ["used.test", "old.test", "older.test"] {
            answers.keep(name.into(), addresses(), 60 * SECOND, now);
        }
        for flood in 0..100 {
            assert!(answers.get("used.test", now).is_some());
            answers.keep(format!("{flood}.test").into(), addresses(), 3600 * SECOND, now);
            assert_eq!(answers.kept.len(), 3);
        }
        assert!(answers.get("old.test", now).is_none());
    }

    #[test]
    fn what_has_expired_goes_before_what_is_good_and_no_room_keeps_nothing() {
        let (mut answers, now) = (Answers::new(Dns { names: 2, ..Dns::default() }), Instant::now());
        answers.keep("good.test".into(), addresses(), 60 * SECOND, now);
        answers.keep("gone.test".into(), addresses(), 10 * SECOND, now);
        answers.keep("new.test".into(), addresses(), 60 * SECOND, now + 11 * SECOND);
        assert!(answers.get("good.test", now + 12 * SECOND).is_some());
        assert_eq!(kept_for(Dns { names: 0, ..Dns::default() }, &addresses(), 60), 0);
    }
}
