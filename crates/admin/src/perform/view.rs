//! What the store holds, as it is told: every field that may be shown, and no other.

use super::{rules, seconds, secrets};
use crate::{Fault, reply};
use egret_store::{App, SecretGrantRow, SecretInfo, Store};
use std::path::PathBuf;

pub(super) fn app(store: &Store, app: &App) -> Result<reply::App, Fault> {
    let reply::Listed { id, name, folder, created, generation, standing } = listed(store, app)?;
    let (rules, secrets) = (rules::list(store, app)?, secrets::list(store, app)?);
    Ok(reply::App { id, name, folder, created, generation, standing, rules, secrets })
}

pub(super) fn standing(store: &Store, app: Option<&str>) -> Result<reply::Standing, Fault> {
    Ok(store.standing(app)?.into())
}

pub(super) fn listed(store: &Store, app: &App) -> Result<reply::Listed, Fault> {
    let shown = |folder: &PathBuf| folder.display().to_string();
    Ok(reply::Listed {
        id: app.id.clone(),
        name: app.name.clone(),
        folder: app.folder.as_ref().map(shown),
        created: seconds(app.created),
        generation: app.generation,
        standing: standing(store, Some(&app.id))?,
    })
}

pub(super) fn secret(app: &App, info: SecretInfo) -> reply::Secret {
    let version = |version: &egret_store::VersionInfo| reply::Version {
        version: version.version,
        created: seconds(version.created),
        until: version.until.map(seconds),
    };
    reply::Secret {
        name: info.name,
        app: app.name.clone(),
        versions: info.versions.iter().map(version).collect(),
        hmac: info.hmac,
        trip: info.trip,
        grants: info.grants.iter().map(grant).collect(),
    }
}

fn grant(row: &SecretGrantRow) -> reply::Grant {
    let port = match (row.scheme.as_str(), row.port) {
        ("https", 443) | ("http", 80) => String::new(),
        (_, port) => format!(":{port}"),
    };
    reply::Grant { to: format!("{}://{}{port}", row.scheme, row.host), place: row.place.clone(), rule: row.rule.clone() }
}
