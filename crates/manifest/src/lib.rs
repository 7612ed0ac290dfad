//! Manifests: what one may say, the schema of it, and the reader that makes checked values of a text.
//!
//! [`keys`] is the one list of tables, keys and kinds of values. The reader takes from it which keys are known, and
//! [`schema()`] makes the JSON Schema of it that editors use. What a value *means* is judged by the reader and the law: the
//! list may accept what they refuse, never the other way round. TOML and JSON become the same tree, which is read once.
//!
//! It is pure: a text goes in, a [`Manifest`] or all [`Faults`] come out. Files, links and folders are `egret-app`'s matter.
//! It is apart from the engine so that the schema is made, and the reader fuzzed, without it.

mod document;
mod fault;
mod json;
pub mod keys;
mod manifest;
mod rule_file;
mod rules;
mod schema;
mod secrets;
mod section;
mod shape;
pub mod terminal;

pub use document::is_json;
pub use fault::{Fault, Faults};
pub use manifest::{Manifest, Upstream, is_app_name, is_name};
pub use rule_file::RuleFile;
pub use schema::schema;
pub use secrets::Asks;
pub use shape::{Key, Kind, Literal, Own, Table, Text};
