//! What waits for the writer, each class in its own bounded queue.

use super::{Class, Taken, Work, Write};
use crate::{Result, Retention, StoreError, bounds};
use std::collections::VecDeque;
use std::mem;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Control writes that wait at most; who comes later waits to be let in.
const CONTROL: usize = 1_024;
/// Rows of a class that wait at most, and their bytes.
const ROWS: usize = 65_536;
/// See [`ROWS`].
const BYTES: usize = 16 * 1024 * 1024;
/// Rows of a group at most, when no control write is in it.
const GROUP: usize = 16_384;
/// Rows of a group with a control write, which waits for them: some milliseconds' work.
const BEHIND: usize = 2_048;

const CLASSES: usize = Class::ALL.len();

/// The queues.
#[derive(Default)]
pub struct Queues {
    waiting: Mutex<Waiting>,
    /// Something waits, or the queues were closed.
    work: Condvar,
    /// There is room for a control write again.
    room: Condvar,
    /// A group was finished.
    done: Condvar,
}

#[derive(Default)]
struct Waiting {
    control: VecDeque<Box<dyn Work>>,
    bulk: [Bulk; CLASSES],
    state: State,
    /// Nothing for a process that keeps no log: it must not shorten that of another one.
    retention: Option<Retention>,
    /// Why rows were last lost, until somebody asks.
    fault: Option<StoreError>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Open,
    /// Takes nothing more; what waits is still written.
    Closing,
    /// The writer is gone.
    Gone,
}

#[derive(Default)]
struct Bulk {
    rows: VecDeque<Write>,
    bytes: usize,
    /// How many were let in, and how many of those were finished with.
    handed: u64,
    finished: u64,
    dropped: u64,
}

/// What the writer commits together.
#[derive(Default)]
pub struct Order {
    /// Control writes, oldest first.
    pub control: Vec<Box<dyn Work>>,
    /// Rows of the classes, in the order of [`Class::ALL`].
    pub bulk: [Vec<Write>; CLASSES],
}

impl Order {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.control.is_empty() && self.bulk.iter().all(Vec::is_empty)
    }
}

/// What became of the rows of a group, by class.
#[derive(Default)]
pub struct Outcome {
    /// Rows that are finished with.
    pub finished: [u64; CLASSES],
    /// Those of them that were not written.
    pub lost: [u64; CLASSES],
    /// Why the transaction failed, if it did.
    pub fault: Option<StoreError>,
}

impl Queues {
    /// Lets a control write in, waiting for room.
    pub fn order(&self, work: Box<dyn Work>) -> Result<()> {
        let full = |waiting: &mut Waiting| waiting.state == State::Open && waiting.control.len() >= CONTROL;
        let mut waiting = self.room.wait_while(self.lock(), full).unwrap_or_else(PoisonError::into_inner);
        if waiting.state != State::Open {
            return Err(StoreError::Closed);
        }
        waiting.control.push_back(work);
        drop(waiting);
        self.work.notify_one();
        Ok(())
    }

    /// Lets a row in, or counts it.
    pub fn hand_over(&self, class: Class, write: Write) -> Taken {
        if self.hand_over_all(class, vec![write]) == 0 { Taken::Queued } else { Taken::Dropped }
    }

    /// Lets rows in, oldest first, and counts those that find no room.
    pub fn hand_over_all(&self, class: Class, writes: Vec<Write>) -> u64 {
        let writes: Vec<(usize, Write)> = writes.into_iter().map(bounded).map(|write| (size(&write), write)).collect();
        let mut waiting = self.lock();
        let open = waiting.state == State::Open;
        let bulk = &mut waiting.bulk[class as usize];
        let dropped: u64 = writes.into_iter().map(|(size, write)| bulk.let_in(open, size, write)).sum();
        bulk.dropped += dropped;
        drop(waiting);
        self.work.notify_one();
        dropped
    }

    /// Waits for work, at most so long, and takes a group of it, which may be empty; nothing once the queues are closed and empty.
    pub fn take(&self, patience: Duration) -> Option<Order> {
        let idle = |waiting: &mut Waiting| waiting.state == State::Open && waiting.is_empty();
        let (mut waiting, _) = self.work.wait_timeout_while(self.lock(), patience, idle).unwrap_or_else(PoisonError::into_inner);
        if waiting.is_empty() && waiting.state != State::Open {
            return None;
        }
        let order = waiting.take();
        drop(waiting);
        self.room.notify_all();
        Some(order)
    }

