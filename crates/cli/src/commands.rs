//! The commands, one file each: arguments, and `run`.

pub mod app;
pub mod backup;
pub mod check;
pub mod completions;
pub mod config;
pub mod conformance;
pub mod dev;
pub mod limits;
pub mod net;
pub mod new;
pub mod owner;
pub mod restore;
pub mod schema;
pub mod secret;
pub mod why;

use egret_app::config::{DataSource, Environment};
use std::path::PathBuf;

/// The flag that every command with a data directory has.
#[derive(clap::Args)]
pub struct Data {
    /// Where Egret keeps its files [default: $EGRET_DATA, else $XDG_DATA_HOME/egret, else ~/.local/share/egret]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

impl Data {
    /// The data directory, by flag, environment and default in this order.
    pub fn dir(self) -> anyhow::Result<PathBuf> {
        self.dir_from().map(|(dir, _)| dir)
    }

    /// The same, for who needs the flag again.
    pub fn data_dir(&self) -> anyhow::Result<PathBuf> {
        Self { data: self.data.clone() }.dir()
    }

    /// The data directory, and where it was named.
    pub fn dir_from(self) -> anyhow::Result<(PathBuf, DataSource)> {
        let none = "no data directory: set --data, EGRET_DATA or HOME";
        Environment::read().data_dir_from(self.data).ok_or_else(|| anyhow::anyhow!(none))
    }
}

/// The runtime of commands that do I/O.
pub fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}
