//! Limits: settings of the store under the registry's names. What they mean is the registry's to say.

use crate::{Fault, Reply, reply};
use egret_limits::{LIMITS, Limit, Origin, Scope, Settings, effective, find, fits};
use egret_store::{App, Setting, Store};

/// The scope of settings of the whole server.
pub const SERVER: &str = "server";
/// What stands before a limit's name among settings.
const PREFIX: &str = "limit.";

pub(super) fn list(store: &Store, app: Option<&App>) -> Result<Vec<reply::Limit>, Fault> {
    let (server, own) = both(store, app)?;
    let scope = scope(app);
    Ok(LIMITS.iter().filter(|limit| limit.has(scope).is_ok()).map(|limit| view(limit, app, &server, &own)).collect())
}

pub(super) fn set(store: &Store, app: Option<&App>, name: &str, value: &str) -> Result<Reply, Fault> {
    let limit = named(name)?;
    limit.has(scope(app)).map_err(invalid)?;
    let value = limit.read(value).map_err(invalid)?;
    let (server, mut own) = both(store, app)?;
    if app.is_some() {
        fits(limit, value, &server).map_err(|fault| Fault::Refused(fault.to_string()))?;
    }
    store.set_setting(place(app), &format!("{PREFIX}{name}"), &limit.write(value))?;
    own.set(limit, value);
    let server = if app.is_some() { &server } else { &own };
    Ok(Reply::Limits(vec![view(limit, app, server, &own)]))
}

pub(super) fn reset(store: &Store, app: Option<&App>, name: &str) -> Result<Reply, Fault> {
    let limit = named(name)?;
    limit.has(scope(app)).map_err(invalid)?;
    store.reset_setting(place(app), &format!("{PREFIX}{name}"))?;
    let (server, own) = both(store, app)?;
    Ok(Reply::Limits(vec![view(limit, app, &server, &own)]))
}

/// The limits that were set, out of the settings of a scope.
///
/// # Errors
/// `Fault::Store` for one that cannot be read: it must not count as none (I9).
pub fn kept(scope: Scope, settings: &[Setting]) -> Result<Settings, Fault> {
    let pairs = settings.iter().filter_map(|setting| Some((setting.name.strip_prefix(PREFIX)?, setting.value.as_str())));
    Settings::read(scope, pairs)
        .map_err(|fault| Fault::Store(format!("a kept limit cannot be used: {fault}; `egret limits reset` ends that")))
}

fn both(store: &Store, app: Option<&App>) -> Result<(Settings, Settings), Fault> {
    let server = kept(Scope::Server, &store.settings(SERVER)?)?;
    let own = app.map_or(Ok(server.clone()), |app| kept(Scope::App, &store.settings(&app.id)?))?;
    Ok((server, own))
}

const fn scope(app: Option<&App>) -> Scope {
    if app.is_some() { Scope::App } else { Scope::Server }
}

fn place(app: Option<&App>) -> &str {
    app.map_or(SERVER, |app| &app.id)
}

fn named(name: &str) -> Result<&'static Limit, Fault> {
    find(name).ok_or_else(|| Fault::Missing(format!("there is no limit {name:.80?}; `egret limits show` shows all")))
}

fn invalid(fault: egret_limits::Fault) -> Fault {
    Fault::Invalid(fault.to_string())
}

fn view(limit: &Limit, app: Option<&App>, server: &Settings, own: &Settings) -> reply::Limit {
    let none = Settings::default();
    let counts = effective(limit, server, &none, if app.is_some() { own } else { &none });
    let from = match counts.origin {
        Origin::Default => "default",
        Origin::Server => Scope::Server.name(),
        Origin::App => Scope::App.name(),
        Origin::Manifest => "manifest",
    };
    let set = own.get(limit).filter(|set| *set != counts.value);
    reply::Limit {
        name: limit.name.to_owned(),
        app: app.map(|app| app.name.clone()),
        value: limit.write(counts.value),
        from: from.to_owned(),
        set: set.map(|set| limit.write(set)),
        default: limit.write(limit.default),
        range: limit.range(),
        scopes: limit.scopes.iter().map(|scope| scope.name().to_owned()).collect(),
        live: limit.live,
        about: limit.about.to_owned(),
    }
}
