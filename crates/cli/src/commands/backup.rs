//! `egret backup FILE`: a consistent copy of the store, also while a server runs.

use super::owner::Owner;
use egret_admin::{Command, Fault};
use std::path::PathBuf;
use std::process::ExitCode;

/// Write a copy of the store: apps, rules, secrets
///
/// It is consistent although a server goes on. Secrets lie in it as they lie in the store, encrypted; the master key is not in it
/// and must be kept elsewhere, for without it the secrets are lost.
#[derive(clap::Args)]
#[command(after_help = "Example: egret backup egret-2026-01-31.db")]
pub struct Arguments {
    /// The file to write; it must not be there yet
    file: PathBuf,
    #[command(flatten)]
    owner: Owner,
}

pub fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { file, owner } = arguments;
    // A running server has another working directory.
    let absolute = std::path::absolute(&file)?;
    match absolute.into_os_string().into_string() {
        Ok(file) => owner.give(Command::Backup { file }),
        Err(_) => Ok(owner.fail(Fault::Invalid(format!("{}: the path is not text (UTF-8)", file.display())))),
    }
}
