//! Link settings that make a fresh instance of the plugin cheap: little memory to map, none to grow.
//! `wasm-ld` reserves 1 MiB of stack by default, which the host would have to map for each verification.
//!
//! Cargo passes these arguments on to the plugin that depends on this crate, and says in a warning that
//! it need not always do so. A plugin linked without them works as well, at a higher price for the host.

/// Bytes of stack. Deep recursion in a plugin is a mistake; running out of stack traps (`serde_json` reads
/// some 40 levels of nesting into a `Value`). Stack and data of a small plugin fit into one page (64 KiB);
/// what they leave of it is the heap of `src/allocator.rs`. The host keeps the first 32 KiB resident for each
/// verification that it may run at once: stack, then data, then the beginning of the heap.
const STACK: u32 = 16 * 1024;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_ARCH").as_deref() == Ok("wasm32") {
        println!("cargo:rustc-cdylib-link-arg=-zstack-size={STACK}");
    }
}
