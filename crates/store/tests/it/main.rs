//! The store on real files: what it keeps, what it refuses to open, and what is left after a kill.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod apps;
mod audit;
mod backup;
mod files;
mod house;
mod kill;
mod master_key;
mod secrets;
mod settings;
mod sharing;
