//! Makes the snapshot: the guest is run up to the end of its prelude, and what its memory then holds becomes the
//! module's own initial memory.

use super::failed;
use crate::state::State;
use crate::{BuildError, engine, host};
use aws_lc_rs::rand;
use wasmtime::Store;
use wasmtime_wizer::Wizer;

/// The guest with its prelude evaluated, as a wasm module.
pub(super) async fn take(guest: &[u8], prelude: String) -> Result<Vec<u8>, BuildError> {
    let mut hash_key = [0; 32];
    rand::fill(&mut hash_key).map_err(|_| BuildError::Randomness)?;
    let engine = engine::boot_engine().map_err(failed)?;
    let mut store = Store::new(&engine, State::boot(prelude, hash_key));
    let linker = host::linker(&engine).map_err(failed)?;
    let taken = Wizer::new().run(&mut store, guest, async |store, module| linker.instantiate_async(store, module).await).await;
    taken.map_err(|error| BuildError::Engine(format!("the image cannot be made: {error:#}; {}", store.data().boot_words())))
}
