//! What is read from the process's environment: the one place that does.

use std::path::PathBuf;

/// The environment variables that Egret knows.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// `EGRET_DATA`: the data directory.
    pub data: Option<PathBuf>,
    /// `XDG_DATA_HOME`: where data directories lie.
    pub data_home: Option<PathBuf>,
    /// `HOME`.
    pub home: Option<PathBuf>,
}

impl Environment {
    /// Reads the process's environment. Proxy variables are never looked at.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "gate: the one reader of the environment")]
    pub fn read() -> Self {
        let path = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        Self { data: path("EGRET_DATA"), data_home: path("XDG_DATA_HOME"), home: path("HOME") }
    }

    /// The data directory: the flag, else `EGRET_DATA`, else `$XDG_DATA_HOME/egret`, else `~/.local/share/egret`.
    #[must_use]
    pub fn data_dir(&self, flag: Option<PathBuf>) -> Option<PathBuf> {
        let from_home = || self.home.as_ref().map(|home| home.join(".local/share/egret"));
        let from_data_home = || self.data_home.as_ref().map(|home| home.join("egret"));
        flag.or_else(|| self.data.clone()).or_else(from_data_home).or_else(from_home)
    }
}
