//! `egret check DIR`: every fault of an app at once, without running it.

use super::Data;
use crate::show;
use egret_app::config::{Faults, Folder};
use egret_app::load::{self, Code};
use egret_egress::{Config as EgressConfig, Egress, Silent};
use egret_runtime::InvocationId;
use egret_runtime_js::{Config, Console, JsRuntime, Level};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Check an app's manifest, routes and code
#[derive(clap::Args)]
#[command(after_help = "Example: egret check shop --json")]
pub struct Arguments {
    /// The app's folder
    dir: PathBuf,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    data: Data,
}

pub fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { dir, json, data } = arguments;
    let data = data.dir()?;
    let runtime = super::runtime()?;
    let _entered = runtime.enter();
    match check(&dir, &data)? {
        Ok(summary) => {
            println!("{}", if json { serde_json::json!({ "ok": true, "faults": [] }).to_string() } else { summary });
            Ok(ExitCode::SUCCESS)
        }
        Err(faults) => {
            if json {
                println!("{}", show::faults_json(&faults));
            } else {
                eprintln!("{faults}\n{} faults", faults.0.len());
            }
            Ok(ExitCode::FAILURE)
        }
    }
}

/// The outer result is ours, the inner one the app's.
fn check(dir: &Path, data: &Path) -> anyhow::Result<Result<String, Faults>> {
    let folder = match Folder::read(dir) {
        Ok(folder) => folder,
        Err(faults) => return Ok(Err(faults)),
    };
    let (routes, policy) = match (load::routes(&folder.functions), load::policy(&folder, true)) {
        (Ok(routes), Ok(policy)) => (routes, policy),
        (routes, policy) => {
            return Ok(Err(Faults([routes.err(), policy.err()].into_iter().flatten().flat_map(|faults| faults.0).collect())));
        }
    };
    let kernel = Egress::build(EgressConfig::default(), Arc::new(Silent))?;
    let runtime = JsRuntime::build(Config::new(data, Arc::new(Quiet), tokio::runtime::Handle::current()), kernel)?;
    let code = Code {
        name: &folder.manifest.name,
        root: &folder.root,
        functions: &folder.functions,
        env: folder.env.clone(),
        secrets: egret_egress::Secrets::none(),
        grants: policy.into(),
        bounds: None,
    };
    Ok(load::compile(&runtime, &routes, code).map(|_| {
        format!(
            "{}: {} routes, {} rules, no fault",
            folder.manifest.name,
            routes.list().len(),
            folder.manifest.net.len() + folder.manifest.dev_net.len()
        )
    }))
}

/// Nothing runs, so nothing is written.
struct Quiet;

impl Console for Quiet {
    fn line(&self, _: &InvocationId, _: &str, _: Level, _: &str) {}
}
