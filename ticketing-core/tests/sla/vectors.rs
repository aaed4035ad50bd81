//! The published conformance vectors.

use std::{collections::BTreeSet, fs, path::Path};

use crate::{
    case::Case,
    oracle::expect,
    random::{LONG_DAYS, long_case},
};

/// All of a file's cases.
#[expect(clippy::disallowed_methods, reason = "the vectors are files")]
fn published() -> Vec<(String, Vec<Case>)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors");
    let files = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files.filter(|file| file.extension().is_some_and(|ending| ending == "json")).collect();
    files.sort();
    let cases = |text: String| serde_json::from_str(&text).unwrap();
    files.iter().map(|file| (file.display().to_string(), cases(fs::read_to_string(file).unwrap()))).collect()
}

#[test]
fn the_core_agrees_with_the_published_vectors() {
    let published = published();
    let cases = || published.iter().flat_map(|(_, cases)| cases);
    for case in cases() {
        assert_eq!(case.core(), case.expect, "{}", case.name);
    }
    assert!(cases().count() >= 2000, "{} cases", cases().count());
}

#[test]
fn so_does_the_oracle() {
    for (file, cases) in published() {
        for case in cases {
            let days = if file.ends_with("long-spans.json") { LONG_DAYS } else { 70 };
            assert_eq!(expect(&case, days).as_ref(), Some(&case.expect), "{}", case.name);
        }
    }
}

#[test]
fn every_case_has_a_name_of_its_own_and_says_why_it_is_there() {
    let cases: Vec<Case> = published().into_iter().flat_map(|(_, cases)| cases).collect();
    let names: BTreeSet<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names.len(), cases.len());
    assert!(cases.iter().all(|case| case.source.len() > 10));
    let contents: BTreeSet<String> = cases
        .iter()
        .map(|case| serde_json::to_string(&Case { name: String::new(), ..case.clone() }).unwrap())
        .collect();
    assert_eq!(contents.len(), cases.len());
}

#[test]
fn the_core_agrees_over_years() {
    for number in 0..6 {
        let case = long_case(number);
        assert_eq!(case.core(), case.expect, "{}", serde_json::to_string(&case).unwrap());
    }
}
