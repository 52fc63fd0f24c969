//! Link settings that make a fresh instance of the plugin cheap: little memory to map, none to grow.
//! `wasm-ld` reserves 1 MiB of stack by default, which the host would have to map for each verification.

//!
//! Cargo passes these arguments on to the plugin that depends on this crate, and says in a warning that
//! it need not always do so. A plugin linked without them works as well, at a higher price for the host.

/// Bytes of stack. Deep recursion in a plugin is a mistake; running out of stack traps.
const STACK: u32 = 64 * 1024;
/// Bytes of memory after the program's data, for the allocator in `src/allocator.rs`.
const HEAP: u32 = 64 * 1024;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_ARCH").as_deref() == Ok("wasm32") {
        println!("cargo:rustc-cdylib-link-arg=-zstack-size={STACK}");
        println!("cargo:rustc-cdylib-link-arg=--initial-heap={HEAP}");
    }
}
