//! Kept connections. The key carries everything that a decision depended on, so that reuse cannot carry one over (I5).
//!
//! HTTP/1.1 connections are here while they rest; HTTP/2 connections from their beginning, for others of the key to join.
//! Both leave when they die, rest too long or grow old: at a look, and by a sweep that needs none.

use crate::config::Caps;
use crate::connection::{Connection, Http1, Http2};
use crate::draft::Caller;
use crate::inject::{Credential, Identity};
use egret_policy::{Host, Permit, RuleVersion, Scheme};
use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher, RandomState};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Parts with a lock each: calls of different origins hardly ever wait for one another.
const SHARDS: usize = 16;

/// Whose connection, under which version of which rule, to which origin. Two rules of one host with different exemptions,
/// certificates or identities never share one: all of that is in the rule's version. Nor do two secrets, two values of one, or those
/// of a hook and its caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    /// Made once, for the shard and the map in it, with a seed of the kernel's: guests choose hosts.
    hash: u64,
    app: Arc<str>,
    rule: RuleVersion,
    hook: Option<Arc<str>>,
    scheme: Scheme,
    host: Host,
    port: u16,
    credential: Option<Identity>,
}

impl Key {
    /// Equality looks at everything, so a collision shares nothing.
    fn of(hasher: &RandomState, caller: &Caller, permit: &Permit, credential: Option<&Credential>) -> Self {
        let target = permit.target();
        let (app, rule, hook) = (Arc::clone(&caller.app), permit.rule_version(), caller.grants.hook());
        let (scheme, host, port) = (target.scheme(), target.host().clone(), target.port());
        let credential = credential.map(|credential| credential.identity().clone());
        let hash = hasher.hash_one((&app, rule, &hook, scheme, &host, port, &credential));
        Self { hash, app, rule, hook, scheme, host, port, credential }
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

/// Hands on the hash that a key brings.
#[derive(Default)]
struct Made(u64);

impl Hasher for Made {
    fn write(&mut self, _: &[u8]) {}

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// What is kept of one key. An empty one stays until the next sweep: its key will most likely come again.
struct Kept {
    /// The one that came to rest last is at the end, and taken first.
    resting: Vec<(Instant, Box<Http1>)>,
    shared: Vec<Arc<Http2>>,
    /// Connections that are kept for the app, over all its keys.
    of_app: Arc<AtomicUsize>,
}

type Shard = HashMap<Key, Kept, BuildHasherDefault<Made>>;

/// Kept connections by key.
pub(crate) struct Pool {
    shards: [Mutex<Shard>; SHARDS],
    hasher: RandomState,
    all: AtomicUsize,
    by_app: Mutex<HashMap<Arc<str>, Arc<AtomicUsize>>>,
    caps: Caps,
}

impl Pool {
    pub fn new(caps: Caps) -> Self {
        Self { shards: Default::default(), hasher: RandomState::new(), all: AtomicUsize::new(0), by_app: Mutex::default(), caps }
    }

    /// The key of a caller's permit and of the secret that goes in.
    pub fn key(&self, caller: &Caller, permit: &Permit, credential: Option<&Credential>) -> Key {
        Key::of(&self.hasher, caller, permit, credential)
    }

    /// A usable connection of a key; those that died or grew old on the way are dropped.
    pub fn take(&self, key: &Key) -> Option<Connection> {
        let mut shard = self.shard(key);
        let kept = shard.get_mut(key)?;
        let now = Instant::now();
        if let Some(part) = kept.shared.iter().find_map(|connection| self.is_young(connection.born(), now).then(|| connection.join())?) {
            return Some(Connection::Http2(part));
        }
        while let Some((since, connection)) = kept.resting.pop() {
            self.left(kept, 1);
            if self.is_usable(since, &connection, now) {
                return Some(Connection::Http1(connection));
            }
        }
        None
    }

    /// Takes back a connection whose last response was read to its end. A part in a shared one is given up by being dropped.
    pub fn put(&self, key: Key, connection: Connection) {
        let Connection::Http1(connection) = connection else { return };
        let now = Instant::now();
        if connection.is_ready() && self.is_young(connection.born(), now) {
            self.enter(key, |kept| kept.resting.push((now, connection)));
        }
    }

    /// Lets other calls of the key join a fresh connection, if it can be shared.
    pub fn share(&self, key: &Key, connection: &Connection) {
        if let Connection::Http2(part) = connection {
            self.enter(key.clone(), |kept| kept.shared.push(Arc::clone(part.connection())));
        }
    }

    /// Drops what died, rested too long or grew old.
    pub fn sweep(&self) {
        let now = Instant::now();
        for shard in &self.shards {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            shard.retain(|_, kept| {
                let before = kept.resting.len() + kept.shared.len();
                kept.resting.retain(|(since, connection)| self.is_usable(*since, connection, now));
                kept.shared.retain(|connection| self.is_worth_keeping(connection, now));
                let after = kept.resting.len() + kept.shared.len();
                self.left(kept, before - after);
                after > 0
            });
        }
        let mut by_app = self.by_app.lock().unwrap_or_else(PoisonError::into_inner);
        by_app.retain(|_, count| Arc::strong_count(count) > 1);
    }

    fn is_young(&self, born: Instant, now: Instant) -> bool {
        now.saturating_duration_since(born) < self.caps.connection_age
    }

    fn is_usable(&self, since: Instant, connection: &Http1, now: Instant) -> bool {
        now.saturating_duration_since(since) < self.caps.idle_time && self.is_young(connection.born(), now) && connection.is_ready()
    }

    fn is_worth_keeping(&self, connection: &Http2, now: Instant) -> bool {
        let rests_long = connection.rests().is_some_and(|rests| rests >= self.caps.idle_time);
        connection.is_open() && self.is_young(connection.born(), now) && !rests_long
    }

    fn shard(&self, key: &Key) -> MutexGuard<'_, Shard> {
        // The map takes its place from the low bits and its mark from the high ones.
        let place = usize::try_from(key.hash >> 32).unwrap_or_default() % SHARDS;
        self.shards[place].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds one to what is kept of a key, if there is room: in all, and for its app, so that no app takes that of the others.
    fn enter(&self, key: Key, add: impl FnOnce(&mut Kept)) {
        if self.all.load(Ordering::Relaxed) >= self.caps.idle_connections {
            self.sweep();
        }
        let mut shard = self.shard(&key);
        let app = Arc::clone(&key.app);
        let kept = shard.entry(key).or_insert_with(|| Kept { resting: Vec::new(), shared: Vec::new(), of_app: self.of_app(app) });
        let room = self.all.load(Ordering::Relaxed) < self.caps.idle_connections;
        if room && kept.of_app.load(Ordering::Relaxed) < self.caps.idle_connections_per_app {
            self.all.fetch_add(1, Ordering::Relaxed);
            kept.of_app.fetch_add(1, Ordering::Relaxed);
            add(kept);
        }
    }

    fn left(&self, kept: &Kept, count: usize) {
        self.all.fetch_sub(count, Ordering::Relaxed);
        kept.of_app.fetch_sub(count, Ordering::Relaxed);
    }

    fn of_app(&self, app: Arc<str>) -> Arc<AtomicUsize> {
        let mut by_app = self.by_app.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(by_app.entry(app).or_default())
    }
}
