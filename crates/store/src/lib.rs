//! The memory of the house: apps, what their owner granted them, their secrets and settings, and what was reached, in one SQLite file. The only
//! crate that knows SQL; it knows no rule, no manifest and no socket.
//!
//! Everything here blocks: a caller that is async asks from a thread that may. What is written through a method of
//! [`Store`] is durable when the method returns `Ok`; what is handed to [`Store::bulk`] or [`Store::bulk_all`] is not waited for, and what had to be
//! dropped is counted. Texts are opaque here and were checked by whoever calls; only their lengths are bounded.
//!
//! Deliberately absent: a way to read a secret's value but [`Store::open_secrets`] and [`Store::snapshot`], which the kernel
//! calls, and any async code.

mod apps;
mod audit;
mod bounds;
mod cleared;
mod clock;
mod error;
mod events;
mod grants;
mod key;
mod secrets;
mod settings;
mod standing;
mod store;
mod writer;

pub use apps::App;
pub use audit::{Attempt, Ended, Filter, Others, Retention, Reuse, Reused, Timings, Traffic};
pub use cleared::{Cleared, Clearings, Due};
pub use error::StoreError;
pub use events::Event;
pub use grants::{Added, Grant};
pub use key::Key;
pub use secrets::{Former, OpenSecret, SecretGrantRow, SecretInfo, VersionInfo};
pub use settings::Setting;
pub use standing::Standing;
pub use store::{Restored, Snapshot, Store};
pub use writer::{Class, Taken, Write};

/// What everything here comes to.
pub(crate) type Result<T> = std::result::Result<T, StoreError>;
