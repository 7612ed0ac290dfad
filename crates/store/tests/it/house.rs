//! A data directory of a test's own, and what lies in it.

use egret_store::{App, Key, SecretGrantRow, Store};
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use zeroize::Zeroizing;

/// A data directory with a store in it.
pub struct House {
    pub folder: TempDir,
    pub store: Store,
}

impl House {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), key()).unwrap();
        Self { folder, store }
    }

    pub fn with_app() -> (Self, App) {
        let house = Self::new();
        let app = house.store.create_app("shop", None).unwrap();
        (house, app)
    }

    pub fn generation(&self, app: &App) -> u64 {
        self.store.app_by_id(&app.id).unwrap().unwrap().generation
    }

    /// The store closed and opened again.
    pub fn again(self) -> Self {
        let Self { folder, store } = self;
        drop(store);
        let store = Store::open(folder.path(), key()).unwrap();
        Self { folder, store }
    }

    /// The database as anybody else would open it.
    pub fn raw(&self) -> Connection {
        raw(self.folder.path())
    }
}

pub fn key() -> Key {
    Key::new([42; 32])
}

pub fn other_key() -> Key {
    Key::new([43; 32])
}

pub fn database(folder: &Path) -> PathBuf {
    folder.join("egret.db")
}

pub fn raw(folder: &Path) -> Connection {
    Connection::open(database(folder)).unwrap()
}

pub fn value(text: &str) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(text.as_bytes().to_vec())
}

pub fn to(host: &str) -> SecretGrantRow {
    SecretGrantRow { scheme: "https".to_owned(), host: host.to_owned(), port: 443, place: "bearer".to_owned(), rule: None }
}

/// The names of the files of a folder whose bytes hold these.
pub fn holding(folder: &Path, bytes: &[u8]) -> Vec<String> {
    let holds = |name: &String| std::fs::read(folder.join(name)).unwrap().windows(bytes.len()).any(|window| window == bytes);
    names(folder).into_iter().filter(holds).collect()
}

/// The names in a folder, sorted.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
