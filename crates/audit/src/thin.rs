//! What goes under pressure, and how: rows of allowed calls first, one of so many staying for its app and host; refusals
//! and failures of one kind become one row. Each row that stays says for how many it stands and brings their sums along.

use egret_store::{Attempt, Ended};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// From so full on, one row of so many stays.
const STEPS: [(f64, u32); 3] = [(0.9, 64), (0.75, 16), (0.5, 4)];

/// Of how many rows one stays, when what waits is so full (0 to 1). 1 is no pressure.
pub fn one_of(fullness: f64) -> u32 {
    STEPS.iter().find(|(full, _)| fullness >= *full).map_or(1, |(_, of)| *of)
}

/// Rows that may stand for one another.
#[derive(PartialEq, Eq, Hash)]
struct Kind {
    app: Arc<str>,
    host: Option<Arc<str>>,
    ended: Ended,
    code: Option<String>,
    cache: Option<Cow<'static, str>>,
}

/// Thins a batch out. Gives what stays, in its order.
pub fn thin(batch: Vec<Attempt>, one_of: u32) -> Vec<Attempt> {
    if one_of <= 1 {
        return batch;
    }
    let mut kept: Vec<Attempt> = Vec::new();
    let mut last: HashMap<Kind, usize> = HashMap::new();
    for attempt in batch {
        let kind = Kind {
            app: Arc::clone(&attempt.app),
            host: attempt.host.clone(),
            ended: attempt.ended,
            code: attempt.code.as_deref().map(str::to_owned),
            cache: attempt.cache.clone(),
        };
        let most = match attempt.ended {
            Ended::Answered | Ended::Abandoned => one_of,
            Ended::Failed | Ended::Refused => u32::MAX,
        };
        match last.get(&kind).and_then(|at| kept.get_mut(*at)).filter(|row| row.weight < most) {
            // What went between a guest and a secret is told of each time.
            Some(row) if attempt.secrets == row.secrets && attempt.echoed == row.echoed => row.absorb(&attempt),
            _ => {
                last.insert(kind, kept.len());
                kept.push(attempt);
            }
        }
    }
    kept
}

#[cfg(test)]
mod tests;
