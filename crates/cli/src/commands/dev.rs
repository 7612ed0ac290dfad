//! `egret dev DIR`: serves an app while it is written.

mod watching;

use super::{Data, owner};
use crate::show::{self, Terminal};
use egret_app::config::Environment;
use egret_app::consent::Asked;
use egret_app::dev::{Dev, Ending, Options, StartError};
use egret_audit::Sink;
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
    /// Say yes to what the manifest asks for beyond the public https hosts that it names; remembered for this manifest
    #[arg(long)]
    grant: bool,
    /// Send each line of the audit log elsewhere too: stdout, file:PATH or syslog; may be said several times
    #[arg(long, value_name = "WHERE")]
    audit: Vec<Sink>,
    /// Keep the paths of calls in the audit log; some services carry secrets in them
    #[arg(long)]
    audit_paths: bool,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    data: Data,
    #[command(flatten)]
    watching: watching::Watching,
}

pub fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { dir, listen, grant, audit, audit_paths, json, data, watching } = arguments;
    let environment = Environment::read();
    let log = watching.log(&environment)?;
    let (key, data_dir, watching) = (owner::key_source(&environment), data.dir()?, watching.options());
    let options = Options { dir, listen, grant, key, data_dir, audit, audit_paths, watching };
    let terminal = Arc::new(Terminal::start(json)?);
    // The runtime ends within this statement, so nothing is reported behind the closing.
    let outcome = super::runtime()?.block_on(serve(options, Arc::clone(&terminal)));
    let code = outcome.map(|(code, ending)| {
        if let Some(ending) = ending {
            ending.finish();
        }
        code
    });
    terminal.close();
    log.close();
    code
}

async fn serve(options: Options, terminal: Arc<Terminal>) -> anyhow::Result<(ExitCode, Option<Ending>)> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let dev = match Dev::start(options.clone(), terminal.clone()).await {
        Err(StartError::Consent(asked)) if ask(&asked)? => Dev::start(Options { grant: true, ..options }, terminal).await,
        started => started,
    };
    let dev = match dev {
        Ok(dev) => dev,
        Err(StartError::Consent(asked)) => {
            eprintln!("{}start again with --grant to allow this", asks(&asked));
            return Ok((ExitCode::FAILURE, None));
        }
        Err(error) => return Err(error.into()),
    };
    let ending = dev.ending();
    dev.run(async move {
        tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
        eprintln!("stopping; requests in work may end");
    })
    .await;
    Ok((ExitCode::SUCCESS, Some(ending)))
}

fn asks(asked: &Asked) -> String {
    let mode = asked.mode.as_ref().and_then(show::mode_words).map(|words| format!("    {words}\n"));
    let rules = asked.rules.iter().map(|rule| show::indented(&show::printable(&rule.to_toml("net")), "    "));
    let secrets = asked.secrets.iter().map(|using| format!("    {}\n", show::printable_line(&using.to_string())));
    let parts: Vec<String> = mode.into_iter().chain(rules).chain(secrets).collect();
    format!("this app asks for more than the public https hosts that it names:\n{}", parts.join("\n"))
}

/// Asks at a terminal; elsewhere nobody can answer, and no answer means no.
fn ask(asked: &Asked) -> anyhow::Result<bool> {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Ok(false);
    }
    eprint!("{}allow it for this manifest? [y/N] ", asks(asked));
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
