//! The commands of an owner as they are typed: on the store itself and through a running server, which must not differ.

mod apps;
mod fetch;
mod limits;
mod machine;
mod rules;
mod secrets;
mod typed;

use crate::harness::egret_on;
use egret_admin::{KeySource, SOCKET, serve};
use egret_store::Store;
use serde_json::Value;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tokio::sync::oneshot;

/// A data directory, and whoever answers for it.
pub struct House {
    at: TempDir,
    /// Ends the server, if there is one, and waits for its end.
    server: Option<(oneshot::Sender<()>, std::thread::JoinHandle<()>)>,
}

/// What a command came to.
pub struct Outcome {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Outcome {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|_| panic!("{}{}", self.out, self.err))
    }
}

impl House {
    /// A house where no server runs.
    pub fn new() -> Self {
        Self { at: tempfile::tempdir().unwrap(), server: None }
    }

    /// A house with a server.
    pub fn served() -> Self {
        let mut house = Self::new();
        house.open();
        house
    }

    /// Both kinds, with an app `shop` in each.
    pub fn both() -> [Self; 2] {
        [Self::new(), Self::served()].map(|house| {
            assert_eq!(house.run(&["app", "create", "shop"]).code, Some(0));
            house
        })
    }

    /// Starts a server on the same data.
    pub fn open(&mut self) {
        let data = self.data();
        let (stop, stopped) = oneshot::channel::<()>();
        let (ready, is_ready) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
            runtime.block_on(async {
                let store = Store::open(&data, KeySource::DataDir.read(&data).unwrap()).unwrap();
                let serving = serve(store, &data.join(SOCKET)).unwrap();
                ready.send(()).unwrap();
                tokio::select! { () = serving => {}, _ = stopped => {} }
            });
        });
        is_ready.recv().unwrap();
        self.server = Some((stop, thread));
    }

    pub fn data(&self) -> PathBuf {
        self.at.path().join("data")
    }

    pub fn path(&self) -> &Path {
        self.at.path()
    }

    pub fn store(&self) -> Store {
        Store::open(&self.data(), KeySource::DataDir.read(&self.data()).unwrap()).unwrap()
    }

    pub fn run(&self, arguments: &[&str]) -> Outcome {
        self.feed(arguments, "")
    }

    /// Runs a command with more variables in its environment.
    pub fn run_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Outcome {
        self.outcome(variables, arguments, "")
    }

    /// Runs a command with a text on standard input.
    pub fn feed(&self, arguments: &[&str], input: &str) -> Outcome {
        self.outcome(&[], arguments, input)
    }

    fn outcome(&self, variables: &[(&str, &str)], arguments: &[&str], input: &str) -> Outcome {
        let output = egret_on(&self.data(), variables, arguments, input.as_bytes());
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Outcome { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Runs a command that must be done.
    pub fn done(&self, arguments: &[&str]) -> String {
        let outcome = self.run(arguments);
        assert_eq!(outcome.code, Some(0), "{arguments:?}: {}", outcome.err);
        outcome.out
    }
}

impl House {
    /// Ends the server and waits until it has let go of everything.
    pub fn close(&mut self) {
        if let Some((stop, thread)) = self.server.take() {
            drop(stop);
            let _ = thread.join();
        }
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.close();
    }
}
