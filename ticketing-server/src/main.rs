//! `ticketing-server`: see `ticketing-server help`.

#![forbid(unsafe_code)]

use std::process::ExitCode;

/// Writes of many small rows and answers of many small texts: an allocator made for that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ticketing_server::cli::main()
}
