//! A small pool of connections that only read, opened when they are needed.

use super::open;
use crate::Result;
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::{Condvar, Mutex, PoisonError};

/// Connections at most; who finds none waits for one.
const MOST: usize = 4;

/// The pool.
pub struct Readers {
    path: PathBuf,
    idle: Mutex<Idle>,
    returned: Condvar,
}

#[derive(Default)]
struct Idle {
    connections: Vec<Connection>,
    lent: usize,
}

impl Readers {
    /// A pool of connections to a file.
    pub fn new(path: PathBuf) -> Self {
        Self { path, idle: Mutex::default(), returned: Condvar::new() }
    }

    /// Reads as of one moment: all that the work asks belongs together.
    pub fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let mut lease = Lease { readers: self, connection: self.take() };
        let db = match lease.connection.take() {
            Some(db) => db,
            None => open::reading(&self.path)?,
        };
        let db = lease.connection.insert(db);
        let moment = db.unchecked_transaction()?;
        work(&moment)
    }

    /// Waits for a turn; with it may come a connection that was used before.
    fn take(&self) -> Option<Connection> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let mut idle = self.returned.wait_while(idle, |idle| idle.lent == MOST).unwrap_or_else(PoisonError::into_inner);
        idle.lent += 1;
        idle.connections.pop()
    }
}

/// A turn, given back whatever happens.
struct Lease<'a> {
    readers: &'a Readers,
    connection: Option<Connection>,
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        let mut idle = self.readers.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.connections.extend(self.connection.take());
        idle.lent -= 1;
        drop(idle);
        self.readers.returned.notify_one();
    }
}
