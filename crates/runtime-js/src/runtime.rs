//! The runtime: its threads, its image, its slots. Apps are loaded into it.

use crate::app::{AppCode, CodeFault, FunctionCode, JsApp};
use crate::fetch::Kernel;
use crate::image::{Image, failed};
use crate::outbound::Outbound;
use crate::state::State;
use crate::threads::Threads;
use crate::{BuildError, Config, code, engine};
use egret_egress::Egress;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Semaphore;
use wasmtime::{Engine, InstancePre};

/// The least heap that the image itself and a small function fit in.
const LEAST_HEAP: usize = 8 << 20;
const PAGE: usize = 64 << 10;

/// Runs JavaScript functions. Cheap to clone; the threads end with the last clone and the last app.
#[derive(Clone)]
pub struct JsRuntime {
    shared: Arc<Shared>,
    warnings: Arc<[String]>,
}

/// What the apps of a runtime share.
pub(crate) struct Shared {
    pub config: Config,
    pub outbound: Arc<dyn Outbound>,
    pub pre: Arc<InstancePre<State>>,
    pub slots: Arc<Semaphore>,
    pub threads: Threads,
}

impl JsRuntime {
    /// Builds the runtime. Takes a second or more the first time, when the image is made. Blocks: call it before
    /// serving, or where blocking is allowed.
    ///
    /// # Errors
    /// When the engine does not work on this machine or a limit is out of its range.
    pub fn build(config: Config, egress: Egress) -> Result<Self, BuildError> {
        Self::with_outbound(config, Arc::new(Kernel(egress)))
    }

    /// Builds the runtime over something else than the kernel: a scripted network, in tests.
    ///
    /// # Errors
    /// As [`JsRuntime::build`].
    pub fn with_outbound(mut config: Config, outbound: Arc<dyn Outbound>) -> Result<Self, BuildError> {
        let mut warnings = Vec::new();
        check(&mut config, &mut warnings)?;
        let mut threads = Threads::start(config.threads).map_err(BuildError::Threads)?;
        let engine = engine::engine(config.slots, config.limits.heap).map_err(failed)?;
        let image = load_image(&threads, &engine, &config)?;
        threads.tick(engine).map_err(BuildError::Threads)?;
        warnings.extend(image.warnings);
        let slots = Arc::new(Semaphore::new(config.slots as usize));
        let shared = Shared { config, outbound, pre: Arc::new(image.pre), slots, threads };
        Ok(Self { shared: Arc::new(shared), warnings: warnings.into() })
    }

    /// What was not as it should be at the start, without being fatal: for the log.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Compiles all functions of an app. Blocks while it does.
    ///
    /// # Errors
    /// Every fault of every function at once.
    pub fn load(&self, app: AppCode) -> Result<Arc<JsApp>, Vec<CodeFault>> {
        let AppCode { name, env, grants, secrets, bounds, root, functions } = app;
        let (pre, heap) = (Arc::clone(&self.shared.pre), self.shared.config.limits.heap);
        let compiled = self.shared.threads.wait_for(async move {
            let mut results = Vec::new();
            for FunctionCode { name, source } in functions {
                results.push((name, code::compile(Arc::clone(&pre), &root, &source, heap).await));
            }
            results
        });
        let Some(compiled) = compiled else {
            let message = "the thread that compiled it broke".to_owned();
            return Err(vec![CodeFault { file: String::new(), line: 0, column: 0, message }]);
        };
        let mut programs = HashMap::new();
        let mut faults = Vec::new();
        for (function, result) in compiled {
            match result {
                Ok(program) => drop(programs.insert(function, Arc::new(program))),
                Err(fault) => faults.push(fault),
            }
        }
        let bounds = bounds.unwrap_or_else(|| self.shared.config.limits.clone().into());
        if !faults.is_empty() {
            return Err(faults);
        }
        Ok(Arc::new(JsApp { shared: Arc::clone(&self.shared), name, env, grants, secrets, bounds, programs }))
    }
}

fn load_image(threads: &Threads, engine: &Engine, config: &Config) -> Result<Image, BuildError> {
    let (engine, folder) = (engine.clone(), config.data_dir.clone());
    let loaded = threads.wait_for(async move { Image::load(&engine, &folder).await });
    loaded.unwrap_or_else(|| Err(BuildError::Engine("the image could not be made".to_owned())))
}

/// Brings what the engine needs into shape: whole pages, and no more slots than there are mappings for.
fn check(config: &mut Config, warnings: &mut Vec<String>) -> Result<(), BuildError> {
    if config.limits.heap < LEAST_HEAP || config.limits.heap > 1 << 30 {
        return Err(BuildError::Config(format!("a heap limit of {} bytes is not between 8 MiB and 1 GiB", config.limits.heap)));
    }
    config.limits.heap = config.limits.heap.next_multiple_of(PAGE);
    if config.slots == 0 {
        return Err(BuildError::Config("there must be at least one slot for running functions".to_owned()));
    }
    let most = engine::most_slots();
    if config.slots > most {
        warnings.push(format!("{} functions may run at once, not {}: vm.max_map_count allows no more", most, config.slots));
        config.slots = most;
    }
    Ok(())
}
