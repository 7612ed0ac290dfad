//! `egret net explain METHOD URL`, by an app's rules or a file's: every check with its outcome. Nothing is sent, no name is resolved.

use crate::show;
use anyhow::Context;
use egret_app::config::{self, Folder};
use egret_app::load;
use egret_policy::Policy;
use http::{HeaderMap, Method};
use std::path::PathBuf;
use std::process::ExitCode;

/// Explain whether a request would be allowed, check by check
#[derive(clap::Args)]
#[command(after_help = "Example: egret net explain POST https://api.stripe.com/v1/charges --app shop")]
pub struct Arguments {
    /// The method, case-sensitive
    method: String,
    /// The URL
    url: String,
    /// The app's folder
    #[arg(long, value_name = "DIR", required_unless_present = "policy")]
    app: Option<PathBuf>,
    /// A file of rules alone, in TOML or JSON: version, mode and net
    #[arg(long, value_name = "FILE", conflicts_with = "app")]
    policy: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let (file, policy) = rules(arguments)?;
    let method = Method::from_bytes(arguments.method.as_bytes())
        .map_err(|_| anyhow::anyhow!("{:.40?} is no method; write for example GET", arguments.method))?;
    let explanation = policy.explain(&method, &arguments.url, &HeaderMap::new());
    if arguments.json {
        println!("{}", show::json_line(&show::explanation_json(&method, &arguments.url, &explanation)));
    } else {
        print!("{}", show::explanation(&method, &arguments.url, &explanation, &file));
    }
    Ok(if explanation.denial().is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The rules that count, with the file they stand in.
fn rules(arguments: &Arguments) -> anyhow::Result<(PathBuf, Policy)> {
    if let Some(file) = &arguments.policy {
        let rules = config::rule_file(file)?;
        return Ok((file.clone(), load::rules(&rules)?));
    }
    let dir = arguments.app.as_deref().context("--app or --policy says which rules count")?;
    let folder = Folder::read(dir)?;
    let policy = load::policy(&folder, true)?;
    Ok((folder.file, policy))
}
