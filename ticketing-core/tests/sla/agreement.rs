//! The core beside the oracle.

use std::thread;

use crate::{
    case::Case,
    random::{FAMILIES, case},
};

const CASES: u64 = 10_000;

/// A count that grows with `TICKETING_SCALE`, which is 1 where it is not set.
#[expect(clippy::disallowed_methods, reason = "a test's size is its environment's business")]
pub(crate) fn scaled(count: u64) -> u64 {
    count * std::env::var("TICKETING_SCALE").map_or(1, |scale| scale.parse::<u64>().unwrap())
}

#[test]
fn the_core_agrees_with_counting_minutes() {
    let cases = scaled(CASES);
    let disagreements: Vec<(Case, _)> = thread::scope(|scope| {
        let run = |numbers: Box<dyn Iterator<Item = u64> + Send>| {
            scope.spawn(|| {
                let families = FAMILIES.iter().cycle();
                let cases = numbers.map(|number| {
                    let family = families.clone().nth(usize::try_from(number).unwrap() % FAMILIES.len()).unwrap();
                    case(family, number)
                });
                let told = cases.map(|case| (case.core(), case));
                told.filter(|(core, case)| *core != case.expect).map(|(core, case)| (case, core)).take(20).collect()
            })
        };
        let halves: [thread::ScopedJoinHandle<'_, Vec<_>>; 2] =
            [run(Box::new((0..cases).step_by(2))), run(Box::new((1..cases).step_by(2)))];
        halves.into_iter().flat_map(|half| half.join().unwrap()).collect()
    });
    for (case, core) in &disagreements {
        println!("{}\n    the core: {core:?}", serde_json::to_string(case).unwrap());
    }
    assert!(disagreements.is_empty(), "{} cases of {cases}", disagreements.len());
}
