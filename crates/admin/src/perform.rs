//! The one place where a command acts. It blocks, as the store does.
//!
//! What is named is checked here, whoever sent it: names by their grammar, rules by the law together with the app's other rules,
//! origins by the one URL parser. A name that is not there is a fault and never made by the way.

mod cache;
mod limits;
mod rules;
mod secrets;
mod view;

pub use limits::{SERVER, kept as limits_of};
pub use rules::rule_of;

use crate::{Command, Fault, Reply, Status};
use egret_store::{App, Key, Store, StoreError};
use std::path::Path;
use std::time::SystemTime;

/// Does what a command says.
///
/// # Errors
/// Why it was not done. Nothing has changed then, but that of several rules or grants to remove some may be gone.
pub fn perform(store: &Store, command: Command) -> Result<Reply, Fault> {
    match command {
        Command::Status {} => status(store),
        Command::AppCreate { name, folder } => create(store, &name, folder.as_deref()),
        Command::AppList {} => Ok(Reply::Apps(store.apps()?.iter().map(|app| view::listed(store, app)).collect::<Result<_, Fault>>()?)),
        Command::AppShow { app } => Ok(Reply::App(view::app(store, &find(store, app)?)?)),
        Command::AppRemove { app } => remove(store, app),
        Command::AppPause { app, on } => {
            let app = find(store, Some(app))?;
            store.pause(&app.id, on)?;
            standing(store, Some(&app))
        }
        Command::Lockdown { app, on } => {
            let app = app.map(|name| find(store, Some(name))).transpose()?;
            store.lock_down(app.as_ref().map(|app| &*app.id), on)?;
            standing(store, app.as_ref())
        }
        Command::CacheClear { app, host } => cache::clear(store, named(store, app)?, host),
        Command::RuleAdd { app, rule } => rules::add(store, &find(store, app)?, &rule),
        Command::RuleRemove { app, which, all } => rules::remove(store, &find(store, app)?, &which, all),
        Command::RuleList { app } => Ok(Reply::Rules(rules::list(store, &find(store, app)?)?)),
        Command::SecretSet { app, name, value, force } => secrets::set(store, &find(store, app)?, &name, value, force),
        Command::SecretRotate { app, name, value, grace, force } => {
            secrets::rotate(store, &find(store, app)?, &name, value, grace.into(), force)
        }
        Command::SecretRemove { app, name } => secrets::remove(store, &find(store, app)?, &name),
        Command::SecretList { app } => Ok(Reply::Secrets(secrets::list(store, &find(store, app)?)?)),
        Command::SecretGrant { app, name, to, place, http_ok } => {
            secrets::grant(store, &find(store, app)?, &name, secrets::destination(&to, &place, http_ok)?)
        }
        Command::SecretRevoke { app, name, to, place } => {
            secrets::revoke(store, &find(store, app)?, &name, to.as_deref(), place.as_deref())
        }
        Command::SecretHmac { app, name, on } => secrets::hmac(store, &find(store, app)?, &name, on),
        Command::SecretTrip { app, name, on } => secrets::trip(store, &find(store, app)?, &name, on),
        Command::LimitList { app } => limits::list(store, named(store, app)?.as_ref()).map(Reply::Limits),
        Command::LimitSet { app, name, value } => limits::set(store, named(store, app)?.as_ref(), &name, &value),
        Command::LimitReset { app, name } => limits::reset(store, named(store, app)?.as_ref(), &name),
        Command::Backup { file } => backup(store, &file),
    }
}

fn status(store: &Store) -> Result<Reply, Fault> {
    let version = env!("CARGO_PKG_VERSION").to_owned();
    Ok(Reply::Status(Status { version, pid: std::process::id(), apps: store.apps()?.len() }))
}

fn create(store: &Store, name: &str, folder: Option<&str>) -> Result<Reply, Fault> {
    if !egret_manifest::is_app_name(name) {
        return Err(Fault::Invalid(format!("{name:.80?} is no name of an app; write 1 to 63 lower-case letters, digits and hyphens")));
    }
    if folder.is_some_and(|folder| !Path::new(folder).is_absolute()) {
        return Err(Fault::Invalid("the folder of an app is an absolute path".to_owned()));
    }
    let app = store.create_app(name, folder.map(Path::new))?;
    Ok(Reply::App(view::app(store, &app)?))
}

fn remove(store: &Store, name: String) -> Result<Reply, Fault> {
    let app = find(store, Some(name))?;
    store.remove_app(&app.id)?;
    Ok(Reply::Removed(vec![format!("app {} ({})", app.name, app.id)]))
}

fn standing(store: &Store, app: Option<&App>) -> Result<Reply, Fault> {
    let standing = view::standing(store, app.map(|app| &*app.id))?;
    Ok(Reply::Standing { app: app.map(|app| app.name.clone()), standing })
}

fn backup(store: &Store, file: &str) -> Result<Reply, Fault> {
    if !Path::new(file).is_absolute() {
        return Err(Fault::Invalid("the file of a backup is an absolute path".to_owned()));
    }
    store.backup(Path::new(file))?;
    Ok(Reply::Backup(file.to_owned()))
}

/// Puts a backup in the place of the store of a data directory, which nobody may have open.
///
/// # Errors
/// A backup that is none, is damaged, or was made under another master key; a store that is in use.
pub fn restore(data_dir: &Path, file: &Path, key: Key) -> Result<Reply, Fault> {
    let restored = Store::restore(data_dir, file, &key)?;
    Ok(Reply::Restored { kept: restored.aside.map(|kept| kept.display().to_string()) })
}

/// The app of a name, or the only one there is. With several nothing is guessed.
fn find(store: &Store, name: Option<String>) -> Result<App, Fault> {
    if let Some(name) = name {
        return store.app(&name)?.ok_or_else(|| Fault::Missing(format!("there is no app {name:.80?}; `egret app list` shows all")));
    }
    let mut apps = store.apps()?;
    match (apps.pop(), apps.is_empty()) {
        (Some(only), true) => Ok(only),
        (None, _) => Err(Fault::Missing("there is no app yet; `egret app create NAME` makes one".to_owned())),
        (Some(_), false) => Err(Fault::Invalid("there are several apps; say which with --app (`egret app list` shows all)".to_owned())),
    }
}

/// The app of a name, if there is one: without a name it is about the server.
fn named(store: &Store, name: Option<String>) -> Result<Option<App>, Fault> {
    name.map(|name| find(store, Some(name))).transpose()
}

/// Seconds since 1970 (UTC).
fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

impl From<StoreError> for Fault {
    #[expect(clippy::wildcard_enum_match_arm, reason = "what is not about the command is about the store")]
    fn from(error: StoreError) -> Self {
        let words = error.to_string();
        match error {
            StoreError::NoSuch { .. } => Self::Missing(words),
            StoreError::Bounds { .. } => Self::Invalid(words),
            StoreError::NameTaken { .. } | StoreError::TooMany { .. } | StoreError::Exists { .. } | StoreError::InUse { .. } => {
                Self::Refused(words)
            }
            _ => Self::Store(words),
        }
    }
}
