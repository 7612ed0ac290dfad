//! `egret schema`: the JSON Schema of the manifest, for editors.

use std::io::Write;
use std::process::ExitCode;

/// Print the JSON Schema of the manifest, for editors
#[derive(clap::Args)]
#[command(after_help = "Example: egret schema > egret.schema.json, then \"#:schema ./egret.schema.json\" as the first line of egret.toml")]
pub struct Arguments {}

pub fn run() -> anyhow::Result<ExitCode> {
    std::io::stdout().write_all(egret_manifest::schema().as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
