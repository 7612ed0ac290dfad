//! Settings: texts under a scope and a name. A scope is an app's id or a word of the caller's, such as `server`.

use crate::{Result, Store, apps, bounds, clock, events};
use rusqlite::{Connection, OptionalExtension, params};

/// One setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Its name.
    pub name: String,
    /// Its value, opaque here.
    pub value: String,
}

impl Store {
    /// A setting's value, if it was set.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn setting(&self, scope: &str, name: &str) -> Result<Option<String>> {
        self.read(|db| value(db, scope, name))
    }

    /// The settings of a scope, by name.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn settings(&self, scope: &str) -> Result<Vec<Setting>> {
        self.read(|db| list(db, scope))
    }

    /// Sets a setting.
    ///
    /// # Errors
    /// When a text is empty or too long (value: 64 KiB), or the scope has 1,000 settings.
    pub fn set_setting(&self, scope: &str, name: &str, value: &str) -> Result<()> {
        let scope = bounds::text("a scope", scope, bounds::NAME)?;
        let name = bounds::text("a name", name, bounds::NAME)?;
        let value = bounds::text("a setting", value, bounds::TEXT)?;
        self.control(move |db| {
            let others = "SELECT count(*) FROM settings WHERE scope = ?1 AND name <> ?2";
            bounds::room("settings", db.query_row(others, [&scope, &name], |row| row.get(0))?, bounds::SETTINGS)?;
            set(db, &scope, &name, &value)
        })
    }

    /// Takes a setting back; one that was not set stays so.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn reset_setting(&self, scope: &str, name: &str) -> Result<()> {
        let (scope, name) = (scope.to_owned(), name.to_owned());
        self.control(move |db| match db.execute("DELETE FROM settings WHERE scope = ?1 AND name = ?2", [&scope, &name])? {
            0 => Ok(()),
            _ => changed(db, &scope, "setting.reset", &name),
        })
    }
}

/// A setting's value, if it was set.
pub fn value(db: &Connection, scope: &str, name: &str) -> Result<Option<String>> {
    let mut select = db.prepare_cached("SELECT value FROM settings WHERE scope = ?1 AND name = ?2")?;
    Ok(select.query_row([scope, name], |row| row.get(0)).optional()?)
}

/// Sets a setting, within a control write.
pub fn set(db: &Connection, scope: &str, name: &str, value: &str) -> Result<()> {
    db.prepare_cached("INSERT OR REPLACE INTO settings (scope, name, value, changed) VALUES (?1, ?2, ?3, ?4)")?.execute(params![
        scope,
        name,
        value,
        clock::now()
    ])?;
    changed(db, scope, "setting.set", &format!("{name} = {value}"))
}

/// The settings of a scope, by name.
pub fn list(db: &Connection, scope: &str) -> Result<Vec<Setting>> {
    let mut select = db.prepare_cached("SELECT name, value FROM settings WHERE scope = ?1 ORDER BY name")?;
    let read = |row: &rusqlite::Row<'_>| Ok(Setting { name: row.get(0)?, value: row.get(1)? });
    let settings = select.query_map([scope], read)?.collect::<rusqlite::Result<_>>()?;
    Ok(settings)
}

/// A scope that is an app is changed as an app is; a removed app takes no settings.
fn changed(db: &Connection, scope: &str, kind: &str, text: &str) -> Result<()> {
    let apps: i64 = db.query_row("SELECT count(*) FROM apps WHERE id = ?1", [scope], |row| row.get(0))?;
    if apps == 0 { events::log(db, None, kind, &format!("{scope}: {text}")) } else { apps::changed(db, scope, kind, text) }
}
