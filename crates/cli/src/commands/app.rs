//! `egret app ...`: the apps of the store.

use super::owner::{Owner, Said, door, tell};
use crate::show;
use egret_admin::{App, Command, Door, Fault, Reply};
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// The apps of this machine, and what they were given
#[derive(clap::Subcommand)]
pub enum Apps {
    Create(Create),
    List(List),
    Show(Show),
    Remove(Remove),
    Pause(Pause),
    Resume(Resume),
}

/// Make an app that rules and secrets can be given to
#[derive(clap::Args)]
#[command(after_help = "Example: egret app create shop --folder ./shop\n`egret dev` makes the app of its folder by itself.")]
pub struct Create {
    /// Its name: lower-case letters, digits and hyphens
    name: String,
    /// The folder of its code
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    #[command(flatten)]
    owner: Owner,
}

/// List all apps
#[derive(clap::Args)]
#[command(after_help = "Example: egret app list --json")]
pub struct List {
    #[command(flatten)]
    owner: Owner,
}

/// Show an app: its rules, and the names of its secrets
#[derive(clap::Args)]
#[command(after_help = "Example: egret app show shop")]
pub struct Show {
    /// Its name; may be left out where there is only one
    name: Option<String>,
    #[command(flatten)]
    owner: Owner,
}

/// Remove an app with its rules and secrets
///
/// What goes is said first, and asked about. Its folder is left as it is. An app that takes the name later gets nothing of it.
#[derive(clap::Args)]
#[command(after_help = "Example: egret app remove shop --yes")]
pub struct Remove {
    /// Its name
    name: String,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    owner: Owner,
}

/// Pause an app: no request comes in and no call goes out
///
/// What is under way ends at once. It lasts over restarts, until `egret app resume`.
#[derive(clap::Args)]
#[command(after_help = "Example: egret app pause shop")]
pub struct Pause {
    /// Its name
    name: String,
    #[command(flatten)]
    owner: Owner,
}

/// Let a paused app go on
#[derive(clap::Args)]
#[command(after_help = "Example: egret app resume shop")]
pub struct Resume {
    /// Its name
    name: String,
    #[command(flatten)]
    owner: Owner,
}

pub fn run(command: Apps) -> anyhow::Result<ExitCode> {
    match command {
        Apps::Create(Create { name, folder, owner }) => create(name, folder, owner),
        Apps::List(List { owner }) => owner.give(Command::AppList {}),
        Apps::Show(Show { name, owner }) => owner.give(Command::AppShow { app: name }),
        Apps::Remove(Remove { name, yes, owner }) => remove(name, yes, owner),
        Apps::Pause(Pause { name, owner }) => owner.give(Command::AppPause { app: name, on: true }),
        Apps::Resume(Resume { name, owner }) => owner.give(Command::AppPause { app: name, on: false }),
    }
}

fn create(name: String, folder: Option<PathBuf>, owner: Owner) -> anyhow::Result<ExitCode> {
    // A running server has another working directory.
    let absolute = |dir: PathBuf| match dir.canonicalize().map(PathBuf::into_os_string).map(std::ffi::OsString::into_string) {
        Ok(Ok(dir)) => Ok(dir),
        Ok(Err(_)) => Err(Fault::Invalid(format!("{}: the path is not text (UTF-8)", dir.display()))),
        Err(error) => Err(Fault::Invalid(format!("{}: {error}", dir.display()))),
    };
    match folder.map(absolute).transpose() {
        Ok(folder) => owner.give(Command::AppCreate { name, folder }),
        Err(fault) => Ok(owner.fail(fault)),
    }
}

fn remove(name: String, yes: bool, owner: Owner) -> anyhow::Result<ExitCode> {
    let (json, dir) = owner.parts()?;
    let outcome = door(&dir).and_then(|door| {
        let goes = goes(&door, &name)?;
        if !json {
            eprint!("{}", show::printable(&goes));
        }
        if yes || agreed() {
            return door.send(Command::AppRemove { app: name }).map(Said::from);
        }
        Err(Fault::Refused("nothing was removed; add --yes to do it".to_owned()))
    });
    Ok(tell(json, outcome))
}

/// What goes with an app, in words.
fn goes(door: &Door, name: &str) -> Result<String, Fault> {
    let Reply::App(App { id, name, rules, secrets, .. }) = door.send(Command::AppShow { app: Some(name.to_owned()) })? else {
        return Err(Fault::Socket("the server answered something else; is it another version of egret?".to_owned()));
    };
    let names: Vec<&str> = secrets.iter().map(|secret| secret.name.as_str()).collect();
    let names = if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) };
    Ok(format!("this removes app {name} ({id}) with {} rules and {} secrets{names}, for good\n", rules.len(), secrets.len()))
}

/// Asks at a terminal; elsewhere nobody can answer, and no answer means no.
fn agreed() -> bool {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return false;
    }
    eprint!("remove it? [y/N] ");
    let mut answer = String::new();
    let _ = std::io::stderr().flush();
    std::io::stdin().read_line(&mut answer).is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
}