    /// Takes note of what a group came to.
    pub fn done(&self, outcome: Outcome) {
        let mut waiting = self.lock();
        for (at, bulk) in waiting.bulk.iter_mut().enumerate() {
            bulk.finished += outcome.finished[at];
            bulk.dropped += outcome.lost[at];
        }
        waiting.fault = outcome.fault.or(waiting.fault.take());
        drop(waiting);
        self.done.notify_all();
    }

    /// Waits until what is in now is finished with.
    pub fn flush(&self) -> Result<()> {
        let waiting = self.lock();
        let handed: [u64; CLASSES] = std::array::from_fn(|at| waiting.bulk[at].handed);
        let behind = |waiting: &mut Waiting| {
            waiting.state != State::Gone && waiting.bulk.iter().zip(handed).any(|(bulk, handed)| bulk.finished < handed)
        };
        let waiting = self.done.wait_while(waiting, behind).unwrap_or_else(PoisonError::into_inner);
        if waiting.state == State::Gone { Err(StoreError::Closed) } else { Ok(()) }
    }

    /// How many rows of a class were dropped.
    pub fn dropped(&self, class: Class) -> u64 {
        self.lock().bulk[class as usize].dropped
    }

    /// How full the queue of a class is, from 0 to 1.
    pub fn fullness(&self, class: Class) -> f64 {
        let waiting = self.lock();
        let bulk = &waiting.bulk[class as usize];
        let rows = bulk.rows.len() as f64 / ROWS as f64;
        rows.max(bulk.bytes as f64 / BYTES as f64)
    }

    /// Why rows were last lost, told once.
    pub fn fault(&self) -> Option<StoreError> {
        self.lock().fault.take()
    }

    /// How much of the log is kept, if that is this process's business.
    pub fn retention(&self) -> Option<Retention> {
        self.lock().retention
    }

    /// Keeps so much of it from now on.
    pub fn retain(&self, retention: Retention) {
        self.lock().retention = Some(retention);
    }

    /// Lets nothing more in.
    pub fn close(&self) {
        self.lock().state = State::Closing;
        self.wake();
    }

    /// The writer is gone, and with it all that waits: to drop a control write is to answer that the store is closed.
    pub fn abandon(&self) {
        let mut waiting = self.lock();
        waiting.state = State::Gone;
        let control = mem::take(&mut waiting.control);
        for bulk in &mut waiting.bulk {
            bulk.dropped += bulk.rows.len() as u64;
            bulk.rows.clear();
        }
        drop(waiting);
        drop(control);
        self.wake();
    }

    fn wake(&self) {
        self.work.notify_all();
        self.room.notify_all();
        self.done.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bulk {
    /// Gives how many were dropped: none or this one.
    fn let_in(&mut self, open: bool, size: usize, write: Write) -> u64 {
        if !open || self.rows.len() >= ROWS || self.bytes + size > BYTES {
            return 1;
        }
        self.rows.push_back(write);
        self.bytes += size;
        self.handed += 1;
        0
    }
}

impl Waiting {
    fn is_empty(&self) -> bool {
        self.control.is_empty() && self.bulk.iter().all(|bulk| bulk.rows.is_empty())
    }

    /// All control writes, and rows as far as there is room, those of earlier classes first.
    fn take(&mut self) -> Order {
        let mut order = Order { control: self.control.drain(..).collect(), ..Order::default() };
        let mut room = if order.control.is_empty() { GROUP } else { BEHIND };
        for (bulk, rows) in self.bulk.iter_mut().zip(&mut order.bulk) {
            let count = bulk.rows.len().min(room);
            rows.extend(bulk.rows.drain(..count));
            bulk.bytes -= rows.iter().map(size).sum::<usize>();
            room -= count;
        }
        order
    }
}

/// A row with its texts cut to what will be kept: what waits is bounded in bytes too.
fn bounded(write: Write) -> Write {
    let (time, app, mut kind, mut text) = match write {
        Write::Attempt(mut attempt) => {
            attempt.bound();
            return Write::Attempt(attempt);
        }
        Write::Event { time, app, kind, text } => (time, app, kind, text),
    };
    kind.truncate(bounds::cut(&kind, bounds::KIND).len());
    text.truncate(bounds::cut(&text, bounds::EVENT).len());
    let app = app.map(|app| bounds::cut(&app, bounds::NAME).to_owned());
    Write::Event { time, app, kind, text }
}

/// What a row holds of memory while it waits.
fn size(write: &Write) -> usize {
    let texts = match write {
        Write::Attempt(attempt) => attempt.size(),
        Write::Event { app, kind, text, .. } => app.as_ref().map_or(0, String::capacity) + kind.capacity() + text.capacity(),
    };
    mem::size_of::<Write>() + texts
}
