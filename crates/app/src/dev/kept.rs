//! What the owner keeps for an app in the store: rules and secrets, and when they change.
//!
//! An app is known by its name and its folder together. A folder of the same name elsewhere, which somebody may have sent, gets
//! nothing of it. A store that cannot be read stops the start: it may hold rules that deny.

use super::{Options, StartError, part};
use crate::config::Folder;
use crate::stored;
use egret_admin::{SERVER, limits_of};
use egret_egress::{Secret, Today};
use egret_limits::{Scope, Settings};
use egret_policy::{Closed, RuleSpec};
use egret_store::{App, Clearings, Snapshot, Standing, Store, StoreError, Traffic};
use std::path::Path;
use std::time::{Duration, SystemTime};

/// How often the store is asked whether it has changed. Asking costs some microseconds; a command's effect is seen in twice
/// this time at most.
const EVERY: Duration = Duration::from_millis(40);

/// What is kept for one app, as of one moment.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    /// Rules, which stand beside the manifest's.
    pub rules: Vec<RuleSpec>,
    /// Secrets with their grants.
    pub secrets: Vec<Secret>,
    /// Limits that the owner set for all apps of this server.
    pub server: Settings,
    /// Limits that the owner set for this app.
    pub limits: Settings,
    /// What the owner has closed.
    pub standing: Standing,
    /// What the owner ordered to be forgotten of stored answers.
    pub clearings: Clearings,
    /// The app's generation, one more with each change; none for an app that is not there.
    generation: Option<u64>,
    /// When the next former value of a secret ends.
    until: Option<SystemTime>,
}

impl Kept {
    /// Whether this is the same as what was read before: the store has other apps too.
    pub fn is(&self, before: &Self) -> bool {
        let now = (self.generation, self.until, self.standing, &self.server, &self.clearings);
        now == (before.generation, before.until, before.standing, &before.server, &before.clearings)
    }

    /// Why nothing is allowed, if the owner has closed it.
    pub fn closed(&self) -> Option<Closed> {
        stored::closed(self.standing)
    }
}

/// The store's record of one app.
pub(super) struct Stored {
    store: Store,
    /// The app's permanent id; without one, nothing is kept for this folder.
    app: Option<String>,
    /// The state of the store that was read last.
    seen: u64,
    until: Option<SystemTime>,
}

impl Stored {
    /// Opens the store, and finds or makes the record of a folder's app. The words tell that there is one of another folder.
    pub fn open(options: &Options, folder: &Folder) -> Result<(Self, Option<String>), StartError> {
        let key = options.key.read(&options.data_dir).map_err(|error| part("the master key", &error))?;
        let store = Store::open(&options.data_dir, key).map_err(|error| part("the store", &error))?;
        let root = std::fs::canonicalize(&folder.root).map_err(|error| part("the app's folder", &error))?;
        let app = record(&store, &folder.manifest.name, &root).map_err(|error| part("the store", &error))?;
        let is_its = app.folder.as_deref() == Some(&*root);
        let words = (!is_its).then(|| elsewhere(&app));
        Ok((Self { store, app: is_its.then_some(app.id), seen: 0, until: None }, words))
    }

    /// The store, for those who command it.
    pub fn store(&self) -> Store {
        self.store.clone()
    }

    /// Reads what is kept now. An app that was removed has nothing.
    pub fn read(&mut self) -> Result<Kept, String> {
        let words = |error: StoreError| format!("the store: {error}");
        // Asked before reading: a change in between is then seen as one more.
        let seen = self.store.changes().map_err(words)?;
        let snapshot = self.app.as_ref().map(|app| self.store.snapshot(app)).transpose().map_err(words)?.flatten();
        let standing = self.store.standing(self.app.as_deref()).map_err(words)?;
        let clearings = self.store.clearings(self.app.as_deref()).map_err(words)?;
        let server = self.store.settings(SERVER).map_err(words)?;
        let server = limits_of(Scope::Server, &server).map_err(|fault| fault.to_string())?;
        let kept = Kept { standing, clearings, server, ..snapshot.map(kept).transpose()?.unwrap_or_default() };
        (self.seen, self.until) = (seen, kept.until);
        Ok(kept)
    }

    /// What an app of this name has spent since midnight (UTC), as the audit log's sums of minutes tell.
    pub fn today(&self, name: &str) -> Result<Today, StartError> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let midnight = SystemTime::UNIX_EPOCH + Duration::from_secs(now - now % 86_400);
        let sums = self.store.traffic(midnight, Some(name)).map_err(|error| part("the store", &error))?;
        let spent = |today: Today, sum: &Traffic| Today {
            calls: today.calls + sum.calls.saturating_sub(sum.refused),
            bytes: today.bytes + sum.sent + sum.received,
        };
        Ok(sums.iter().fold(Today::default(), spent))
    }

    /// Waits until something is kept that was not read, or no longer is.
    pub async fn changed(&self) {
        while !self.is_changed() {
            tokio::time::sleep(EVERY).await;
        }
    }

    /// What cannot be asked counts as changed: reading it tells what is wrong.
    fn is_changed(&self) -> bool {
        let over = self.until.is_some_and(|until| until <= SystemTime::now());
        over || !self.store.changes().is_ok_and(|changes| changes == self.seen)
    }
}

fn kept(snapshot: Snapshot) -> Result<Kept, String> {
    let rules = stored::rules(&snapshot.grants).map_err(|fault| fault.to_string())?;
    let until = snapshot.secrets.iter().flat_map(|secret| secret.former.iter().map(|former| former.until)).min();
    let secrets = stored::secrets(snapshot.secrets, SystemTime::now());
    let limits = limits_of(Scope::App, &snapshot.settings).map_err(|fault| fault.to_string())?;
    Ok(Kept { rules, secrets, limits, generation: Some(snapshot.app.generation), until, ..Kept::default() })
}

/// The app of that name, made if there is none. Two starts at the same moment make one.
fn record(store: &Store, name: &str, root: &Path) -> Result<App, StoreError> {
    if let Some(app) = store.app(name)? {
        return Ok(app);
    }
    match store.create_app(name, Some(root)) {
        Err(StoreError::NameTaken { name }) => store.app(&name)?.ok_or(StoreError::NameTaken { name }),
        made => made,
    }
}

fn elsewhere(app: &App) -> String {
    let place = app.folder.as_ref().map_or_else(|| "no folder".to_owned(), |folder| folder.display().to_string());
    let name = &app.name;
    format!(
        "the rules and secrets that are kept for the app {name} are those of {place}, not of this folder; `egret app remove {name}` ends that"
    )
}
