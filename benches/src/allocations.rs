//! Counts what one parse and validation allocates, beside other validators on the same bodies.

use std::{
    alloc::{GlobalAlloc, Layout},
    cell::Cell,
    hint::black_box,
};

use ticketing_benches::{forms, seed};
use ticketing_core::{Draft, Rules};

use crate::record::{Figure, Figures};

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

/// Prints and records what is allocated; `false` when a validator accepted what it should refuse, or the other way round.
///
/// # Errors
/// When the figures cannot be written.
#[expect(clippy::cast_precision_loss, reason = "a few kilobytes")]
pub(crate) fn compare() -> anyhow::Result<bool> {
    let rules = Rules::default();
    let core = |body: &[u8]| Draft::from_json(body).is_ok_and(|draft| draft.validate(&rules).is_ok());
    let right = [seed::CREATE_BODY, seed::INVALID_BODY].into_iter().zip([true, false]).all(|(body, valid)| {
        let theirs =
            [forms::garde(body).is_some(), forms::validator(body).is_some(), forms::serde_valid(body).is_some()];
        core(body) == valid && theirs == [valid; 3]
    });

    let mut figures = Figures::default();
    for (id, name, body) in
        [("accepted", "accepted form", seed::CREATE_BODY), ("refused", "refused form", seed::INVALID_BODY)]
    {
        let ours = allocated(|| Draft::from_json(body).map(|draft| draft.validate(&rules)));
        let theirs = [
            ("garde", allocated(|| forms::garde(body))),
            ("validator", allocated(|| forms::validator(body))),
            ("serde_valid", allocated(|| forms::serde_valid(body))),
        ];
        for (peer, theirs) in theirs {
            let mut both = |what, unit, of: fn(Given) -> u64| {
                let figure = Figure::new(
                    format!("allocated-{id}-{what}-{peer}"),
                    format!("{name}, allocated"),
                    unit,
                    of(ours) as f64,
                );
                figures.add(figure.beside(peer, of(theirs) as f64));
            };
            both("blocks", "blocks", |given| given.blocks);
            both("octets", "octets", |given| given.bytes);
        }
    }
    figures.finish()?;
    if !right {
        println!("a validator accepted the invalid body or refused the valid one");
    }
    Ok(right)
}
