//! What an app's folder says: the manifest, the `.env` beside it, the functions below it.

mod dotenv;
mod environment;
mod fault;
mod folder;
mod manifest;
mod place;
mod rules;
mod section;
mod units;

pub use environment::Environment;
pub use fault::{Fault, Faults};
pub use folder::{Folder, MANIFEST};
pub use manifest::{Manifest, Upstream};
