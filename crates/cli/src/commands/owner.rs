//! What all commands of an owner share: whom they go to, and how their outcome is told.

use super::Data;
use crate::{exit, show};
use egret_admin::{Command, Door, Fault, KeySource, Reply};
use egret_app::config::Environment;
use egret_store::Store;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The flags of every command over the store.
#[derive(clap::Args)]
pub struct Owner {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    data: Data,
}

/// The app that a command is about.
#[derive(clap::Args)]
pub struct OfApp {
    /// The app's name; may be left out where there is only one
    #[arg(long, value_name = "NAME")]
    pub app: Option<String>,
}

/// A reply, and what was made of the words that led to it.
pub struct Said {
    pub reply: Reply,
    pub notes: Vec<String>,
}

impl From<Reply> for Said {
    fn from(reply: Reply) -> Self {
        Self { reply, notes: Vec::new() }
    }
}

impl Owner {
    /// Gives one command and tells its outcome.
    pub fn give(self, command: Command) -> anyhow::Result<ExitCode> {
        self.run(|door| door.send(command).map(Said::from))
    }

    /// Opens the door, does what is to be done, and tells the outcome.
    pub fn run(self, act: impl FnOnce(&Door) -> Result<Said, Fault>) -> anyhow::Result<ExitCode> {
        let (json, dir) = (self.json, self.data.dir()?);
        let outcome = door(&dir).and_then(|door| act(&door));
        Ok(tell(json, outcome))
    }

    /// Tells a fault that was found before anything was opened.
    pub fn fail(self, fault: Fault) -> ExitCode {
        tell(self.json, Err(fault))
    }

    /// Whether JSON is wanted, and the data directory.
    pub fn parts(self) -> anyhow::Result<(bool, PathBuf)> {
        Ok((self.json, self.data.dir()?))
    }
}

/// Whoever answers for a data directory.
pub fn door(dir: &Path) -> Result<Door, Fault> {
    Door::open(dir, &key_source(&Environment::read()))
}

/// The store itself, for questions that may be large; nothing where there is none yet. A question makes no data directory.
pub fn reading(dir: &Path) -> Result<Option<Store>, Fault> {
    if !dir.join(super::config::STORE).exists() {
        return Ok(None);
    }
    Ok(Some(Store::open(dir, key_source(&Environment::read()).read(dir)?)?))
}

/// Where the master key comes from.
pub fn key_source(environment: &Environment) -> KeySource {
    KeySource::choose(environment.master_key.clone(), environment.credentials.as_deref())
}

/// Prints an outcome; the exit code says the same.
pub fn tell(json: bool, outcome: Result<Said, Fault>) -> ExitCode {
    match outcome {
        Ok(said) if json => println!("{}", show::json_line(&show::reply_json(&said))),
        Ok(said) => print!("{}", show::printable(&show::reply(&said))),
        Err(fault) => {
            if json {
                println!("{}", show::json_line(&show::fault_json(&fault)));
            } else {
                eprintln!("egret: {}", show::printable(&fault.to_string()));
            }
            return exit::code(&fault);
        }
    }
    ExitCode::SUCCESS
}
