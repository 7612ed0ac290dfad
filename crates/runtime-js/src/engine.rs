//! The engine's configuration. Native code may only be run under the settings that it was compiled with, so compiling
//! and running both come here.

use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Result};

/// Bytes of stack for wasm. JavaScript's own limit (256 KiB of C stack) is reached first by its recursion.
const WASM_STACK: usize = 2 << 20;
/// Bytes of stack for wasm and for the host functions that it calls. Only what is touched is backed by memory.
const FIBER_STACK: usize = WASM_STACK + (256 << 10);
/// Pages of an instance that are kept and zeroed rather than given back. Measured: without, a fresh small call costs
/// four times as much.
const KEPT_MEMORY: usize = 512 << 10;
const KEPT_STACK: usize = 16 << 10;
/// Bytes of an instance's function table that are zeroed rather than given back. Measured: without, the first indirect
/// calls of every invocation fault a page in twice, and each time the other cores are interrupted (15 % of the time).
const KEPT_TABLE: usize = 64 << 10;
/// Mappings that a slot costs at worst: two for its stack, two for its memory.
const MAPPINGS_PER_SLOT: u32 = 4;
/// Mappings left for everything else in the process.
const OTHER_MAPPINGS: u32 = 8192;

/// The engine for instances of at most `heap` bytes, `slots` at once.
pub(crate) fn engine(slots: u32, heap: usize) -> Result<Engine> {
    let mut config = settings();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(slots, heap)));
    Engine::new(&config)
}

/// The engine that makes the image: no pool and no interruption, for it runs only our own prelude.
pub(crate) fn boot_engine() -> Result<Engine> {
    let mut config = Config::new();
    config.async_stack_size(FIBER_STACK).max_wasm_stack(WASM_STACK);
    config.cranelift_opt_level(wasmtime::OptLevel::None);
    Engine::new(&config)
}

/// What the native code depends on.
fn settings() -> Config {
    let mut config = Config::new();
    config.epoch_interruption(true).async_stack_size(FIBER_STACK).max_wasm_stack(WASM_STACK);
    config.memory_reservation(4 << 30).memory_guard_size(64 << 10);
    config.memory_init_cow(true).force_memory_init_memfd(true).memory_guaranteed_dense_image_size(64 << 20);
    config.wasm_threads(false);
    config
}

fn pool(slots: u32, heap: usize) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_core_instances(slots).total_memories(slots).total_tables(slots).total_stacks(slots);
    pool.max_memory_size(heap).table_elements(20_000);
    pool.linear_memory_keep_resident(KEPT_MEMORY).async_stack_keep_resident(KEPT_STACK).table_keep_resident(KEPT_TABLE);
    pool.decommit_batch_size(32);
    if PoolingAllocationConfig::is_pagemap_scan_available() {
        pool.pagemap_scan(Enabled::Yes);
    }
    pool
}

/// How many slots the kernel's limit on mappings allows.
pub(crate) fn most_slots() -> u32 {
    let text = std::fs::read_to_string("/proc/sys/vm/max_map_count").unwrap_or_default();
    let mappings = text.trim().parse().unwrap_or(65_530);
    slots_for(mappings)
}

fn slots_for(mappings: u32) -> u32 {
    (mappings.saturating_sub(OTHER_MAPPINGS) / MAPPINGS_PER_SLOT).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_mapping_limit_allows_fourteen_thousand_slots() {
        assert_eq!(slots_for(65_530), 14_334);
        assert_eq!(slots_for(100), 1);
    }
}
