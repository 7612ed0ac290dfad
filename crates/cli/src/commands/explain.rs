//! `egret net explain METHOD URL --app DIR`: every check with its outcome. Nothing is sent, no name is resolved.

use crate::show;
use egret_app::config::Folder;
use egret_app::load;
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
    #[arg(long, value_name = "DIR")]
    app: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let folder = Folder::read(&arguments.app)?;
    let policy = load::policy(&folder, true)?;
    let method = Method::from_bytes(arguments.method.as_bytes())
        .map_err(|_| anyhow::anyhow!("{:.40?} is no method; write for example GET", arguments.method))?;
    let explanation = policy.explain(&method, &arguments.url, &HeaderMap::new());
    if arguments.json {
        println!("{}", show::json_line(&show::explanation_json(&method, &arguments.url, &explanation)));
    } else {
        print!("{}", show::explanation(&method, &arguments.url, &explanation));
    }
    Ok(if explanation.denial().is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
