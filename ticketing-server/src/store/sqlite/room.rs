//! Whether a disk has room again.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, ErrorKind, Write as _},
    path::{Path, PathBuf},
};

use crate::store::StoreError;

/// More than any one transaction of this program writes, but for the very large ones.
const OCTETS: usize = 1 << 20;

/// Writes a file beside another one, has it on the disk, and removes it again. Asked only where the disk has refused something.
pub(super) fn look_for_room(beside: &Path) -> Result<(), StoreError> {
    let mut path = OsString::from(beside);
    path.push("-room");
    let path = PathBuf::from(path);
    let written = write(&path);
    let removed = fs::remove_file(&path);
    written.and(removed).map_err(|error| match error.kind() {
        ErrorKind::NotFound => StoreError::Unavailable(error.into()),
        _ => StoreError::Unwritable(error.into()),
    })
}

fn write(path: &Path) -> io::Result<()> {
    let mut file = File::create(path)?;
    // Not noughts, which some file systems do not store.
    file.write_all(&vec![0x5a; OCTETS])?;
    file.sync_all()
}
