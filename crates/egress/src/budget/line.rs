//! Who goes in and who waits: the counts and the line, without a lock, a clock or a task.
//!
//! Apps take turns, whatever the number of calls that each has waiting; within an app the first to come is the first to go. After
//! every step either all slots are taken or nobody waits who may go in: so a call that finds room passes nobody.

use super::Load;
use super::limits::InFlight;
use crate::error::Limit;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// The counts, and those who wait, each with the `W` by which it is called.
pub(super) struct Line<W> {
    limits: InFlight,
    load: Load,
    /// Given to the next one that waits; they rise along every app's waiters.
    ticket: u64,
    /// Apps with calls under way or waiting, and no others.
    apps: HashMap<Arc<str>, App<W>>,
    /// Apps that have someone waiting and are below their own cap, each once.
    turns: VecDeque<Arc<str>>,
}

struct App<W> {
    in_flight: usize,
    /// Its cap, as its last call brought it.
    own: usize,
    waiting: VecDeque<(u64, W)>,
    has_turn: bool,
}

/// What becomes of a call that asks for a slot.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// It is in.
    In,
    /// It waits, with this ticket.
    Waits(u64),
    /// There is no room, here or in the line.
    Full(Limit),
}

impl<W> App<W> {
    fn new(own: usize) -> Self {
        Self { in_flight: 0, own, waiting: VecDeque::new(), has_turn: false }
    }

    fn has_room(&self, limits: &InFlight) -> bool {
        self.in_flight < self.own.min(limits.app)
    }

    fn is_gone(&self) -> bool {
        self.in_flight == 0 && self.waiting.is_empty() && !self.has_turn
    }
}

impl<W> Line<W> {
    pub fn new(limits: InFlight) -> Self {
        Self { limits, load: Load::default(), ticket: 0, apps: HashMap::new(), turns: VecDeque::new() }
    }

    pub fn limits(&self) -> &InFlight {
        &self.limits
    }

    pub fn load(&self) -> Load {
        self.load
    }

    /// Other limits. Whoever called asks for those who may go in now.
    pub fn set(&mut self, limits: InFlight) {
        self.limits = limits;
        let names: Vec<_> = self.apps.keys().cloned().collect();
        names.iter().for_each(|name| self.turn(name));
    }

    /// A call asks for a slot; `waiter` is made if it has to wait. Whoever called asks for those who may go in now: a call may
    /// bring its app a wider cap.
    pub fn enter(&mut self, name: &Arc<str>, own: usize, waiter: impl FnOnce() -> W) -> Entry {
        let (limits, load) = (self.limits, &mut self.load);
        if !self.apps.contains_key(name) {
            self.apps.insert(Arc::clone(name), App::new(own));
        }
        let Some(app) = self.apps.get_mut(name) else { return Entry::Full(Limit::InFlight) };
        app.own = own;
        let room_app = app.has_room(&limits);
        if room_app && app.waiting.is_empty() && load.in_flight < limits.all && self.turns.is_empty() {
            (load.in_flight, app.in_flight) = (load.in_flight + 1, app.in_flight + 1);
            return Entry::In;
        }
        let entry = if limits.wait.is_zero() || load.waiting >= limits.line || app.waiting.len() >= limits.line_app {
            Entry::Full(if room_app { Limit::InFlight } else { Limit::InFlightApp })
        } else {
            self.ticket += 1;
            load.waiting += 1;
            app.waiting.push_back((self.ticket, waiter()));
            Entry::Waits(self.ticket)
        };
        self.turn(name);
        entry
    }

    /// A call gives its slot back.
    pub fn leave(&mut self, name: &Arc<str>) {
        if let Some(app) = self.apps.get_mut(name) {
            (self.load.in_flight, app.in_flight) = (self.load.in_flight - 1, app.in_flight - 1);
            // An app that goes on with others under way and nobody waiting needs neither a turn nor an end.
            if app.in_flight == 0 || !app.waiting.is_empty() {
                self.turn(name);
            }
        }
    }

    /// A call waits no longer. What it waited for, if it had not been called in before.
    pub fn forget(&mut self, name: &Arc<str>, ticket: u64) -> Option<Limit> {
        let app = self.apps.get_mut(name)?;
        let place = app.waiting.binary_search_by_key(&ticket, |(ticket, _)| *ticket).ok()?;
        app.waiting.remove(place);
        self.load.waiting -= 1;
        let limit = if app.has_room(&self.limits) { Limit::InFlight } else { Limit::InFlightApp };
        self.turn(name);
        Some(limit)
    }

    /// The next one that goes in, counted as in.
    pub fn next(&mut self) -> Option<(Arc<str>, W)> {
        while self.load.in_flight < self.limits.all {
            let name = self.turns.pop_front()?;
            let Some(app) = self.apps.get_mut(&name) else { continue };
            app.has_turn = false;
            let first = if app.has_room(&self.limits) { app.waiting.pop_front() } else { None };
            if first.is_some() {
                app.in_flight += 1;
                (self.load.in_flight, self.load.waiting) = (self.load.in_flight + 1, self.load.waiting - 1);
            }
            self.turn(&name);
            if let Some((_, waiter)) = first {
                return Some((name, waiter));
            }
        }
        None
    }

    /// Gives an app its turn if it can use one, and forgets an app that has nothing here.
    fn turn(&mut self, name: &Arc<str>) {
        let Some(app) = self.apps.get_mut(name) else { return };
        if !app.has_turn && !app.waiting.is_empty() && app.has_room(&self.limits) {
            app.has_turn = true;
            self.turns.push_back(Arc::clone(name));
        }
        if app.is_gone() {
            self.apps.remove(name);
        }
    }
}

#[cfg(test)]
mod tests;
