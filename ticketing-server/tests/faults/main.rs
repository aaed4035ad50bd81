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
