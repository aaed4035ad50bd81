//! A file system of its own, as small as a test wants it.

use std::{
    env, fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

/// A directory on it. It is unmounted with this value.
pub(crate) struct Volume {
    at: TempDir,
}

impl Volume {
    /// With room for so many KiB. `None` where this machine does not let anybody mount, which is said, and is a failure where nobody
    /// watches.
    pub(crate) fn or_say_so(kib: u32) -> Option<Self> {
        let at = tempfile::tempdir().unwrap();
        let size = format!("size={kib}k,mode=0777");
        if mount(&["-t", "tmpfs", "-o", &size, "tmpfs"], at.path()) {
            return Some(Self { at });
        }
        let message = "NOT RUN: this needs a file system of its own, and neither this user nor `sudo -n` may mount one";
        assert!(env::var_os("CI").is_none_or(|ci| ci.is_empty() || ci == "false"), "{message}");
        // Not through what test runners keep to themselves.
        let _ = writeln!(std::io::stderr(), "{message}");
        None
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.at.path().join(name)
    }

    /// From now on nothing can be changed on it.
    pub(crate) fn seal(&self) {
        assert!(mount(&["-o", "remount,ro"], self.at.path()), "it is mounted read-only");
    }

    /// Fills it but for so many octets; answers the file that does.
    pub(crate) fn fill(&self, but: usize) -> PathBuf {
        let filler = self.path("filler");
        let mut file = fs::File::create(&filler).unwrap();
        let mut written: u64 = 0;
        while let Ok(octets @ 1..) = file.write(&[0x5a; 1024]) {
            written += octets as u64;
        }
        file.set_len(written.saturating_sub(but as u64)).unwrap();
        filler
    }

    /// Takes what is left, in a second file.
    pub(crate) fn fill_up(&self) {
        let mut file = fs::File::create(self.path("filler-2")).unwrap();
        while let Ok(1..) = file.write(&[0x5a; 512]) {}
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        // Also where something on it is still open.
        let _ = sudo("umount").arg("-l").arg(self.at.path()).status();
    }
}

fn mount(options: &[&str], at: &Path) -> bool {
    sudo("mount").args(options).arg(at).status().is_ok_and(|status| status.success())
}

/// The command as root, where that is somebody else.
fn sudo(program: &str) -> Command {
    let user = Command::new("id").arg("-u").output().map(|output| output.stdout).unwrap_or_default();
    if user.trim_ascii() == b"0" {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.args(["-n", program]);
    command
}
