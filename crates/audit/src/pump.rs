//! The log's thread: takes batches out of the ring, thins them out under pressure, and hands them on. It is the only one here that
//! waits for anything.

use crate::lines::line;
use crate::log::{Counts, Loss, Shared, Tell};
use crate::thin::{one_of, thin};
use egret_store::{Attempt, Class, Ended, Write};
use std::mem;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

/// Events of a batch, at most.
const BATCH: usize = 4_096;

/// How long it rests between two looks while events come: they need not wake it then.
const REST: Duration = Duration::from_millis(5);

/// Looks that found nothing before it sleeps: a second.
const LOOKS: u32 = 200;

/// The longest sleep: what the store lost meanwhile is to be told of.
const SLEEP: Duration = Duration::from_secs(60);

/// The thread's own.
pub struct Pump {
    shared: Arc<Shared>,
    tell: Tell,
    tell_every: Duration,
    told: Instant,
    told_of: Counts,
}

impl Pump {
    /// Takes out of what is shared.
    pub fn new(shared: Arc<Shared>, tell: Tell, tell_every: Duration) -> Self {
        Self { shared, tell, tell_every, told: Instant::now(), told_of: Counts::default() }
    }

    /// Runs until the log goes and all is handed on.
    pub fn run(&mut self) {
        self.shared.ring.read_here();
        let mut looks = 0;
        loop {
            // Asked before it is looked: what came before the end is found by this look.
            let closing = self.shared.closing.load(Ordering::SeqCst);
            let flushing = mem::take(&mut *self.shared.waiting.lock().unwrap_or_else(PoisonError::into_inner));
            let taken = self.take_all();
            looks = if taken { 0 } else { looks + 1 };
            if !flushing.is_empty() {
                let flushed = self.shared.store.flush();
                self.tell();
                // Whoever waited may be gone.
                flushing.into_iter().for_each(|waits| drop(waits.send(flushed.clone())));
            } else if closing {
                return self.tell();
            }
            if self.told.elapsed() >= self.tell_every {
                self.tell();
            }
            if looks < LOOKS { self.shared.ring.rest(REST) } else { self.shared.ring.sleep(SLEEP) }
        }
    }

    /// Empties the ring. Says whether anything was in it.
    fn take_all(&self) -> bool {
        let mut any = false;
        loop {
            let full = self.shared.ring.fullness();
            let batch: Vec<Attempt> =
                std::iter::from_fn(|| self.shared.ring.pop()).take(BATCH).map(|record| record.into_attempt()).collect();
            if batch.is_empty() {
                return any;
            }
            any = true;
            self.hand_on(batch, full);
        }
    }

    fn hand_on(&self, batch: Vec<Attempt>, full: f64) {
        let shared = &self.shared;
        let full = full.max(shared.store.fullness(Class::Audit)).max(shared.store.fullness(Class::Denials));
        let all = batch.len();
        let batch = thin(batch, one_of(full));
        shared.thinned.fetch_add((all - batch.len()) as u64, Ordering::SeqCst);
        self.print(&batch);
        shared.handed.fetch_add(batch.len() as u64, Ordering::SeqCst);
        let (denials, allowed): (Vec<Attempt>, Vec<Attempt>) = batch.into_iter().partition(is_denial);
        for (class, rows) in [(Class::Denials, denials), (Class::Audit, allowed)] {
            if !rows.is_empty() {
                // What finds no room the store counts itself.
                shared.store.bulk_all(class, rows.into_iter().map(|row| Write::Attempt(Box::new(row))).collect());
            }
        }
    }

    fn print(&self, batch: &[Attempt]) {
        if self.shared.sinks.is_empty() {
            return;
        }
        let text: String = batch.iter().map(|row| line(row) + "\n").collect();
        let bytes: Arc<[u8]> = text.into_bytes().into();
        self.shared.sinks.iter().for_each(|sink| sink.hand_over(batch.len() as u64, &bytes));
    }

    /// Tells of what was lost since it was last told, if anything was.
    fn tell(&mut self) {
        let counts = self.shared.counts();
        let dropped = counts.dropped - self.told_of.dropped;
        let lines = counts.lines_lost - self.told_of.lines_lost;
        if dropped + lines > 0 {
            (self.tell)(&Loss { dropped, lines, fault: self.shared.store.bulk_fault() });
            self.told_of = counts;
        }
        self.told = Instant::now();
    }
}

fn is_denial(row: &Attempt) -> bool {
    match row.ended {
        Ended::Answered | Ended::Abandoned => false,
        Ended::Failed | Ended::Refused => true,
    }
}
