//! The rules of `ticketing-core` for JavaScript: the same verdict, code and message that the server gives.
//!
//! Everything here is translation, from values that JavaScript has written (`wire.rs`) to the core and back. The functions are
//! for the scripts in `js/`, which have the interface that people use.

mod document;
mod form;
pub mod tables;
mod wire;

pub use self::{
    document::{forget, validator},
    form::{parse_label, sla, validate, validate_field},
    wire::{Buffers, answer, buffers, reserve, text_in, words_in},
};

/// A free list, for a module with few allocations at a time: what std brings is larger than most of the rules.
#[cfg(target_family = "wasm")]
#[global_allocator]
// SAFETY: wasm32-unknown-unknown has one thread.
static ALLOCATOR: lol_alloc::AssumeSingleThreaded<lol_alloc::FreeListAllocator> =
    unsafe { lol_alloc::AssumeSingleThreaded::new(lol_alloc::FreeListAllocator::new()) };
