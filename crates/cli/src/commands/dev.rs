//! `egret dev DIR`: serves an app while it is written.

use super::Data;
use crate::show::{self, Terminal};
use egret_app::dev::{Dev, Options, StartError};
use egret_policy::{Change, RuleSpec};
use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};

/// Serve an app while you write it
///
/// Prints routes, grants, every call and every refusal, with the lines that would allow it. Files are watched.
#[derive(clap::Args)]
#[command(after_help = "Example: egret dev shop --listen 127.0.0.1:8080")]
pub struct Arguments {
    /// The app's folder
    dir: PathBuf,
    /// Where to listen [default: the next free port of 127.0.0.1 from 3000]
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Say yes to what the manifest asks for beyond public https hosts; remembered for this manifest
    #[arg(long)]
    grant: bool,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    data: Data,
}

pub fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { dir, listen, grant, json, data } = arguments;
    let options = Options { dir, listen, grant, data_dir: data.dir()? };
    super::runtime()?.block_on(serve(options, Arc::new(Terminal { json })))
}

async fn serve(options: Options, terminal: Arc<Terminal>) -> anyhow::Result<ExitCode> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let dev = match Dev::start(options.clone(), terminal.clone()).await {
        Err(StartError::Consent(rules)) if ask(&rules)? => Dev::start(Options { grant: true, ..options }, terminal).await,
        started => started,
    };
    let dev = match dev {
        Ok(dev) => dev,
        Err(StartError::Consent(rules)) => {
            eprintln!("{}start again with --grant to allow this", asks(&rules));
            return Ok(ExitCode::FAILURE);
        }
        Err(error) => return Err(error.into()),
    };
    dev.run(async move {
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
        eprintln!("stopping; requests in work may end");
    })
    .await;
    Ok(ExitCode::SUCCESS)
}

fn asks(rules: &[RuleSpec]) -> String {
    let tables: Vec<String> =
        rules.iter().map(|rule| show::indented(&Change { rule: rule.clone(), table: "net" }.to_toml(), "    ")).collect();
    format!("this app asks to reach more than public https hosts:\n{}", tables.join("\n"))
}

/// Asks at a terminal; elsewhere nobody can answer, and no answer means no.
fn ask(rules: &[RuleSpec]) -> anyhow::Result<bool> {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Ok(false);
    }
    eprint!("{}allow it for this manifest? [y/N] ", asks(rules));
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
