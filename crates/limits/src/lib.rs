//! The registry of limits: one list from which validation, commands, the schema, the reference page and the manifest's keys come.
//!
//! An entry says what is bounded, by how much, within which range, for whom, and why so much. Nothing is enforced here: the
//! crates that do take the values from whoever composes them, and each entry names the tests that see it enforced. Pure: no
//! files, no clock.
//!
//! Scopes narrow downwards: what the server's owner set binds all apps, and an app's own value may only be narrower. A default
//! binds nobody; it is what counts where nobody has said anything.

mod limit;
pub mod list;
mod page;
mod schema;
mod settings;
mod text;
mod value;

pub use limit::{Fault, Limit, Scope, Unit};
pub use list::{LIMITS, find};
pub use page::page;
pub use schema::schema;
pub use settings::{Effective, Origin, Settings, effective, fits};
pub use text::{duration, size};
pub use value::{Rate, Value};
