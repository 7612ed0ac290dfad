//! Changes of a folder, gathered: an editor that saves writes several times, a reload happens once.
//!
//! Links are not followed, and what lies below `node_modules` or a folder with a dot (`.git`) does not count: an installer or
//! a version control system writes thousands of files there, and none of them is served.

use notify::{Config, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
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
        // Events carry paths below the one that was given; only a canonical one can be taken off them again.
        let root = folder.canonicalize()?;
        let below = root.clone();
        let (sender, signals) = mpsc::channel(1);
        let handler = move |event: notify::Result<Event>| {
            if event.is_ok_and(|event| matters(&below, &event)) {
                // A full channel means that a signal is already waiting.
                let _ = sender.try_send(());
            }
        };
        let mut watcher = RecommendedWatcher::new(handler, Config::default().with_follow_symlinks(false))?;
        watcher.watch(&root, RecursiveMode::Recursive)?;
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

/// An event without a path says that events were lost.
fn matters(root: &Path, event: &Event) -> bool {
    let changes = !matches!(event.kind, EventKind::Access(_));
    changes && (event.paths.is_empty() || event.paths.iter().any(|path| counts(path.strip_prefix(root).unwrap_or(path))))
}

/// Whether a path, relative to the app's folder, may be of the app. A file with a dot, such as `.env`, may.
fn counts(path: &Path) -> bool {
    let is_hidden = |folder: &Path| folder.components().any(|part| part.as_os_str().as_encoded_bytes().starts_with(b"."));
    !path.parent().is_some_and(is_hidden) && path.components().all(|part| part.as_os_str() != "node_modules")
}

#[cfg(test)]
mod tests {
    use super::*;
    use notify::event::{AccessKind, CreateKind};

    #[test]
    fn what_installers_and_version_control_write_does_not_count() {
        for path in
            [".git/index", ".git/refs/heads/main", "node_modules", "node_modules/a/b.js", "functions/node_modules/a.js", "lib/.cache/a"]
        {
            assert!(!counts(Path::new(path)), "{path}");
        }
        for path in [".env", "egret.toml", "functions/f.js", "functions/.f.js.swp", "lib/a.b/c.js", "node_modules.js", ""] {
            assert!(counts(Path::new(path)), "{path}");
        }
    }

    #[test]
    fn an_app_below_a_hidden_folder_is_watched_all_the_same() {
        let event = |path: &str| Event::new(EventKind::Create(CreateKind::File)).add_path(path.into());
        assert!(matters(Path::new("/home/.work/app"), &event("/home/.work/app/functions/f.js")));
        assert!(!matters(Path::new("/home/.work/app"), &event("/home/.work/app/.git/index")));
    }

    #[test]
    fn lost_events_count_and_mere_reading_does_not() {
        assert!(matters(Path::new("/app"), &Event::new(EventKind::Other)));
        assert!(!matters(Path::new("/app"), &Event::new(EventKind::Access(AccessKind::Any)).add_path("/app/f.js".into())));
    }
}
