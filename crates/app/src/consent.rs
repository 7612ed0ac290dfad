//! What an owner is asked about before an app of theirs gets it, and the memory of the answer.
//!
//! `egret dev` grants public https hosts that a manifest names: they are what it is for. Whatever reaches inward, gives up
//! encryption, uses a secret, or lets through what no rule names, is asked for once, and the answer holds for exactly that manifest at exactly that place. A folder that
//! somebody sent cannot reach one's own machine by being started.

use crate::config::Folder;
use crate::secrets::{Use, uses};
use aws_lc_rs::digest;
use egret_policy::{Mode, PortRange, RuleSpec};
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// What of a manifest needs the owner's yes.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Rules that reach inward or give up encryption.
    pub rules: Vec<RuleSpec>,
    /// The mode, if it lets through what no rule allows.
    pub mode: Option<Mode>,
    /// What it would have done with secrets.
    pub secrets: Vec<Use>,
}

impl Asked {
    /// Whether nothing needs asking.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.mode.is_none() && self.secrets.is_empty()
    }
}

/// What of a folder's manifest needs the owner's yes.
#[must_use]
pub fn asked(folder: &Folder) -> Asked {
    let manifest = &folder.manifest;
    let of_own_upstream = |rule: &RuleSpec| {
        let loopback_only = rule.private.iter().all(|net| net == "127.0.0.1/32");
        let is_upstream = manifest.upstreams.iter().any(|up| up.host == rule.host && rule.ports == Some(vec![PortRange::single(up.port)]));
        rule.https_only && loopback_only && is_upstream && !widens_tls(rule)
    };
    let harmless = |rule: &RuleSpec| rule.deny || rule.https_only && rule.private.is_empty() && !widens_tls(rule);
    let net = manifest.net.iter().filter(|rule| !harmless(rule));
    let dev = manifest.dev_net.iter().filter(|rule| !harmless(rule) && !of_own_upstream(rule));
    let mode = (!matches!(manifest.mode, Mode::Enforce)).then(|| manifest.mode.clone());
    Asked { rules: net.chain(dev).cloned().collect(), mode, secrets: uses(folder) }
}

/// An authority or an identity that a rule brings along is the owner's to allow.
fn widens_tls(rule: &RuleSpec) -> bool {
    rule.tls.as_ref().is_some_and(egret_policy::TlsSpec::widens)
}

/// The answers that were given, one file each.
#[derive(Clone, Debug)]
pub struct Consents {
    folder: PathBuf,
}

impl Consents {
    /// The consents kept in a data directory.
    #[must_use]
    pub fn of(data_dir: &Path) -> Self {
        Self { folder: data_dir.join("consents") }
    }

    /// Whether the owner has said yes to this manifest at this place.
    #[must_use]
    pub fn given(&self, folder: &Folder) -> bool {
        self.file(folder).is_ok_and(|file| file.is_file())
    }

    /// Remembers the owner's yes.
    ///
    /// # Errors
    /// When the data directory cannot be written.
    pub fn give(&self, folder: &Folder) -> io::Result<()> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(self.file(folder)?)?;
        writeln!(file, "{}", folder.root.display())
    }

    fn file(&self, folder: &Folder) -> io::Result<PathBuf> {
        let place = fs::canonicalize(&folder.root)?;
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(place.as_os_str().as_encoded_bytes());
        context.update(b"\0");
        context.update(folder.manifest_text.as_bytes());
        let name: String = context.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(self.folder.join(name))
    }
}
