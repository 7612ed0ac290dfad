//! Configuration and composition: what is written in files becomes checked values, and those become a running app.
//!
//! [`config`] reads and checks, all faults at once. [`load`] makes routes and compiled code of a folder. [`consent`]
//! knows what an owner must be asked about. [`dev`] is the development server: it composes the kernel, the runtime and
//! the gateway around one folder, and reloads them when a file or the store changes. [`secrets`] says which secrets the kernel
//! gets, and what code holds in their place. [`stored`] is what the store remembers, in the kernel's words. [`limits`] turns the registry's
//! values into the configurations of the parts that enforce them. [`scaffold`] makes a new folder. [`terminal`] makes text from outside safe to show.

pub mod config;
pub mod consent;
pub mod dev;
pub mod limits;
pub mod load;
pub mod scaffold;
pub mod secrets;
pub mod stored;

pub use egret_manifest::terminal;
