//! The commands, one file each: arguments, and `run`.

pub mod check;
pub mod conformance;
pub mod dev;
pub mod explain;
pub mod new;
pub mod schema;

use egret_app::config::Environment;
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
        let none = "no data directory: set --data, EGRET_DATA or HOME";
        Environment::read().data_dir(self.data).ok_or_else(|| anyhow::anyhow!(none))
    }
}

/// The runtime of commands that do I/O.
pub fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}
