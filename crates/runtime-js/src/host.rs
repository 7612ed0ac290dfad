//! The guest's imports. Each checks what the guest gives; none believes it. One concern a file.

mod answer;
mod input;
mod memory;
mod operations;
mod url;
mod wasi;

use crate::state::State;
use wasmtime::{Engine, Linker, Result};

/// The module that the guest imports ours from.
const EGRET: &str = "egret";

/// All imports. The same for every role: what makes no sense in one answers with an error code.
pub(crate) fn linker(engine: &Engine) -> Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    input::add(&mut linker)?;
    operations::add(&mut linker)?;
    url::add(&mut linker)?;
    answer::add(&mut linker)?;
    wasi::add(&mut linker)?;
    Ok(linker)
}
