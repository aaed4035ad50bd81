//! What goes wrong beneath the program: disks that are full, fail, or lose their power; clocks that are set; files that are damaged.
//! Real programs, real sockets, real files; between them and the disk, where that is to fail, stands `shim.c`.
//!
//! What is promised of each stands in `docs/faults.md`. `TICKETING_SCALE` multiplies rounds.

#![cfg(all(feature = "cli", target_os = "linux"))]

#[path = "../common/mod.rs"]
#[expect(dead_code, reason = "these tests need a part of it")]
mod common;

mod backup;
mod clock;
mod corruption;
mod disk;
mod disk_full;
mod io_errors;
mod power_cut;
mod read_only;
#[path = "../webhooks/receiver.rs"]
#[expect(dead_code, reason = "these tests need a part of it")]
mod receiver;
mod requesters;
mod shim;
mod volume;

/// What `docs/faults.md` says that it is held by is there, and it names all that is.
#[test]
fn the_page_about_faults_names_these_tests_and_no_others() {
    use std::{collections::BTreeSet, fs, path::Path};

    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(package.join("../docs/faults.md")).unwrap();
    let is_name = |text: &&str| {
        text.split_once("::").is_some_and(|(_, test)| test.chars().all(|sign| sign.is_ascii_lowercase() || sign == '_'))
    };
    let named: BTreeSet<String> = page.split('`').filter(is_name).map(str::to_owned).collect();
    let mut there = BTreeSet::new();
    for entry in fs::read_dir(package.join("tests/faults")).unwrap() {
        let path = entry.unwrap().path();
        let module = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.extension().is_none_or(|extension| extension != "rs") || module == "main" {
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        let tests = source.split("#[tokio::test").skip(1).map(|rest| rest.split("fn ").nth(1).unwrap());
        there.extend(tests.map(|rest| format!("{module}::{}", rest.split('(').next().unwrap())));
    }
    assert_eq!(named, there);
}
