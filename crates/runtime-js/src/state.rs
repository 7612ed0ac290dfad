//! What belongs to one instance: the data of its wasmtime store.

use crate::code::{Compiling, Program};
use crate::console::Log;
use crate::heap::Heap;
use crate::ops::Operations;
use bytes::Bytes;
use egret_runtime::{Answer, Limit, NetFailure};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::oneshot;

/// The data of one store.
pub(crate) struct State {
    pub heap: Heap,
    /// What the guest was told the length of and will take next.
    pub announced: Bytes,
    pub role: Role,
}

/// What the instance was made for.
pub(crate) enum Role {
    /// Making the image.
    Boot(Boot),
    /// Compiling one function of an app.
    Compile(Box<Compiling>),
    /// One invocation.
    Run(Box<Run>),
}

/// Making the image.
pub(crate) struct Boot {
    pub prelude: Bytes,
    /// The key of the engine's hash tables. Each image has its own, and keeps it.
    pub hash_key: [u8; 32],
    /// What the guest said before it gave up.
    pub words: Vec<String>,
}

/// One invocation.
pub(crate) struct Run {
    pub program: Arc<Program>,
    /// The request's head and what the handler is given beside it, as JSON.
    pub head: Bytes,
    pub body: Bytes,
    pub operations: Operations,
    pub log: Log,
    pub answer_body: usize,
    pub answer: Reply,
    pub failed: Option<Failed>,
    /// The kernel's errors that the guest was given, by operation: its own account of them is not believed.
    pub rejections: BTreeMap<i32, NetFailure>,
}

/// Where the answer goes, which the client has as soon as the guest has given it.
pub(crate) enum Reply {
    Open(oneshot::Sender<Answer>),
    Given,
}

impl Reply {
    /// Hands the answer over. The first one counts; that nobody waits for it any more is no concern of the guest.
    pub fn give(&mut self, answer: Answer) {
        if let Self::Open(client) = std::mem::replace(self, Self::Given) {
            drop(client.send(answer));
        }
    }

    pub const fn is_given(&self) -> bool {
        matches!(self, Self::Given)
    }
}

/// How a guest says that there is no answer.
#[derive(Clone, Debug)]
pub(crate) enum Failed {
    /// Something was thrown: name, message, stack, operation.
    Thrown([String; 4]),
    /// What the handler returned cannot be sent.
    BadAnswer(String),
    /// This can never settle.
    NeverSettles(String),
}

/// Why the host ended a guest.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Breach(pub Limit);

impl State {
    pub fn boot(prelude: String, hash_key: [u8; 32]) -> Self {
        // The image is made once and by ourselves; its memory is bounded by wasm alone.
        Self::new(usize::MAX, Role::Boot(Boot { prelude: prelude.into(), hash_key, words: Vec::new() }))
    }

    pub fn new(heap: usize, role: Role) -> Self {
        Self { heap: Heap::new(heap), announced: Bytes::new(), role }
    }

    /// Announces bytes to the guest; what it takes next is these.
    pub fn announce(&mut self, bytes: impl Into<Bytes>) -> i32 {
        self.announced = bytes.into();
        i32::try_from(self.announced.len()).unwrap_or(-1)
    }

    /// The invocation, if this is one.
    pub fn run(&mut self) -> Option<&mut Run> {
        match &mut self.role {
            Role::Run(run) => Some(run),
            Role::Boot(_) | Role::Compile(_) => None,
        }
    }

    /// What the guest said while the image was made.
    pub fn boot_words(&self) -> String {
        match &self.role {
            Role::Boot(boot) => boot.words.join("; "),
            Role::Compile(_) | Role::Run(_) => String::new(),
        }
    }
}
