//! Apps. An app is its id: a name that is free again may be taken by another app, which inherits nothing.

use crate::{Result, Store, StoreError, bounds, clock, events};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use ulid::Ulid;

/// An app, there or removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    /// A ULID, 26 characters; no two apps ever have the same.
    pub id: String,
    /// Its name, which only one app has at a time.
    pub name: String,
    /// The folder of its code, if it has one on this machine.
    pub folder: Option<PathBuf>,
    /// When it was made.
    pub created: SystemTime,
    /// When it was removed; what is left of it then is this row.
    pub removed: Option<SystemTime>,
    /// One more with each change of its grants, secrets or settings.
    pub generation: u64,
}

const COLUMNS: &str = "id, name, folder, created, removed, generation";

impl Store {
    /// Makes an app.
    ///
    /// # Errors
    /// When the name is taken, or there are 10,000 apps.
    pub fn create_app(&self, name: &str, folder: Option<&Path>) -> Result<App> {
        let name = bounds::text("a name", name, bounds::NAME)?;
        let folder = folder.map(|folder| folder.as_os_str().as_bytes().to_vec());
        bounds::length("a path", folder.as_ref().map_or(1, Vec::len), bounds::PATH)?;
        self.control(move |db| {
            if find(db, "name = ?1 AND removed IS NULL", &name)?.is_some() {
                return Err(StoreError::NameTaken { name });
            }
            bounds::room("apps", db.query_row("SELECT count(*) FROM apps WHERE removed IS NULL", [], |row| row.get(0))?, bounds::APPS)?;
            let id = Ulid::new().to_string();
            db.prepare_cached("INSERT INTO apps (id, name, folder, created) VALUES (?1, ?2, ?3, ?4)")?.execute(params![
                id,
                name,
                folder,
                clock::now()
            ])?;
            events::log(db, Some(&id), "app.created", &name)?;
            find(db, "id = ?1", &id)?.ok_or(StoreError::Closed)
        })
    }

    /// The app that has this name now.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn app(&self, name: &str) -> Result<Option<App>> {
        self.read(|db| find(db, "name = ?1 AND removed IS NULL", name))
    }

    /// The app of this id, there or removed.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn app_by_id(&self, id: &str) -> Result<Option<App>> {
        self.read(|db| find(db, "id = ?1", id))
    }

    /// The apps that are there, by name.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn apps(&self) -> Result<Vec<App>> {
        self.read(|db| {
            let mut select = db.prepare_cached(&format!("SELECT {COLUMNS} FROM apps WHERE removed IS NULL ORDER BY name"))?;
            let apps = select.query_map([], read)?.collect::<rusqlite::Result<_>>()?;
            Ok(apps)
        })
    }

    /// Removes an app with its grants, secrets and settings. Its name is free again.
    ///
    /// # Errors
    /// When there is no such app.
    pub fn remove_app(&self, id: &str) -> Result<()> {
        let id = id.to_owned();
        self.erase(move |db| {
            let app = living(db, &id)?;
            for table in ["grants WHERE app", "secrets WHERE app", "settings WHERE scope"] {
                db.execute(&format!("DELETE FROM {table} = ?1"), [&id])?;
            }
            db.execute(
                "UPDATE apps SET removed = ?2, folder = NULL, generation = generation + 1 WHERE id = ?1",
                params![id, clock::now()],
            )?;
            events::log(db, Some(&id), "app.removed", &app.name)
        })
    }
}

/// The app of an id, if it is there.
pub fn living(db: &Connection, id: &str) -> Result<App> {
    find(db, "id = ?1 AND removed IS NULL", id)?.ok_or_else(|| no_such(id))
}

/// Says that something of an app has changed, and writes it down for the owner.
pub fn changed(db: &Connection, app: &str, kind: &str, text: &str) -> Result<()> {
    let touched = db.prepare_cached("UPDATE apps SET generation = generation + 1 WHERE id = ?1 AND removed IS NULL")?.execute([app])?;
    if touched == 0 {
        return Err(no_such(app));
    }
    events::log(db, Some(app), kind, text)
}

fn no_such(id: &str) -> StoreError {
    StoreError::NoSuch { what: "app", name: bounds::cut(id, bounds::NAME).to_owned() }
}

fn find(db: &Connection, condition: &str, key: &str) -> Result<Option<App>> {
    let mut select = db.prepare_cached(&format!("SELECT {COLUMNS} FROM apps WHERE {condition}"))?;
    Ok(select.query_row([key], read).optional()?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<App> {
    Ok(App {
        id: row.get(0)?,
        name: row.get(1)?,
        folder: row.get::<_, Option<Vec<u8>>>(2)?.map(|bytes| PathBuf::from(OsStr::from_bytes(&bytes))),
        created: clock::time(row.get(3)?),
        removed: row.get::<_, Option<i64>>(4)?.map(clock::time),
        generation: row.get(5)?,
    })
}
