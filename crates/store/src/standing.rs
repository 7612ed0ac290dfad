//! Whether an owner has closed something: the network of an app or of all, or an app as a whole. Durable as any control write, and
//! among the settings, so that an app's go with it.

use crate::{Result, Store, settings};
use rusqlite::Connection;

/// The scope of what holds for all apps, also for those that are made later.
const ALL: &str = "server";
/// The setting that locks a network down.
const LOCKDOWN: &str = "net.lockdown";
/// The setting that pauses an app.
const PAUSED: &str = "app.paused";

/// What is closed for an app.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The network of all apps is locked down.
    pub everywhere: bool,
    /// The app's own network is locked down.
    pub lockdown: bool,
    /// The app is paused.
    pub paused: bool,
}

impl Store {
    /// What is closed for the app of this id, or for all.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn standing(&self, app: Option<&str>) -> Result<Standing> {
        self.read(|db| {
            let of = |name| app.map_or(Ok(false), |app| is_on(db, app, name));
            Ok(Standing { everywhere: is_on(db, ALL, LOCKDOWN)?, lockdown: of(LOCKDOWN)?, paused: of(PAUSED)? })
        })
    }

    /// Locks the network of the app of this id down, or that of all apps; or opens it again.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn lock_down(&self, app: Option<&str>, on: bool) -> Result<()> {
        self.turn(app.unwrap_or(ALL), LOCKDOWN, on)
    }

    /// Pauses the app of this id, or lets it go on.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn pause(&self, app: &str, on: bool) -> Result<()> {
        self.turn(app, PAUSED, on)
    }

    fn turn(&self, scope: &str, name: &str, on: bool) -> Result<()> {
        if on { self.set_setting(scope, name, "on") } else { self.reset_setting(scope, name) }
    }
}

/// Whatever stands there but nothing counts as on: what is not understood closes.
fn is_on(db: &Connection, scope: &str, name: &str) -> Result<bool> {
    Ok(settings::value(db, scope, name)?.is_some())
}
