//! What is kept, in bytes: per app and URL, all of it bounded, with room taken from whoever has most.
//!
//! Within an app the one that goes is found by SIEVE: a hand moves from the oldest to the newest, passes over what was asked for
//! since it was last there, and takes the first that was not. Where there is no room, the app that holds most gives: one app alone
//! may fill everything, and an app that keeps less than its even share never loses anything to another.

use super::entry::Entry;
use super::key::Part;
use egret_policy::Target;
use http::HeaderMap;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Answers to one key that differ in what `Vary` names, at most; the oldest goes.
const VARIANTS: usize = 32;

/// Changes that are remembered per app, to keep out answers which were on their way when they came.
const CHANGES: usize = 64;

/// The answers to one URL, by what else tells them apart.
type Parts = HashMap<Arc<Part>, Vec<Arc<Placed>>>;

/// All that is kept.
pub(super) struct Shelf {
    most: usize,
    held: usize,
    /// One more with every entry and every change: what happened before what.
    turn: u64,
    apps: HashMap<Arc<str>, App>,
    pub evicted: u64,
}

/// An entry in its place.
pub(crate) struct Placed {
    turn: u64,
    weight: usize,
    pub entry: Arc<Entry>,
}

#[derive(Default)]
struct App {
    held: usize,
    urls: HashMap<Arc<str>, Parts>,
    /// By the turn in which they came.
    order: BTreeMap<u64, Arc<Placed>>,
    hand: u64,
    changes: VecDeque<Change>,
}

/// Something that made stored answers invalid; without a URL, all of them.
struct Change {
    turn: u64,
    url: Option<Arc<str>>,
}

impl Shelf {
    pub fn new(most: usize) -> Self {
        Self { most, held: 0, turn: 0, apps: HashMap::new(), evicted: 0 }
    }

    /// What was kept last of those that answer such a request.
    pub fn find(&self, app: &str, url: &str, part: &Arc<Part>, headers: &HeaderMap) -> Option<Arc<Placed>> {
        let placed = self.apps.get(app)?.urls.get(url)?.get(part)?.iter().rev().find(|placed| placed.entry.answers(headers))?;
        placed.entry.asked.store(true, Ordering::Relaxed);
        Some(Arc::clone(placed))
    }

    /// Marks the moment at which an app asks for an answer. From then on its changes are remembered.
    pub fn moment(&mut self, app: &Arc<str>) -> u64 {
        self.apps.entry(Arc::clone(app)).or_default();
        self.turn
    }

    /// Keeps an answer that was asked for at a moment, in place of those that it takes over from, unless something made it
    /// invalid since.
    pub fn put(&mut self, entry: Arc<Entry>, moment: u64) -> bool {
        let weight = entry.weight();
        if weight > self.most / 8 || self.apps.get(&entry.key.app).is_some_and(|app| app.changed_since(moment, &entry.key.url)) {
            return false;
        }
        self.turn += 1;
        let (name, key) = (Arc::clone(&entry.key.app), entry.key.clone());
        let app = self.apps.entry(name).or_default();
        let variants = app.urls.entry(key.url).or_default().entry(key.part).or_default();
        let mut gone: Vec<Arc<Placed>> = variants.extract_if(.., |placed| placed.entry.selection == entry.selection).collect();
        if variants.len() >= VARIANTS {
            gone.push(variants.remove(0));
        }
        let placed = Arc::new(Placed { turn: self.turn, weight, entry });
        variants.push(Arc::clone(&placed));
        app.order.insert(self.turn, placed);
        app.held += weight;
        self.held += weight;
        for placed in gone {
            app.order.remove(&placed.turn);
            app.held -= placed.weight;
            self.held -= placed.weight;
        }
        self.make_room();
        true
    }

    /// Takes an answer out.
    pub fn remove(&mut self, placed: &Placed) {
        if let Some(app) = self.apps.get_mut(&placed.entry.key.app) {
            self.held -= app.take(placed.turn).map_or(0, |placed| placed.weight);
        }
    }

