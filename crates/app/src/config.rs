//! What an app's folder says: the manifest, the `.env` beside it, the functions below it.

mod dotenv;
mod environment;
mod folder;
mod place;

pub use egret_manifest::{Fault, Faults, Manifest, RuleFile, Upstream};
pub use environment::{DataSource, Environment};
pub use folder::{Folder, MANIFEST, MANIFEST_JSON, Written, rule_file, written_rules};
