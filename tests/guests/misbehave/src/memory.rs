//! What needs the machine below Rust. Natively, for `cargo check`, all of it panics.

/// Traps without a panic.
pub(crate) fn trap() -> ! {
    #[cfg(target_arch = "wasm32")]
    std::arch::wasm32::unreachable();
    #[cfg(not(target_arch = "wasm32"))]
    panic!("works in WebAssembly only");
}

/// Takes and touches `kib` KiB; 0: until there is no more, then traps.
pub(crate) fn eat(kib: u32) {
    let mut eaten: Vec<Vec<u8>> = Vec::new();
    while kib == 0 || (eaten.len() as u32) * 64 < kib {
        eaten.push(std::hint::black_box(vec![1; 64 * 1024]));
    }
}

/// Puts a mark into all memory that is not in use yet.
pub(crate) fn stain() {
    for_each_word(|word| {
        // SAFETY: aligned, inside the memory, and above everything that is allocated.
        unsafe { word.write_volatile(mark()) };
        false
    });
}

/// Whether an earlier run's mark is still there.
pub(crate) fn look() -> &'static str {
    // SAFETY: aligned and inside the memory; any bytes are a u64.
    if for_each_word(|word| unsafe { word.read_volatile() } == mark()) { "stained" } else { "clean" }
}

/// Computed, so that the program's data does not hold it.
fn mark() -> u64 {
    std::hint::black_box(0x1234_5678_9abc_def0_u64) ^ std::hint::black_box(0x5555_aaaa_5555_aaaa)
}

/// Visits the words above what is allocated so far; the author crate's allocator hands out memory
/// upwards. Stops and says true where `visit` does.
fn for_each_word(mut visit: impl FnMut(*mut u64) -> bool) -> bool {
    #[cfg(target_arch = "wasm32")]
    {
        let newest = std::hint::black_box(Box::new([0_u64; 8]));
        let start = std::ptr::from_ref(newest.as_ref()).addr() + size_of_val(newest.as_ref());
        let end = std::arch::wasm32::memory_size(0) * 65536;
        return (start..end).step_by(8).any(|at| visit(std::ptr::with_exposed_provenance_mut(at)));
    }
    #[cfg(not(target_arch = "wasm32"))]
    {
        let _ = &mut visit;
        panic!("works in WebAssembly only")
    }
}
