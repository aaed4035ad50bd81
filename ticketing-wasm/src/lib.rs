//! The rules of `ticketing-core` for JavaScript: the same verdict, code and message that the server gives.
//!
//! Everything here is translation, from values that JavaScript has written (`wire.rs`) to the core and back. The functions are
//! for the scripts in `js/`, which have the interface that people use. There are two modules, by features: `form` is for pages with a
//! form, `desk` for those of whoever works tickets and writes rules.

#[cfg(feature = "desk")]
mod desk;
mod document;
#[cfg(feature = "form")]
mod form;
pub mod tables;
mod wire;

#[cfg(feature = "desk")]
pub use self::desk::{clock, explain, rules};
pub use self::{
    document::forget,
    wire::{Buffers, answer, buffers, reserve, text_in, words_in},
};
#[cfg(feature = "form")]
pub use self::{
    document::validator,
    form::{parse_label, sla, validate, validate_field},
};

/// A free list, for a module with few allocations at a time: what std brings is larger than most of the rules.
#[cfg(target_family = "wasm")]
#[global_allocator]
// SAFETY: wasm32-unknown-unknown has one thread.
static ALLOCATOR: lol_alloc::AssumeSingleThreaded<lol_alloc::FreeListAllocator> =
    unsafe { lol_alloc::AssumeSingleThreaded::new(lol_alloc::FreeListAllocator::new()) };