    /// Takes out all answers to a URL (RFC 9111, 4.4), and keeps out those that are on their way.
    pub fn invalidate(&mut self, app: &str, url: &str) {
        let Some(app) = self.apps.get_mut(app) else { return };
        self.turn += 1;
        let (turn, url) = (self.turn, Arc::from(url));
        let turns: Vec<u64> =
            app.urls.get(&url).into_iter().flatten().flat_map(|(_, placed)| placed.iter().map(|placed| placed.turn)).collect();
        self.held -= turns.into_iter().filter_map(|turn| app.take(turn)).map(|placed| placed.weight).sum::<usize>();
        app.changes(Change { turn, url: Some(url) });
    }

    /// Takes out what is kept of an app, or of all; of a host, or of all. Returns how many answers that were.
    pub fn clear(&mut self, app: Option<&str>, host: Option<&str>) -> usize {
        self.turn += 1;
        let (turn, mut count) = (self.turn, 0);
        for (_, app) in self.apps.iter_mut().filter(|(name, _)| app.is_none_or(|app| ***name == *app)) {
            let is_meant = |placed: &Placed| host.is_none_or(|host| *placed.entry.host == *host);
            let turns: Vec<u64> = app.order.iter().filter(|(_, placed)| is_meant(placed)).map(|(turn, _)| *turn).collect();
            count += turns.len();
            self.held -= turns.into_iter().filter_map(|turn| app.take(turn)).map(|placed| placed.weight).sum::<usize>();
            app.changes(Change { turn, url: None });
        }
        count
    }

    /// Bytes that are kept, and may be.
    pub fn held(&self) -> (usize, usize) {
        (self.held, self.most)
    }

    /// Every app with something kept: how many answers, and bytes.
    pub fn apps(&self) -> impl Iterator<Item = (&Arc<str>, usize, usize)> {
        self.apps.iter().map(|(name, app)| (name, app.order.len(), app.held)).filter(|(_, count, _)| *count > 0)
    }

    fn make_room(&mut self) {
        while self.held > self.most {
            let Some(largest) = self.apps.values_mut().max_by_key(|app| app.held) else { return };
            let Some(placed) = largest.sieve() else { return };
            self.held -= placed.weight;
            self.evicted += 1;
        }
    }
}

impl App {
    /// Takes out the first entry from the hand on that nobody asked for since the hand last passed.
    fn sieve(&mut self) -> Option<Arc<Placed>> {
        loop {
            let at_hand = self.order.range(self.hand..).next().or_else(|| self.order.iter().next());
            let (turn, was_asked) = at_hand.map(|(turn, placed)| (*turn, placed.entry.asked.swap(false, Ordering::Relaxed)))?;
            self.hand = turn + 1;
            if !was_asked {
                return self.take(turn);
            }
        }
    }

    fn take(&mut self, turn: u64) -> Option<Arc<Placed>> {
        let placed = self.order.remove(&turn)?;
        self.held -= placed.weight;
        let key = &placed.entry.key;
        if let Some(parts) = self.urls.get_mut(&key.url) {
            if let Some(variants) = parts.get_mut(&key.part) {
                variants.retain(|other| other.turn != turn);
                if variants.is_empty() {
                    parts.remove(&key.part);
                }
            }
            if parts.is_empty() {
                self.urls.remove(&key.url);
            }
        }
        Some(placed)
    }

    fn changes(&mut self, change: Change) {
        if self.changes.len() == CHANGES {
            self.changes.pop_front();
        }
        self.changes.push_back(change);
    }

    /// Whether something made answers invalid that were asked for at a moment. What is not remembered any more counts as such.
    fn changed_since(&self, moment: u64, url: &str) -> bool {
        let forgotten = self.changes.len() == CHANGES && self.changes.front().is_some_and(|oldest| oldest.turn > moment);
        forgotten || self.changes.iter().any(|change| change.turn > moment && change.url.as_deref().is_none_or(|changed| changed == url))
    }
}

/// The URLs besides the target whose answers an unsafe request makes invalid: of the same origin alone (RFC 9111, 4.4).
pub(super) fn also_invalid(target: &Target, headers: &HeaderMap) -> Vec<String> {
    let named = [http::header::LOCATION, http::header::CONTENT_LOCATION];
    let values = named.iter().filter_map(|name| headers.get(name)?.to_str().ok());
    values.filter_map(|value| target.join(value).ok()).filter(|other| other.same_origin(target)).map(|other| other.to_url()).collect()
}

#[cfg(test)]
mod tests;
