//! What an owner commands: apps, what they may reach, their secrets, limits.
//!
//! [`perform`] is the one place where a [`Command`] acts. It is reached in two ways that give the same answers: through the
//! control socket of a running server ([`serve`]), and on the store itself when no server runs. [`Door::open`] finds out
//! which of the two it is. Whoever owns the data directory is the owner: the socket has the mode 0600 and asks the system
//! for the peer's user. A secret's value goes in and never comes out.
//!
//! It does not know the kernel: nothing here sends a request for an app.

mod answer;
mod client;
mod command;
mod door;
mod fault;
mod key;
mod perform;
mod reading;
mod reply;
mod server;
mod value;

pub use command::{Command, Grace};
pub use door::Door;
pub use fault::Fault;
pub use key::KeySource;
pub use perform::{SERVER, limits_of, perform, restore, rule_of};
pub use reading::{Reading, Wish, read};
pub use reply::{App, Grant, Limit, Listed, Reply, Rule, Secret, Standing, Status, Version};
pub use server::{SOCKET, serve};
pub use value::Value;

/// The longest body of a command, in bytes.
const MOST_COMMAND: usize = 1 << 20;
/// The longest answer that is read, in bytes: an app may have a thousand secrets with a hundred grants each.
const MOST_ANSWER: usize = 32 << 20;
/// Where commands are sent to; the number is the version of their form.
const PATH: &str = "/v1/commands";
