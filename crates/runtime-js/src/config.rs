//! What the runtime is built from, and why it may not come up.

use egret_runtime::{InvocationId, Limits};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::runtime::Handle;

/// What the runtime is built from.
#[derive(Clone)]
pub struct Config {
    /// Where the engine's image is kept between starts: `engine/` in this folder, made when it is absent.
    pub data_dir: PathBuf,
    /// What each invocation may use.
    pub limits: Limits,
    /// How many invocations may run at once. Default 1,000; lowered to what `vm.max_map_count` allows, with a warning.
    pub slots: u32,
    /// Threads that run JavaScript. Default: as many as there are cores.
    pub threads: usize,
    /// Where `console` writes.
    pub console: Arc<dyn Console>,
    /// Where calls run: the runtime of the kernel and the gateway, so that spinning guests never delay a socket.
    pub io: Handle,
}

impl Config {
    /// The defaults, with what has none.
    #[must_use]
    pub fn new(data_dir: impl Into<PathBuf>, console: Arc<dyn Console>, io: Handle) -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Self { data_dir: data_dir.into(), limits: Limits::default(), slots: 1000, threads, console, io }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("data_dir", &self.data_dir)
            .field("limits", &self.limits)
            .field("slots", &self.slots)
            .field("threads", &self.threads)
            .finish_non_exhaustive()
    }
}

/// Where the lines of `console` go. Called on the threads that run JavaScript: must not block.
pub trait Console: Send + Sync + 'static {
    /// Takes one line, which may hold line breaks. Its text comes from a guest.
    fn line(&self, invocation: &InvocationId, function: &str, level: Level, text: &str);
}

/// How much a line of `console` matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// `console.debug`, `console.trace`.
    Debug,
    /// `console.log`, `console.info`.
    Info,
    /// `console.warn`.
    Warn,
    /// `console.error`, and errors that nothing caught.
    Error,
}

/// Why the runtime did not come up.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The engine cannot be set up on this machine.
    #[error("the JavaScript engine cannot be set up: {0}")]
    Engine(String),
    /// A limit or a count that the engine cannot keep.
    #[error("{0}")]
    Config(String),
    /// The threads for JavaScript could not be started.
    #[error("the threads for JavaScript cannot be started: {0}")]
    Threads(#[source] std::io::Error),
    /// The operating system's source of randomness failed.
    #[error("no randomness can be had from the operating system")]
    Randomness,
}
