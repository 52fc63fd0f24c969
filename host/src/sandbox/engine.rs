//! The engine: what WebAssembly may contain, and the pool that instances come from.

use wasmtime::component::Linker;
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Strategy,
    WasmBacktraceDetails,
};

use super::bindings::Plugin;
use super::settings::{Settings, as_usize};
use super::state::{State, StateData};
use super::wasi;

/// Stack of a guest, bytes. Part of the fibre's stack, on which host calls run too; what they touch of it stays
/// resident.
const GUEST_STACK: usize = 512 * 1_024;

/// The beginning of each memory, up to this size, is wiped by writing instead of by giving pages back, which
/// is several times faster. Every used slot keeps it, so it is no more than the stack and data of a plugin
/// that was made with the SDK.
const MEMORY_KEEP_RESIDENT: usize = 32 * 1_024;
/// The same for tables, of which only the elements that there are count.
const TABLE_KEEP_RESIDENT: usize = 64 * 1_024;

/// Bookkeeping of one component's instances together, bytes; Python needs more than the default.
const COMPONENT_INSTANCE_SIZE: usize = 16 << 20;

/// Builds the engine.
pub(super) fn build(settings: &Settings) -> wasmtime::Result<Engine> {
    let mut config = Config::new();
    config
        .strategy(Strategy::Cranelift)
        .cranelift_nan_canonicalization(true)
        .wasm_backtrace_details(WasmBacktraceDetails::Disable)
        .max_wasm_stack(GUEST_STACK)
        .epoch_interruption(true)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool(settings)));
    select_proposals(&mut config);
    Engine::new(&config)
}

/// What compilers of languages need stays; each further proposal is more code to trust.
fn select_proposals(config: &mut Config) {
    config
        .wasm_simd(true)
        .wasm_bulk_memory(true)
        .wasm_multi_value(true)
        .wasm_extended_const(true)
        .wasm_component_model(true);
    // Threads, garbage collection, exceptions, stack switching and component-model-async are not
    // even compiled in; what can be switched is switched off all the same.
    config
        .wasm_tail_call(false)
        .wasm_multi_memory(false)
        .wasm_memory64(false)
        .wasm_relaxed_simd(false)
        .wasm_custom_page_sizes(false)
        .wasm_wide_arithmetic(false)
        .wasm_stack_switching(false)
        .shared_memory(false);
}

fn pool(settings: &Settings) -> PoolingAllocationConfig {
    let runs = settings.concurrency;
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(runs)
        .total_core_instances(runs.saturating_mul(settings.instances))
        .total_memories(runs.saturating_mul(settings.memories))
        .total_tables(runs.saturating_mul(settings.tables))
        .total_stacks(runs)
        .max_core_instances_per_component(settings.instances)
        .max_memories_per_component(settings.memories)
        .max_tables_per_component(settings.tables)
        .max_tables_per_module(settings.tables)
        .max_component_instance_size(COMPONENT_INSTANCE_SIZE)
        .table_elements(as_usize(settings.table_elements))
        .max_memory_size(settings.memory_pages_bytes())
        .linear_memory_keep_resident(MEMORY_KEEP_RESIDENT)
        .table_keep_resident(TABLE_KEEP_RESIDENT)
        // With it, 48.0.8 can hand a swapped-out page of one run on to the next.
        .pagemap_scan(Enabled::No);
    pool
}

/// Everything that a plugin may import.
pub(super) fn link(engine: &Engine) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    Plugin::add_to_linker::<State, StateData>(&mut linker, |state| state)?;
    wasi::link(&mut linker)?;
    Ok(linker)
}
