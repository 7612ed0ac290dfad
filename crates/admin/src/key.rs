//! Where the master key comes from. The environment is read elsewhere; what was found there is handed in.

use crate::Fault;
use egret_store::Key;
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The name of the key among systemd's credentials (systemd.exec(5), `LoadCredential=`).
const CREDENTIAL: &str = "egret-master-key";

/// Bytes of a credential that are read, and one more.
const LONGEST: usize = 1025;

/// Where the master key comes from.
#[derive(Clone)]
pub enum KeySource {
    /// The text of `EGRET_MASTER_KEY`.
    Environment(Zeroizing<String>),
    /// A file among the service's credentials.
    Credential(PathBuf),
    /// A file in the data directory, made at the first use.
    DataDir,
}

impl KeySource {
    /// The first that is there: the variable's text, the file among the credentials, the data directory.
    #[must_use]
    pub fn choose(variable: Option<Zeroizing<String>>, credentials: Option<&Path>) -> Self {
        let credential = credentials.map(|folder| folder.join(CREDENTIAL)).filter(|file| file.symlink_metadata().is_ok());
        match (variable, credential) {
            (Some(text), _) => Self::Environment(text),
            (None, Some(file)) => Self::Credential(file),
            (None, None) => Self::DataDir,
        }
    }

    /// Reads the key.
    ///
    /// # Errors
    /// When it cannot be read or is none.
    pub fn read(&self, data_dir: &Path) -> Result<Key, Fault> {
        let key = match self {
            Self::Environment(text) => Key::from_text(text),
            Self::Credential(file) => return credential(file),
            Self::DataDir => Key::of_data_dir(data_dir),
        };
        Ok(key?)
    }
}

/// A credential is 32 bytes as they are, or a text. systemd makes its files readable for the service alone.
fn credential(file: &Path) -> Result<Key, Fault> {
    let fault = |error: std::io::Error| Fault::Store(format!("{}: {error}", file.display()));
    let mut bytes = Zeroizing::new(Vec::with_capacity(LONGEST));
    std::fs::File::open(file).and_then(|file| file.take(LONGEST as u64 - 1).read_to_end(&mut bytes)).map_err(fault)?;
    Ok(Key::from_bytes(&bytes)?)
}

/// Where it comes from, never what it is.
impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(_) => f.write_str("EGRET_MASTER_KEY"),
            Self::Credential(file) => write!(f, "{}", file.display()),
            Self::DataDir => f.write_str("master.key in the data directory"),
        }
    }
}

impl fmt::Debug for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
