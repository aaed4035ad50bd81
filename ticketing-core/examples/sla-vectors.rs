//! Writes the conformance vectors of service levels to `vectors/`, but for `known-bugs.json`, which is written by hand.
//!
//! What they expect is told by the oracle of the tests, which shares nothing with the core; the core has to agree.

#[path = "../tests/sla/case.rs"]
mod case;
#[path = "../tests/sla/oracle.rs"]
mod oracle;
#[path = "../tests/sla/random.rs"]
mod random;

use std::{error::Error, fs, path::Path};

use self::{
    case::Case,
    random::{FAMILIES, long_case},
};

/// Of each family.
const CASES: u64 = 155;
const LONG_CASES: u64 = 16;
/// Away from the numbers that the tests count through.
const FIRST: u64 = 1_000_000_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut number = FIRST..;
    let mut numbers = |count| number.by_ref().take(count).collect::<Vec<_>>();
    for family in FAMILIES {
        let cases = numbers(usize::try_from(CASES)?).into_iter().map(|number| random::case(family, number));
        write(family.file, cases.collect())?;
    }
    write("long-spans", numbers(usize::try_from(LONG_CASES)?).into_iter().map(long_case).collect())
}

/// One case a line.
fn write(name: &str, mut cases: Vec<Case>) -> Result<(), Box<dyn Error>> {
    let mut lines = Vec::new();
    for (number, case) in cases.iter_mut().enumerate() {
        case.name = format!("{name} {}: {} from {} in {}", number + 1, case.budget, case.start, case.zone);
        assert_eq!(case.core(), case.expect, "{}", case.name);
        lines.push(serde_json::to_string(case)?);
    }
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors").join(name).with_extension("json");
    fs::write(&file, format!("[\n{}\n]\n", lines.join(",\n")))?;
    println!("{}: {} cases", file.display(), lines.len());
    Ok(())
}
