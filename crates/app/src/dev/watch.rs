//! Changes of a folder, gathered: an editor that saves writes several times, a reload happens once.

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use std::path::Path;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// How long nothing must change before a change counts.
const QUIET: Duration = Duration::from_millis(50);

/// Changes of one folder. Watching ends when it is dropped.
pub(super) struct Changes {
    _watcher: RecommendedWatcher,
    signals: mpsc::Receiver<()>,
}

impl Changes {
    /// Watches a folder and everything below it.
    pub fn watch(folder: &Path) -> notify::Result<Self> {
        let (sender, signals) = mpsc::channel(1);
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            let matters = event.is_ok_and(|event| !matches!(event.kind, EventKind::Access(_)));
            if matters {
                // A full channel means that a signal is already waiting.
                let _ = sender.try_send(());
            }
        })?;
        watcher.watch(folder, RecursiveMode::Recursive)?;
        Ok(Self { _watcher: watcher, signals })
    }

    /// Waits for the next change and for quiet after it; false when no change can come any more.
    pub async fn next(&mut self) -> bool {
        if self.signals.recv().await.is_none() {
            return false;
        }
        while let Ok(Some(())) = timeout(QUIET, self.signals.recv()).await {}
        true
    }
}
