//! The page that lists all this.

use std::{collections::BTreeSet, fs, path::Path};

/// `kind::name` of each test here, and each fuzz target, as the page writes them; and nothing that there is not.
#[test]
fn names_every_test_and_no_other() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("../docs/hostile-input.md")).unwrap();
    let mut there = BTreeSet::new();
    for file in fs::read_dir(root.join("tests/hostile")).unwrap().map(|entry| entry.unwrap().path()) {
        if file.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let (kind, source) = (file.file_stem().unwrap().to_str().unwrap(), fs::read_to_string(&file).unwrap());
        let mut lines = source.lines();
        while let Some(line) = lines.next() {
            if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
                let signature = lines.next().unwrap();
                let name = signature.split("fn ").nth(1).unwrap().split('(').next().unwrap();
                there.insert(format!("{kind}::{name}"));
            }
        }
    }
    assert!(there.len() > 40, "{there:?}");
    let quoted: Vec<_> = page.split('`').skip(1).step_by(2).collect();
    let is_name = |text: &&str| {
        text.bytes().all(|octet| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'_' || octet == b':')
    };
    let named: BTreeSet<_> = quoted
        .iter()
        .copied()
        .filter(is_name)
        .filter(|text| text.contains("::") && !text.starts_with("deadline::"))
        .map(str::to_owned)
        .collect();
    assert_eq!(named, there);

    for package in ["ticketing-core", "ticketing-server"] {
        let fuzz = root.join("..").join(package).join("fuzz");
        for target in fs::read_dir(fuzz.join("fuzz_targets")).unwrap().map(|entry| entry.unwrap().path()) {
            let name = target.file_stem().unwrap().to_str().unwrap().to_owned();
            assert!(quoted.contains(&name.as_str()), "{name} is not on the page");
            assert!(fs::read_dir(fuzz.join("corpus").join(&name)).unwrap().count() > 2, "{name} has no seeds");
        }
    }
}
