//! Counts what one parse and validation allocates, beside other validators on the same bodies.

use std::{
    alloc::{GlobalAlloc, Layout},
    cell::Cell,
    hint::black_box,
};

use ticketing_benches::{forms, seed};
use ticketing_core::{Draft, Rules};

use crate::table::Table;

thread_local! {
    /// Blocks and bytes that this thread was given. `const`, and without a destructor, so that counting allocates nothing.
    static GIVEN: Cell<Given> = const { Cell::new(Given { blocks: 0, bytes: 0 }) };
}

/// What an allocator gave.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Given {
    blocks: u64,
    bytes: u64,
}

/// An allocator that counts, per thread, what it hands on. A block that grows counts as one more of its new size.
pub(crate) struct Counting<A>(pub A);

// SAFETY: every call is handed to the inner allocator unchanged, and its answer back; counting touches nothing of either.
unsafe impl<A: GlobalAlloc> GlobalAlloc for Counting<A> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller keeps this function's contract, which is the inner one's.
        unsafe { self.0.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        // SAFETY: the caller keeps this function's contract, which is the inner one's.
        unsafe { self.0.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        count(new_size);
        // SAFETY: the caller keeps this function's contract, which is the inner one's; the block came from it.
        unsafe { self.0.realloc(block, layout, new_size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller keeps this function's contract, which is the inner one's; the block came from it.
        unsafe { self.0.dealloc(block, layout) }
    }
}

fn count(bytes: usize) {
    GIVEN.with(|given| {
        let Given { blocks, bytes: before } = given.get();
        given.set(Given { blocks: blocks + 1, bytes: before + bytes as u64 });
    });
}

/// What running `work` allocates.
fn allocated<T>(work: impl Fn() -> T) -> Given {
    // The first run fills what is made once per process, such as compiled regular expressions.
    drop(black_box(work()));
    let before = GIVEN.get();
    let result = black_box(work());
    let after = GIVEN.get();
    drop(result);
    Given { blocks: after.blocks - before.blocks, bytes: after.bytes - before.bytes }
}

/// Prints the table; `false` when a validator accepted what it should refuse, or the other way round.
pub(crate) fn compare() -> bool {
    let rules = Rules::default();
    let core = |body: &[u8]| Draft::from_json(body).is_ok_and(|draft| draft.validate(&rules).is_ok());
    let right = [seed::CREATE_BODY, seed::INVALID_BODY].into_iter().zip([true, false]).all(|(body, valid)| {
        core(body) == valid && forms::garde(body).is_some() == valid && forms::validator(body).is_some() == valid
    });

    let mut table = Table::new(["allocations of a parse and validation", "ours", "garde", "validator"]);
    for (name, body) in [("accepted body", seed::CREATE_BODY), ("refused body", seed::INVALID_BODY)] {
        let given = [
            allocated(|| Draft::from_json(body).map(|draft| draft.validate(&rules))),
            allocated(|| forms::garde(body)),
            allocated(|| forms::validator(body)),
        ];
        let [ours, garde, validator] = given.map(|given| given.blocks.to_string());
        table.row([format!("{name}, blocks"), ours, garde, validator]);
        let [ours, garde, validator] = given.map(|given| given.bytes.to_string());
        table.row([format!("{name}, bytes"), ours, garde, validator]);
    }
    println!("{table}");
    if !right {
        println!("a validator accepted the invalid body or refused the valid one");
    }
    right
}
