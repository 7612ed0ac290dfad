//! One instance from its making to its end: a fresh copy of the image, one call into it, and it is gone.

use crate::meter::Meter;
use crate::state::{Breach, State};
use aws_lc_rs::rand;
use egret_runtime::Limit;
use std::sync::Arc;
use tokio::time::{Instant, timeout_at};
use wasmtime::{InstancePre, Store, UpdateDeadline, WasmParams};

/// Ticks of the engine's clock (1 ms each) after which a guest gives its thread back.
const SLICE: u64 = 2;

/// How the call into an instance ended.
pub(crate) enum Outcome {
    /// With the number that the guest returned.
    Returned(i32),
    /// In a trap, a breach of a limit, or because there was no room for it.
    Ended(wasmtime::Error),
    /// Not before the deadline.
    TooLate,
}

/// Runs an invocation.
pub(crate) async fn run(pre: &InstancePre<State>, state: State, meter: Arc<Meter>, deadline: Instant) -> (State, Outcome) {
    let mut seed = [0; 8];
    if rand::fill(&mut seed).is_err() {
        return (state, Outcome::Ended(wasmtime::Error::msg("no randomness")));
    }
    call(pre, state, meter, deadline, "run", (i64::from_le_bytes(seed),)).await
}

/// Compiles a function.
pub(crate) async fn compile(pre: &InstancePre<State>, state: State, meter: Arc<Meter>, deadline: Instant) -> (State, Outcome) {
    call(pre, state, meter, deadline, "compile", ()).await
}

async fn call<P: WasmParams + Sync>(
    pre: &InstancePre<State>,
    state: State,
    meter: Arc<Meter>,
    deadline: Instant,
    name: &str,
    params: P,
) -> (State, Outcome) {
    let mut store = Store::new(pre.module().engine(), state);
    store.limiter(|state| &mut state.heap);
    store.set_epoch_deadline(SLICE);
    store.epoch_deadline_callback(move |_| if meter.spent() { Err(Breach(Limit::Cpu).into()) } else { Ok(UpdateDeadline::Yield(SLICE)) });
    // What is awaited here is dropped when the time is over, and the guest's stack with it; the store stays ours.
    let outcome = timeout_at(deadline, enter(pre, &mut store, name, params)).await;
    let outcome = match outcome {
        Ok(Ok(returned)) => Outcome::Returned(returned),
        Ok(Err(error)) => Outcome::Ended(error),
        Err(_) => Outcome::TooLate,
    };
    (store.into_data(), outcome)
}

async fn enter<P: WasmParams + Sync>(pre: &InstancePre<State>, store: &mut Store<State>, name: &str, params: P) -> wasmtime::Result<i32> {
    let instance = pre.instantiate_async(&mut *store).await?;
    let function = instance.get_typed_func::<P, i32>(&mut *store, name)?;
    let returned = function.call_async(&mut *store, params).await;
    #[cfg(test)]
    crate::witness::look(store, &instance);
    returned
}
