//! Secrets: their values go to the store and nowhere else; their grants name an origin in its one form.

use super::view;
use crate::{Fault, Reply, Value, reply};
use egret_policy::{Place, Scheme, SecretName, Target};
use egret_store::{App, SecretGrantRow, Store};
use std::time::Duration;

/// Bytes that a value must have to be found again in what comes back: a shorter one is also somebody's innocent text.
const FINDABLE: usize = 12;
/// Bytes that a value may have.
const MOST: usize = 64 << 10;
/// How long an earlier value may be known yet.
const LONGEST_GRACE: Duration = Duration::from_secs(30 * 86_400);

pub(super) fn set(store: &Store, app: &App, name: &str, value: Value, force: bool) -> Result<Reply, Fault> {
    let name = check(name, &value, force)?;
    store.set_secret(&app.id, name.as_str(), value.into_bytes())?;
    told(store, app, &name)
}

pub(super) fn rotate(store: &Store, app: &App, name: &str, value: Value, grace: Duration, force: bool) -> Result<Reply, Fault> {
    let name = check(name, &value, force)?;
    if grace > LONGEST_GRACE {
        return Err(Fault::Invalid("a time of grace has at most 30 days".to_owned()));
    }
    store.rotate_secret(&app.id, name.as_str(), value.into_bytes(), grace)?;
    told(store, app, &name)
}

pub(super) fn remove(store: &Store, app: &App, name: &str) -> Result<Reply, Fault> {
    let name = read(name)?;
    store.remove_secret(&app.id, name.as_str())?;
    Ok(Reply::Removed(vec![format!("secret {name} of app {}", app.name)]))
}

pub(super) fn list(store: &Store, app: &App) -> Result<Vec<reply::Secret>, Fault> {
    Ok(store.secrets(&app.id)?.into_iter().map(|info| view::secret(app, info)).collect())
}

pub(super) fn grant(store: &Store, app: &App, name: &str, grant: SecretGrantRow) -> Result<Reply, Fault> {
    let name = read(name)?;
    store.grant_secret(&app.id, name.as_str(), grant)?;
    told(store, app, &name)
}

/// Takes back what fits both, where both are given. Nothing that fits is a fault: somebody believes that something was taken back.
pub(super) fn revoke(store: &Store, app: &App, name: &str, to: Option<&str>, place: Option<&str>) -> Result<Reply, Fault> {
    let name = read(name)?;
    let to = to.map(origin).transpose()?;
    let place = place.map(self::place).transpose()?;
    let info = store.secrets(&app.id)?.into_iter().find(|info| info.name == name.as_str());
    let info = info.ok_or_else(|| Fault::Missing(format!("app {} has no secret {name}", app.name)))?;
    let fits = |row: &SecretGrantRow| {
        to.as_ref().is_none_or(|(scheme, host, port)| (scheme.as_str(), host, port) == (row.scheme.as_str(), &row.host, &row.port))
            && place.as_ref().is_none_or(|place| place.to_string() == row.place)
    };
    let meant: Vec<&SecretGrantRow> = info.grants.iter().filter(|row| fits(row)).collect();
    if meant.is_empty() {
        return Err(Fault::Missing(format!("secret {name} of app {} has no such grant; `egret secret list` shows what it has", app.name)));
    }
    for row in meant {
        store.revoke_secret(&app.id, name.as_str(), row)?;
    }
    told(store, app, &name)
}

pub(super) fn hmac(store: &Store, app: &App, name: &str, on: bool) -> Result<Reply, Fault> {
    let name = read(name)?;
    store.set_hmac(&app.id, name.as_str(), on)?;
    told(store, app, &name)
}

pub(super) fn trip(store: &Store, app: &App, name: &str, on: bool) -> Result<Reply, Fault> {
    let name = read(name)?;
    store.set_trip(&app.id, name.as_str(), on)?;
    told(store, app, &name)
}

/// Where a secret is to go, from what was written.
pub(super) fn destination(to: &str, place: &str, http_ok: bool) -> Result<SecretGrantRow, Fault> {
    let (scheme, host, port) = origin(to)?;
    if scheme == Scheme::Http && !http_ok {
        let words = "over http anybody on the way reads the secret; write https://, or add --http-ok if that is meant";
        return Err(Fault::Invalid(words.to_owned()));
    }
    let place = self::place(place)?.to_string();
    Ok(SecretGrantRow { scheme: scheme.as_str().to_owned(), host, port, place, rule: None })
}

/// A URL's origin. A path would seem to bind the secret to it, which only a rule can.
fn origin(url: &str) -> Result<(Scheme, String, u16), Fault> {
    let target = Target::parse(url).map_err(|denial| Fault::Invalid(denial.message().to_owned()))?;
    if target.origin_form() != "/" {
        return Err(Fault::Invalid(format!(
            "a secret is granted to an origin: write {} (a rule says which paths get it)",
            target.origin()
        )));
    }
    Ok((target.scheme(), target.host().to_string(), target.port()))
}

fn place(text: &str) -> Result<Place, Fault> {
    text.parse().map_err(Fault::Invalid)
}

/// The name, without repeating what was written where it is none: people write `NAME=VALUE`.
fn read(name: &str) -> Result<SecretName, Fault> {
    let words = "that is no name of a secret; write capital letters, digits and underscores, a letter first, at most 64";
    name.parse().map_err(|_: String| Fault::Invalid(words.to_owned()))
}

fn check(name: &str, value: &Value, force: bool) -> Result<SecretName, Fault> {
    let name = read(name)?;
    match value.length() {
        0 => Err(Fault::Invalid("the value is empty".to_owned())),
        length if length > MOST => Err(Fault::Invalid("a secret's value has at most 64 KiB".to_owned())),
        length if length < FINDABLE && !force => Err(Fault::Refused(format!(
            "the value has {length} bytes; under {FINDABLE} it cannot be told from chance where it comes back, and is not kept from code. \
             Add --force to set it all the same"
        ))),
        _ => Ok(name),
    }
}

/// The secret as it now is.
fn told(store: &Store, app: &App, name: &SecretName) -> Result<Reply, Fault> {
    let found = list(store, app)?.into_iter().find(|secret| secret.name == name.as_str());
    found.map(Reply::Secret).ok_or_else(|| Fault::Missing(format!("app {} has no secret {name}", app.name)))
}
