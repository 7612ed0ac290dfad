//! The audit log: every event of the kernel becomes a row of the store and, where the owner wants it, a line of JSON.
//!
//! [`Log::record`](egret_egress::Audit::record) only puts the event into a bounded ring and returns: it waits for nothing, neither
//! for a disk nor for a lock. One thread takes batches out of the ring. Under pressure it thins them out (`thin.rs`) so that the sums
//! stay right; what finds no room at all is counted, and the owner is told of it once a minute.
//!
//! What was kept can be asked two things: which rules would have let go what was refused ([`learn`](learn::learn)), and what other rules
//! would have made of it ([`compare`](replay::compare)). Both are pure.
//!
//! Deliberately absent: a query, a header's value and a secret's value, which no event holds, and paths unless the owner
//! wants them.

mod fields;
pub mod learn;
mod lines;
mod log;
pub mod past;
mod pump;
mod record;
mod reference;
pub mod replay;
mod ring;
mod sink;
mod thin;
mod time;

pub use fields::{FIELDS, Field, Kind};
pub use lines::line;
pub use log::{AuditError, Config, Counts, Log, Loss, Tell};
pub use reference::{page, schema};
pub use sink::Sink;
pub use time::{read_time, rfc3339};
