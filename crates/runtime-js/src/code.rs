//! From an app's sources to bytecode, in a throw-away instance under limits of its own.
//!
//! Bytecode is as good as native code inside an instance, so none ever comes from a file or leaves this process.

mod fault;
mod files;

use crate::isolate::{self, Outcome};
use crate::meter::{Meter, Metered};
use crate::state::{Role, State};
use crate::{CodeFault, Source};
use bytes::Bytes;
use files::Files;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use wasmtime::InstancePre;

/// What compiling one function may use.
const CPU: Duration = Duration::from_secs(10);
const WALL: Duration = Duration::from_secs(60);

/// A function that is ready to run: the bytecode of its module and of all that it imports.
#[derive(Debug)]
pub(crate) struct Program {
    /// The name of the module whose default export is the handler.
    pub entry: String,
    pub modules: HashMap<String, Bytes>,
}

/// A compilation under way: the data of its instance.
pub(crate) struct Compiling {
    files: Files,
    entry: String,
    modules: HashMap<String, Bytes>,
    /// The import that was looked at last: where the fault is, if the next thing fails.
    import: Option<(String, String)>,
    failed: Option<[String; 4]>,
}

impl Compiling {
    fn new(root: &Path, source: &Source) -> Result<Self, CodeFault> {
        let (files, entry) = Files::open(root, source)?;
        Ok(Self { files, entry, modules: HashMap::new(), import: None, failed: None })
    }

    pub fn entry(&self) -> Bytes {
        Bytes::copy_from_slice(self.entry.as_bytes())
    }

    /// The source of a module.
    pub fn source(&mut self, name: &str) -> Option<Bytes> {
        self.files.read(name)
    }

    pub fn importing(&mut self, base: &str, name: &str) {
        self.import = Some((base.to_owned(), name.to_owned()));
    }

    pub fn compiled(&mut self, name: &str, code: Bytes) {
        self.modules.insert(name.to_owned(), code);
    }

    pub fn failed(&mut self, thrown: [String; 4]) {
        self.failed.get_or_insert(thrown);
    }

    fn finish(self, outcome: Outcome) -> Result<Program, CodeFault> {
        if let Some(thrown) = &self.failed {
            return Err(fault::of(thrown, &self.entry, self.import.as_ref(), &self.files));
        }
        match outcome {
            Outcome::Returned(0) => Ok(Program { entry: self.entry, modules: self.modules }),
            Outcome::Returned(_) => Err(fault::whole(&self.entry, "it cannot be compiled")),
            Outcome::TooLate => Err(fault::whole(&self.entry, "compiling it took too long")),
            Outcome::Ended(error) => Err(fault::whole(&self.entry, &format!("compiling it failed: {:#}", error.root_cause()))),
        }
    }
}

/// Compiles one function.
pub(crate) async fn compile(pre: Arc<InstancePre<State>>, root: &Path, source: &Source, heap: usize) -> Result<Program, CodeFault> {
    let compiling = Compiling::new(root, source)?;
    let meter = Meter::new(CPU);
    let state = State::new(heap, Role::Compile(Box::new(compiling)));
    let deadline = Instant::now() + WALL;
    let clock = Arc::clone(&meter);
    let (state, outcome) = Metered::new(meter, async move { isolate::compile(&pre, state, clock, deadline).await }).await;
    match state.role {
        Role::Compile(compiling) => compiling.finish(outcome),
        Role::Boot(_) | Role::Run(_) => Err(fault::whole("", "it cannot be compiled")),
    }
}
