//! `egret net explain METHOD URL`, by an app's rules or a file's: every check with its outcome. Nothing is sent, no name is resolved.

use super::stored;
use crate::commands::Data;
use crate::commands::owner::{door, tell};
use crate::show::{self, Home};
use anyhow::Context;
use egret_admin::Fault;
use egret_app::config::{self, Folder};
use egret_app::load;
use egret_policy::Policy;
use http::{HeaderMap, Method};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Explain whether a request would be allowed, check by check
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  egret net explain POST https://api.stripe.com/v1/charges --app ./shop
  egret net explain POST https://api.stripe.com/v1/charges --app shop
  egret net explain GET https://api.github.com/zen --policy rules.toml
A folder counts by its manifest. Where there is no such folder, the app of that name counts by the rules that it was given.")]
pub struct Arguments {
    /// The method, case-sensitive
    method: String,
    /// The URL
    url: String,
    /// The app's folder, or the name of an app
    #[arg(long, value_name = "DIR|NAME", required_unless_present = "policy")]
    app: Option<PathBuf>,
    /// A file of rules alone, in TOML or JSON: version, mode and net
    #[arg(long, value_name = "FILE", conflicts_with = "app")]
    policy: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    data: Data,
}

/// Rules, and where they stand.
enum Found {
    File(PathBuf, Policy),
    App(String, Policy),
}

pub fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { method, url, app, policy, json, data } = arguments;
    let found = match (policy, app) {
        (Some(file), _) => Found::File(file.clone(), load::rules(&config::rule_file(&file)?)?),
        (None, app) => {
            let app = app.context("--app or --policy says which rules count")?;
            match stored_name(&app) {
                Some(name) => match of_store(name, data)? {
                    Ok(found) => found,
                    Err(fault) => return Ok(tell(json, Err(fault))),
                },
                None => of_folder(app)?,
            }
        }
    };
    explain(&found, &method, &url, json)
}

fn explain(found: &Found, method: &str, url: &str, json: bool) -> anyhow::Result<ExitCode> {
    let (home, policy) = match found {
        Found::File(file, policy) => (Home::File(file), policy),
        Found::App(name, policy) => (Home::App(name), policy),
    };
    let method = Method::from_bytes(method.as_bytes()).map_err(|_| anyhow::anyhow!("{method:.40?} is no method; write for example GET"))?;
    let explanation = policy.explain(&method, url, &HeaderMap::new());
    if json {
        println!("{}", show::json_line(&show::explanation_json(&method, url, &explanation)));
    } else {
        print!("{}", show::explanation(&method, url, &explanation, home));
    }
    Ok(if explanation.denial().is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A name, if it can be one and no folder has it. A folder that is there keeps its meaning.
fn stored_name(app: &Path) -> Option<&str> {
    app.to_str().filter(|name| egret_manifest::is_app_name(name) && !app.is_dir())
}

fn of_folder(dir: PathBuf) -> anyhow::Result<Found> {
    let folder = Folder::read(&dir)?;
    if dir.to_str().is_some_and(egret_manifest::is_app_name) {
        let name = show::printable_line(&dir.to_string_lossy());
        eprintln!("note: by the manifest in the folder ./{name}; for the rules given to an app of that name, run this elsewhere");
    }
    let policy = load::policy(&folder, true)?;
    Ok(Found::File(folder.file, policy))
}

/// The outer result is about this machine, the inner one about the command.
fn of_store(name: &str, data: Data) -> anyhow::Result<Result<Found, Fault>> {
    let dir = data.dir()?;
    let policy = door(&dir).and_then(|door| stored::app(&door, Some(name.to_owned()))).and_then(|app| stored::policy_of(&app));
    Ok(policy.map(|policy| Found::App(name.to_owned(), policy)))
}
