//! What is read from the process's environment: the one place that does.

use std::ffi::OsString;
use std::fmt;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use zeroize::Zeroizing;

/// The environment variables that Egret knows.
#[derive(Clone, Default)]
pub struct Environment {
    /// `EGRET_DATA`: the data directory.
    pub data: Option<PathBuf>,
    /// `XDG_DATA_HOME`: where data directories lie.
    pub data_home: Option<PathBuf>,
    /// `HOME`.
    pub home: Option<PathBuf>,
    /// `EGRET_MASTER_KEY`: the key under which secrets lie in the store.
    pub master_key: Option<Zeroizing<String>>,
    /// `CREDENTIALS_DIRECTORY`: where systemd puts a service's credentials.
    pub credentials: Option<PathBuf>,
    /// `EGRET_LOG`: which lines of the log are written, for example `info,egret::call=debug`.
    pub log: Option<String>,
}

/// Where the data directory was named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataSource {
    /// On the command line.
    Flag,
    /// In `EGRET_DATA`.
    Variable,
    /// Below `XDG_DATA_HOME`.
    DataHome,
    /// Nowhere: it is below `HOME`.
    Home,
}

impl Environment {
    /// Reads the process's environment. Proxy variables are never looked at.
    #[must_use]
    pub fn read() -> Self {
        let path = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        Self {
            data: path("EGRET_DATA"),
            data_home: path("XDG_DATA_HOME"),
            home: path("HOME"),
            // What is no text is no key; it is kept so that it is refused and not passed over.
            master_key: variable("EGRET_MASTER_KEY").map(|value| Zeroizing::new(value.to_string_lossy().into_owned())),
            credentials: path("CREDENTIALS_DIRECTORY"),
            // What is no text is no filter; it is kept so that it is refused and not passed over.
            log: variable("EGRET_LOG").map(|value| value.to_string_lossy().into_owned()),
        }
    }

    /// The value of a variable that the owner names, for a secret to be taken from.
    #[must_use]
    pub fn value_of(name: &str) -> Option<Zeroizing<Vec<u8>>> {
        variable(name).map(|value| Zeroizing::new(value.into_vec()))
    }

    /// The data directory: the flag, else `EGRET_DATA`, else `$XDG_DATA_HOME/egret`, else `~/.local/share/egret`.
    #[must_use]
    pub fn data_dir(&self, flag: Option<PathBuf>) -> Option<PathBuf> {
        self.data_dir_from(flag).map(|(dir, _)| dir)
    }

    /// The data directory, and where it was named.
    #[must_use]
    pub fn data_dir_from(&self, flag: Option<PathBuf>) -> Option<(PathBuf, DataSource)> {
        let from_variable = || self.data.clone().map(|dir| (dir, DataSource::Variable));
        let from_data_home = || self.data_home.as_ref().map(|home| (home.join("egret"), DataSource::DataHome));
        let from_home = || self.home.as_ref().map(|home| (home.join(".local/share/egret"), DataSource::Home));
        flag.map(|dir| (dir, DataSource::Flag)).or_else(from_variable).or_else(from_data_home).or_else(from_home)
    }
}

/// Whether there is a key, and not which.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment")
            .field("data", &self.data)
            .field("data_home", &self.data_home)
            .field("home", &self.home)
            .field("master_key", &self.master_key.is_some())
            .field("credentials", &self.credentials)
            .field("log", &self.log)
            .finish()
    }
}

#[expect(clippy::disallowed_methods, reason = "gate: the one reader of the environment")]
fn variable(name: &str) -> Option<OsString> {
    // A name with these makes the standard library's own function panic on some systems, and names no variable on any.
    if name.is_empty() || name.contains(['=', '\0']) {
        return None;
    }
    std::env::var_os(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_directory_is_the_first_that_is_named() {
        let path = |text: &str| Some(PathBuf::from(text));
        let mut environment = Environment { data: path("/d"), data_home: path("/x"), home: path("/h"), ..Environment::default() };
        assert_eq!(environment.data_dir_from(path("/f")), Some(("/f".into(), DataSource::Flag)));
        assert_eq!(environment.data_dir_from(None), Some(("/d".into(), DataSource::Variable)));
        environment.data = None;
        assert_eq!(environment.data_dir_from(None), Some(("/x/egret".into(), DataSource::DataHome)));
        environment.data_home = None;
        assert_eq!(environment.data_dir_from(None), Some(("/h/.local/share/egret".into(), DataSource::Home)));
        environment.home = None;
        assert_eq!(environment.data_dir(None), None);
    }

    #[test]
    fn the_master_key_is_in_no_debug_output() {
        let environment = Environment { master_key: Some(Zeroizing::new("hunter2".to_owned())), ..Environment::default() };
        assert!(!format!("{environment:?}").contains("hunter2"));
    }
}
