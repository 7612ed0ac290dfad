//! The control socket, spoken to as a program would, and as a stranger.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod door;
mod socket;

use egret_admin::{KeySource, SOCKET, serve};
use egret_store::Store;
use std::path::PathBuf;
use tempfile::TempDir;
use tokio::task::JoinHandle;

/// A data directory with a store that is served.
struct House {
    at: TempDir,
    store: Store,
    serving: JoinHandle<()>,
}

impl House {
    /// Must be made within a runtime.
    fn served() -> Self {
        let at = tempfile::tempdir().unwrap();
        let data = at.path().join("data");
        let store = Store::open(&data, KeySource::DataDir.read(&data).unwrap()).unwrap();
        let serving = tokio::spawn(serve(store.clone(), &data.join(SOCKET)).unwrap());
        Self { at, store, serving }
    }

    fn data(&self) -> PathBuf {
        self.at.path().join("data")
    }

    fn socket(&self) -> PathBuf {
        self.data().join(SOCKET)
    }

    /// Ends the server and waits until its task is gone.
    async fn close(&mut self) {
        self.serving.abort();
        let _ = (&mut self.serving).await;
    }
}
