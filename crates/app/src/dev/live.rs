//! The app as it is served now: what its folder says, what is kept for it, and how changes of both are taken over.

use super::kept::{Kept, Stored};
use super::report::{Report, Reporter};
use super::watch::Changes;
use super::{Fixed, Options, StartError, app, consent, watching};
use crate::config::Folder;
use crate::limits::Held;
use crate::load;
use crate::secrets;
use egret_egress::{Egress, Grants, Secrets};
use egret_gateway::{Gateway, Served};
use egret_policy::{Closed, Policy};
use egret_runtime_js::{Bounds, JsRuntime};
use egret_store::{Clearings, Due, Store};
use egret_watch::Watch;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long a store that could not be read is left alone.
const PAUSE: Duration = Duration::from_secs(1);

/// What changes take effect on.
pub(super) struct Live {
    pub options: Options,
    pub fixed: Fixed,
    pub reporter: Arc<dyn Reporter>,
    pub egress: Egress,
    pub watch: Watch,
    pub runtime: JsRuntime,
    pub bounds: Bounds,
    pub grants: Grants,
    pub secrets: Secrets,
    pub gateway: Gateway,
    pub store: Store,
    pub now: Mutex<Now>,
}

/// What is served.
pub(super) struct Now {
    pub folder: Folder,
    pub kept: Kept,
    /// Whether everything is refused, since what is kept cannot be known or contradicts the manifest.
    pub shut: bool,
}

impl Now {
    /// Whose word counts for the limits.
    pub fn held(&self) -> Held<'_> {
        Held { server: &self.kept.server, manifest: &self.folder.manifest.limits, app: &self.kept.limits }
    }
}

impl Live {
    /// Takes over what changes in the folder, until it can change no more.
    pub async fn follow_folder(self: Arc<Self>, mut changes: Changes) {
        while changes.next().await {
            if let Err(error) = tokio::task::block_in_place(|| self.reload()) {
                self.reporter.report(Report::ReloadFailed { error: &error });
            }
        }
    }

    /// Takes over what changes in the store.
    pub async fn follow_store(self: Arc<Self>, mut stored: Stored) {
        loop {
            stored.changed().await;
            if !tokio::task::block_in_place(|| self.reread(&mut stored)) {
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    /// Reads everything of the folder anew; what is served stays until all of it is good.
    fn reload(&self) -> Result<(), StartError> {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = Folder::read(&self.options.dir)?;
        if Fixed::of(&folder) != self.fixed {
            return Err(StartError::Restart);
        }
        let routes = load::routes(&folder.functions)?;
        consent(&Options { grant: false, ..self.options.clone() }, &folder)?;
        let policy = load::policy_with(&folder, true, &now.kept.rules)?.closed(now.kept.closed());
        let app = app(&self.runtime, &folder, &routes, (&self.grants, &self.secrets, &self.bounds))?;
        // From here on nothing can fail. Calls in flight go on by the new rules, or end.
        (now.folder, now.shut) = (folder, false);
        self.put(&now, policy);
        self.gateway.swap(Served { routes, runtime: self.watch.runtime(&*now.folder.manifest.name, app) });
        self.tell(&now);
        Ok(())
    }

    /// Takes over what is kept now. Where that cannot be known or contradicts the manifest, nothing is allowed: it may have
    /// been tightened. False when it could not be read.
    fn reread(&self, stored: &mut Stored) -> bool {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = stored.read();
        if kept.as_ref().is_ok_and(|kept| kept.is(&now.kept) && !now.shut) {
            return true;
        }
        let is_read = kept.is_ok();
        let policy = kept.and_then(|kept| {
            self.forget(&now, &kept.clearings);
            now.kept = kept;
            let policy = load::policy_with(&now.folder, true, &now.kept.rules).map_err(|faults| faults.to_string())?;
            Ok(policy.closed(now.kept.closed()))
        });
        now.shut = policy.is_err();
        match policy {
            Ok(policy) => {
                self.put(&now, policy);
                self.tell(&now);
            }
            Err(words) => {
                self.put(&now, Policy::nothing());
                let words = format!("nothing is allowed until this is mended, here or with `egret net remove`: {words}");
                self.reporter.report(Report::Warning { words: &words });
            }
        }
        is_read
    }

    /// Lets go of stored answers, as the owner ordered since the last reading. Nothing was stored before the first.
    fn forget(&self, now: &Now, clearings: &Clearings) {
        let (app, before) = (&*now.folder.manifest.name, &now.kept.clearings);
        for (app, due) in [(None, clearings.everywhere.since(&before.everywhere)), (Some(app), clearings.app.since(&before.app))] {
            match due {
                Due::Nothing => 0,
                Due::Host(host) => self.egress.cache_clear(app, Some(host)),
                Due::All => self.egress.cache_clear(app, None),
            };
        }
    }

    /// A grant of a secret by a manifest names its rule as it stood: what is neither old nor new is no use to anybody.
    fn put(&self, now: &Now, policy: Policy) {
        self.secrets.replace(secrets::compose(&now.folder, now.kept.secrets.clone(), &self.secrets.current()));
        self.grants.swap(policy);
        self.gateway.pause(now.kept.standing.paused);
        let held = now.held();
        self.egress.set_limits(&held.egress());
        self.store.retain(held.retention());
        let bound = held.bound(&self.bounds.now().quota);
        bound.quota.set(held.daily());
        self.bounds.set(bound);
        self.tell_apart(now);
    }

    /// The hosts that rules name have names of their own in metrics.
    pub fn tell_apart(&self, now: &Now) {
        let manifest = &now.folder.manifest;
        self.watch.hosts(watching::hosts(manifest.net.iter().chain(&manifest.dev_net).chain(&now.kept.rules)));
    }

    fn tell(&self, now: &Now) {
        let served = self.gateway.served();
        self.reporter.report(Report::Reloaded { folder: &now.folder, kept: &now.kept.rules, routes: &served.routes });
        self.warn(now);
    }

    /// What the owner should know: what is closed, and what is wrong with the secrets.
    pub fn warn(&self, now: &Now) {
        if let Some(words) = now.kept.closed().map(closed_words) {
            self.reporter.report(Report::Warning { words });
        }
        for words in secrets::warnings(&now.folder, &self.secrets.current()) {
            self.reporter.report(Report::Warning { words: &words });
        }
    }
}

const fn closed_words(closed: Closed) -> &'static str {
    match closed {
        Closed::Everywhere => "LOCKDOWN of all apps: every call is refused; `egret net lockdown --off` lifts it",
        Closed::App => "LOCKDOWN of this app: every call is refused; `egret net lockdown --off --app NAME` lifts it",
        Closed::Paused => "PAUSED: every request and every call is refused; `egret app resume NAME` ends that",
    }
}
