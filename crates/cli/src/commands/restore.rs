//! `egret restore FILE`: a backup takes the store's place.

use super::owner::{Owner, Said, key_source, tell};
use egret_admin::{Door, Fault};
use egret_app::config::Environment;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Put a backup in the store's place
///
/// The backup is checked whole before anything is replaced, the master key included. The store that was there is kept beside it.
/// The server must not run.
#[derive(clap::Args)]
#[command(after_help = "Example: egret restore egret-2026-01-31.db")]
pub struct Arguments {
    /// The backup
    file: PathBuf,
    #[command(flatten)]
    owner: Owner,
}

pub fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { file, owner } = arguments;
    let (json, dir) = owner.parts()?;
    Ok(tell(json, restore(&file, &dir)))
}

fn restore(file: &Path, dir: &Path) -> Result<Said, Fault> {
    if Door::server(dir)?.is_some() {
        return Err(Fault::Refused("a server runs on this data directory; stop it first".to_owned()));
    }
    let key = key_source(&Environment::read()).read(dir)?;
    Ok(Said::from(egret_admin::restore(dir, file, key)?))
}
