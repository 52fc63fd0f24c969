//! An allocator for programs that run once: it hands out memory in one direction and gives it back
//! only when the whole instance is dropped. The initial memory holds stack, data and heap, so that an
//! ordinary verification never grows it.

#![cfg(target_arch = "wasm32")]
#![expect(unsafe_code, reason = "an allocator cannot be written without")]

use std::alloc::{GlobalAlloc, Layout};
use std::arch::wasm32::{memory_grow, memory_size};
use std::cell::Cell;
use std::ptr;

const PAGE: usize = 65536;

unsafe extern "C" {
    /// First byte after the program's data and stack; set by the linker.
    static __heap_base: u8;
}

#[global_allocator]
static ALLOCATOR: Bump = Bump { next: Cell::new(0), end: Cell::new(0) };

struct Bump {
    /// Address of the next free byte; 0 before the first allocation.
    next: Cell<usize>,
    /// Address after the last byte of memory.
    end: Cell<usize>,
}

// SAFETY: the target has no threads, so nothing is ever shared between two.
unsafe impl Sync for Bump {}

impl Bump {
    /// Reserves `size` bytes at `at`, growing the memory if it must. False when there is no more.
    fn reserve(&self, at: usize, size: usize) -> bool {
        let Some(next) = at.checked_add(size) else { return false };
        if next > self.end.get() {
            let pages = (next - self.end.get()).div_ceil(PAGE);
            if memory_grow(0, pages) == usize::MAX {
                return false;
            }
            self.end.set(memory_size(0) * PAGE);
        }
        self.next.set(next);
        true
    }

    /// Whether the block is the one that was handed out last.
    fn is_last(&self, block: *mut u8, layout: Layout) -> bool {
        block.addr() + layout.size() == self.next.get()
    }
}

// SAFETY: blocks are disjoint, since `next` only moves past what was handed out and back only over the
// last block; they are aligned, since `at` is rounded up; they lie inside the memory, since `reserve`
// compares with its end.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if self.next.get() == 0 {
            self.next.set((&raw const __heap_base).addr());
            self.end.set(memory_size(0) * PAGE);
        }
        let at = self.next.get().next_multiple_of(layout.align());
        if self.reserve(at, layout.size()) { ptr::with_exposed_provenance_mut(at) } else { ptr::null_mut() }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if self.is_last(block, layout) {
            self.next.set(block.addr());
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if self.is_last(block, layout) {
            return if self.reserve(block.addr(), size) { block } else { ptr::null_mut() };
        }
        if size <= layout.size() {
            return block;
        }
        // SAFETY: the caller promises that `size` and the old layout's alignment make a valid layout.
        let new = unsafe { self.alloc(Layout::from_size_align_unchecked(size, layout.align())) };
        if !new.is_null() {
            // SAFETY: both blocks are at least as long as the old one and do not overlap.
            unsafe { ptr::copy_nonoverlapping(block, new, layout.size()) };
        }
        new
    }
}
