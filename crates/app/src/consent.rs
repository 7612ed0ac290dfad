//! What an owner is asked about before an app of theirs gets it, and the memory of the answer.
//!
//! `egret dev` grants public https hosts by itself: they are what a manifest is for. Whatever reaches inward, or gives up
//! encryption, is asked for once, and the answer holds for exactly that manifest at exactly that place. A folder that
//! somebody sent cannot reach one's own machine by being started.

use crate::config::Folder;
use aws_lc_rs::digest;
use egret_policy::{PortRange, RuleSpec};
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The rules of a manifest that need the owner's yes.
#[must_use]
pub fn asked(folder: &Folder) -> Vec<RuleSpec> {
    let manifest = &folder.manifest;
    let of_own_upstream = |rule: &RuleSpec| {
        let loopback_only = rule.private.iter().all(|net| net == "127.0.0.1/32");
        let is_upstream = manifest.upstreams.iter().any(|up| up.host == rule.host && rule.ports == Some(vec![PortRange::single(up.port)]));
        rule.https_only && loopback_only && is_upstream
    };
    let harmless = |rule: &RuleSpec| rule.deny || rule.https_only && rule.private.is_empty();
    let net = manifest.net.iter().filter(|rule| !harmless(rule));
    let dev = manifest.dev_net.iter().filter(|rule| !harmless(rule) && !of_own_upstream(rule));
    net.chain(dev).cloned().collect()
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
