//! The one thread that writes. What waits is committed together: control writes are answered when they are durable, the rest is
//! written behind them as far as there is room for it.

mod group;
mod queues;
#[cfg(test)]
mod tests;

use crate::{Attempt, Result, Retention, StoreError};
use group::Group;
use queues::Queues;
use rusqlite::Connection;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, SystemTime};

/// How often the age of what is kept is looked at when nothing is written.
const TRIM: Duration = Duration::from_secs(60);

/// What kind of thing is written without being waited for; the earlier go first. Control writes go before them all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// What an app keeps.
    AppData,
    /// What was refused.
    Denials,
    /// What was allowed.
    Audit,
    /// What could be had again.
    Cache,
}

impl Class {
    /// All of them, in their order.
    pub const ALL: [Self; 4] = [Self::AppData, Self::Denials, Self::Audit, Self::Cache];
}

/// Something to be written without being waited for.
#[derive(Clone, Debug, PartialEq)]
pub enum Write {
    /// One attempt of the kernel, with its share of the minute's sums.
    Attempt(Box<Attempt>),
    /// One row of what happened; a kind over 64 bytes and a text over 4 KiB are cut.
    Event {
        /// When.
        time: SystemTime,
        /// The app's id, if it was about one.
        app: Option<String>,
        /// What kind of thing.
        kind: String,
        /// What more is to be said.
        text: String,
    },
}

/// What became of a write that was handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It waits for its turn.
    Queued,
    /// There was no room; it is counted.
    Dropped,
}

/// What a control write does to secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing of them goes.
    Keeps,
    /// Values go, and their bytes have to leave the files.
    Erases,
}

/// A control write that waits: done once, answered once.
pub trait Work: Send {
    /// Does it, within a transaction that may still fail.
    fn run(&mut self, db: &Connection) -> Result<()>;
    /// Tells whoever waits what became of it.
    fn answer(self: Box<Self>, outcome: Result<()>);
    /// What it does to secrets.
    fn effect(&self) -> Effect;
}

struct Task<T, F> {
    work: Option<F>,
    value: Option<T>,
    effect: Effect,
    reply: SyncSender<Result<T>>,
}

impl<T: Send, F: FnOnce(&Connection) -> Result<T> + Send> Work for Task<T, F> {
    fn run(&mut self, db: &Connection) -> Result<()> {
        let work = self.work.take().ok_or(StoreError::Closed)?;
        self.value = Some(work(db)?);
        Ok(())
    }

    fn answer(self: Box<Self>, outcome: Result<()>) {
        let Self { value, reply, .. } = *self;
        let value = outcome.and_then(|()| value.ok_or(StoreError::Closed));
        // Whoever asked has waited all the time, or its thread is gone and nobody wants to know.
        let _ = reply.send(value);
    }

    fn effect(&self) -> Effect {
        self.effect
    }
}

/// The thread and what waits for it. When it goes, all that waits is written first.
pub struct Writer {
    queues: Arc<Queues>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread on the connection that writes.
    pub fn start(db: Connection) -> Result<Self> {
        let queues = Arc::new(Queues::default());
        let theirs = Arc::clone(&queues);
        let started = Builder::new().name("egret-store".to_owned()).spawn(move || run(&theirs, &db));
        let thread = started.map_err(|error| StoreError::Database(format!("no thread for the writer: {error}")))?;
        Ok(Self { queues, thread: Some(thread) })
    }

    /// Has a control write done and waits until it is durable.
    pub fn control<T, F>(&self, effect: Effect, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T> + Send + 'static,
    {
        let (reply, answer) = sync_channel(1);
        self.queues.order(Box::new(Task { work: Some(work), value: None, effect, reply }))?;
        answer.recv().unwrap_or(Err(StoreError::Closed))
    }

    /// Hands a write over, or drops it.
    pub fn bulk(&self, class: Class, write: Write) -> Taken {
        self.queues.hand_over(class, write)
    }

    /// Hands many over; gives how many were dropped.
    pub fn bulk_all(&self, class: Class, writes: Vec<Write>) -> u64 {
        self.queues.hand_over_all(class, writes)
    }

    /// How full the queue of a class is, from 0 to 1.
    pub fn fullness(&self, class: Class) -> f64 {
        self.queues.fullness(class)
    }

    /// Why rows were last lost, told once.
    pub fn fault(&self) -> Option<StoreError> {
        self.queues.fault()
    }

    /// Keeps so much of the log from now on.
    pub fn retain(&self, retention: Retention) {
        self.queues.retain(retention);
    }

    /// How many writes of a class were dropped.
    pub fn dropped(&self, class: Class) -> u64 {
        self.queues.dropped(class)
    }

    /// Waits until what was handed over before is written or dropped.
    pub fn flush(&self) -> Result<()> {
        self.queues.flush()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queues.close();
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has closed the queues behind it; there is nothing more to be done here.
            let _ = thread.join();
        }
    }
}

/// Closes the queues behind the thread however it ends, so that nobody waits for one that is gone.
struct Ending<'a>(&'a Queues);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

fn run(queues: &Queues, db: &Connection) {
    let ending = Ending(queues);
    let mut group = Group::new(db);
    let mut behind = true;
    while let Some(taken) = queues.take(if behind { Duration::ZERO } else { TRIM }) {
        let outcome = group.commit(taken);
        let written = outcome.finished.iter().sum();
        queues.done(outcome);
        behind = group.trim(queues.retention().as_ref(), written);
    }
    drop(ending);
}
