//! The image that every instance starts from: the guest with its prelude already evaluated, as native code.
//!
//! Made at the first start (a second or so), then kept in the data directory. What is loaded from there runs as native
//! code, so it is believed only with our own seal on it; see `image/cache.rs`.

mod cache;
mod snapshot;

use crate::state::State;
use crate::{BuildError, host, prelude};
use aws_lc_rs::digest::{Context, SHA256};
use cache::Cache;
use std::path::Path;
use wasmtime::{Engine, InstancePre, Module};

/// The guest as clang made it (`cargo xtask guest`).
const GUEST: &[u8] = include_bytes!("../guest/egret-guest.wasm");
/// Part of the cache's name: native code of another version or shape is never looked at.
const ENGINE_VERSION: &str = concat!("wasmtime 48, image 1, ", env!("CARGO_PKG_VERSION"));

/// An image that is ready to be instantiated.
pub(crate) struct Image {
    pub pre: InstancePre<State>,
    /// What went wrong on the way without being fatal.
    pub warnings: Vec<String>,
}

impl Image {
    /// Takes the image from the cache, or makes it and puts it there.
    pub async fn load(engine: &Engine, data_dir: &Path) -> Result<Self, BuildError> {
        let prelude = prelude::source();
        let mut warnings = Vec::new();
        let cache = Cache::open(&data_dir.join("engine"), &name(engine, &prelude)).map_err(|why| warnings.push(why)).ok();
        let cached = cache.as_ref().and_then(|cache| cache.load(engine, &mut warnings));
        let module = match cached {
            Some(module) => module,
            None => make(engine, prelude, cache.as_ref(), &mut warnings).await?,
        };
        let pre = host::linker(engine).and_then(|linker| linker.instantiate_pre(&module)).map_err(failed)?;
        Ok(Self { pre, warnings })
    }
}

async fn make(engine: &Engine, prelude: String, cache: Option<&Cache>, warnings: &mut Vec<String>) -> Result<Module, BuildError> {
    let snapshot = snapshot::take(GUEST, prelude).await?;
    let module = Module::new(engine, &snapshot).map_err(failed)?;
    if let Some(cache) = cache {
        let native = module.serialize().map_err(failed)?;
        cache.store(&native).unwrap_or_else(|why| warnings.push(why));
    }
    Ok(module)
}

/// A name that changes with everything that the native code depends on.
fn name(engine: &Engine, prelude: &str) -> String {
    let mut hash = Context::new(&SHA256);
    for part in [ENGINE_VERSION.as_bytes(), GUEST, prelude.as_bytes(), compatibility(engine).as_bytes()] {
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hash.finish().as_ref()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The engine's own account of its version, target and settings.
fn compatibility(engine: &Engine) -> String {
    use std::hash::{Hash, Hasher};
    let mut hasher = std::hash::DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// An error of the engine while it is set up.
pub(crate) fn failed(error: wasmtime::Error) -> BuildError {
    BuildError::Engine(format!("{error:#}"))
}
