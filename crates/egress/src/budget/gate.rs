//! The gate: slots for calls under way, and the line before it. The counts are in `line.rs`; here are the lock and the waiting.

use super::Load;
use super::limits::InFlight;
use super::line::{Entry, Line};
use crate::error::{Limit, Reason};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// Where calls get their slots. One short lock: both counts and the line change together, and no call is ever counted twice
/// or not at all.
pub(super) struct Gate(Mutex<Line<oneshot::Sender<Slot>>>);

/// A call under way. Dropping it lets the next one in.
pub(super) struct Slot(Option<Held>);

struct Held {
    gate: Arc<Gate>,
    app: Arc<str>,
}

/// A call that waits. Dropping it leaves the line, and gives back the slot that it may have got meanwhile.
struct Waiting {
    gate: Arc<Gate>,
    app: Arc<str>,
    ticket: u64,
    called: oneshot::Receiver<Slot>,
}

impl Gate {
    pub fn new(limits: InFlight) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Line::new(limits))))
    }

    /// A slot, at once or when it is the call's turn. `own` is what the app is held to beside the kernel's limit.
    pub async fn enter(self: &Arc<Self>, app: &Arc<str>, own: Option<usize>) -> Result<Slot, Reason> {
        let mut called = None;
        let (entry, wait) = {
            let mut line = self.line();
            let waiter = || {
                let (sender, receiver) = oneshot::channel();
                called = Some(receiver);
                sender
            };
            (line.enter(app, own.unwrap_or(usize::MAX), waiter), line.limits().wait)
        };
        if entry == Entry::In {
            return Ok(self.slot(Arc::clone(app)));
        }
        self.call_in(|_| {});
        match (entry, called) {
            (Entry::Waits(ticket), Some(called)) => {
                // A future of its own: calls that need not wait do not carry the room for it.
                Box::pin(Waiting { gate: Arc::clone(self), app: Arc::clone(app), ticket, called }.slot(wait)).await
            }
            (Entry::Full(limit), _) => Err(Reason::Limit(limit, Some(wait))),
            // Not reached: whoever waits has made its waiter.
            (Entry::Waits(_) | Entry::In, _) => Err(Reason::Limit(Limit::InFlight, Some(wait))),
        }
    }

    pub fn set(self: &Arc<Self>, limits: InFlight) {
        self.call_in(|line| line.set(limits));
    }

    pub fn load(&self) -> Load {
        self.line().load()
    }

    /// Makes a step, and calls in whoever may go in then. Slots are handed over outside the lock: one that nobody takes comes
    /// back through it.
    fn call_in(self: &Arc<Self>, step: impl FnOnce(&mut Line<oneshot::Sender<Slot>>)) {
        let mut next = {
            let mut line = self.line();
            step(&mut line);
            line.next()
        };
        while let Some((app, waiter)) = next {
            let refused = waiter.send(self.slot(Arc::clone(&app)));
            let mut line = self.line();
            // Not by dropping the slot, which would come here again: a long line that is gone must not be a deep stack.
            if refused.is_err_and(|mut slot| slot.0.take().is_some()) {
                line.leave(&app);
            }
            next = line.next();
        }
    }

    fn slot(self: &Arc<Self>, app: Arc<str>) -> Slot {
        Slot(Some(Held { gate: Arc::clone(self), app }))
    }

    fn line(&self) -> MutexGuard<'_, Line<oneshot::Sender<Slot>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    async fn slot(mut self, wait: Duration) -> Result<Slot, Reason> {
        if let Ok(Ok(slot)) = timeout(wait, &mut self.called).await {
            return Ok(slot);
        }
        let limit = self.gate.line().forget(&self.app, self.ticket);
        match limit {
            Some(limit) => Err(Reason::Limit(limit, Some(wait))),
            // It was called in at the last moment: its slot is on the way.
            None => (&mut self.called).await.map_err(|_| Reason::Limit(Limit::InFlight, Some(wait))),
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // Nothing to forget if it was called in; the slot then goes with the receiver.
        let _ = self.gate.line().forget(&self.app, self.ticket);
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(Held { gate, app }) = self.0.take() {
            gate.call_in(|line| line.leave(&app));
        }
    }
}

#[cfg(test)]
mod tests;
