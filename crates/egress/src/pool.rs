//! Idle connections. The key carries everything that a decision depended on, so that reuse cannot carry one over (I5).

use crate::config::Caps;
use crate::connection::Connection;
use crate::draft::Caller;
use egret_policy::{Host, Permit, RuleSpec, Scheme};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Whose connection, under which rule, to which origin. Two rules of one host with different exemptions never share one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    app: Arc<str>,
    rule: Arc<RuleSpec>,
    scheme: Scheme,
    host: Host,
    port: u16,
}

impl Key {
    pub fn of(caller: &Caller, permit: &Permit) -> Self {
        let target = permit.target();
        Self {
            app: Arc::clone(&caller.app),
            rule: Arc::clone(permit.rule()),
            scheme: target.scheme(),
            host: target.host().clone(),
            port: target.port(),
        }
    }
}

/// Idle connections by key, the youngest last.
pub(crate) struct Pool {
    idle: Mutex<HashMap<Key, Vec<(Instant, Connection)>>>,
    caps: Caps,
}

impl Pool {
    pub fn new(caps: Caps) -> Self {
        Self { idle: Mutex::default(), caps }
    }

    /// The youngest usable connection of a key; those that died or grew old on the way are dropped.
    pub fn take(&self, key: &Key) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let of_key = idle.get_mut(key)?;
        let found = loop {
            match of_key.pop() {
                Some((since, connection)) if since.elapsed() < self.caps.idle_time && connection.is_ready() => break Some(connection),
                Some(_) => {}
                None => break None,
            }
        };
        if of_key.is_empty() {
            idle.remove(key);
        }
        found
    }

    /// Keeps a connection whose last response was read to its end.
    pub fn put(&self, key: Key, connection: Connection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.values().map(Vec::len).sum::<usize>() >= self.caps.idle_connections {
            self.sweep(&mut idle);
        }
        if idle.values().map(Vec::len).sum::<usize>() < self.caps.idle_connections {
            idle.entry(key).or_default().push((Instant::now(), connection));
        }
    }

    fn sweep(&self, idle: &mut HashMap<Key, Vec<(Instant, Connection)>>) {
        idle.retain(|_, connections| {
            connections.retain(|(since, connection)| since.elapsed() < self.caps.idle_time && connection.is_ready());
            !connections.is_empty()
        });
    }
}
