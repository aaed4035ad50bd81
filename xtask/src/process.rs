//! Child processes: each is shown before it runs, in a form that can be pasted into a shell.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus, Stdio};
use std::{env, io, thread};

use anyhow::{Context, Result, bail, ensure};

use crate::tally::{Runner, Tally};

/// The workspace's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned).unwrap_or_default()
}

/// Cargo's target directory, however it was set: this program lies in `<target>/<profile>/`.
pub(crate) fn target_dir() -> Result<PathBuf> {
    let this = env::current_exe().context("where this program lies")?;
    this.ancestors().nth(2).map(Path::to_owned).context("this program lies outside a target directory")
}

/// Where Cargo keeps what it downloads.
pub(crate) fn cargo_home() -> Result<PathBuf> {
    let home = || env::home_dir().map(|home| home.join(".cargo"));
    env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(home)
        .context("neither CARGO_HOME nor a home directory is known")
}

/// Whether this is a run that nobody watches.
pub(crate) fn in_ci() -> bool {
    env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false")
}

/// How much larger than usual the runs are that only take time: soaks, load, fuzzing. `TICKETING_SCALE`, else 1.
pub(crate) fn scale() -> Result<u64> {
    let Some(text) = env::var_os("TICKETING_SCALE") else { return Ok(1) };
    let scale = text.to_str().and_then(|text| text.parse().ok());
    scale
        .filter(|scale| *scale > 0)
        .with_context(|| format!("TICKETING_SCALE is {}, not a number from 1", text.display()))
}

/// `cargo …` in the workspace's root.
pub(crate) fn cargo<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(args).current_dir(root());
    as_from_a_shell(&mut command);
    if io::stderr().is_terminal() && env::var_os("CARGO_TERM_COLOR").is_none() {
        // Output goes through a pipe when tests are counted; the colours are still wanted.
        command.env("CARGO_TERM_COLOR", "always");
    }
    command
}

/// Takes away what `cargo run` told this program about its own package. Build scripts that watch these variables would
/// otherwise run again, and rebuild what depends on them, each time somebody changes between `cargo` and `cargo xtask`.
pub(crate) fn as_from_a_shell(command: &mut Command) {
    for (name, _) in env::vars_os() {
        let told_by_cargo = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
        if name.to_str().is_some_and(told_by_cargo) {
            command.env_remove(name);
        }
    }
}

/// The first line that a command prints.
pub(crate) fn first_line(command: &mut Command) -> Result<String> {
    let text = output(command.stderr(Stdio::null()))?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

/// What a command prints on stdout.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().with_context(|| show(command))?;
    let output = child.wait_with_output().with_context(|| show(command))?;
    ensure!(output.status.success(), "{}: {}", show(command), output.status);
    String::from_utf8(output.stdout).with_context(|| show(command))
}

/// Whether a command is there and succeeds. Its output is dropped.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let silent = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    silent.status().is_ok_and(|status| status.success())
}

/// Installs Debian packages.
///
/// # Errors
/// Where there is no `apt-get`, or it fails.
pub(crate) fn apt_get_install(packages: &[&str]) -> Result<()> {
    ensure!(succeeds(Command::new("apt-get").arg("--version")), "please install {}", packages.join(", "));
    run(Command::new("apt-get").arg("update"))?;
    let install = ["install", "-y", "--no-install-recommends"];
    run(Command::new("apt-get").args(install).args(packages).env("DEBIAN_FRONTEND", "noninteractive"))
}

/// Sees to it that Python is there, with what makes environments of its packages.
pub(crate) fn python() -> Result<()> {
    if succeeds(Command::new("python3").args(["-c", "import ensurepip, venv"])) {
        return Ok(());
    }
    apt_get_install(&["python3", "python3-venv"])
}

/// Shows a command and runs it to its end.
///
/// # Errors
/// When it cannot be started or fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    announce(command);
    let status = command.stdin(Stdio::null()).status().with_context(|| show(command))?;
    if !status.success() {
        bail!("{}: {status}", show(command));
    }
    Ok(())
}

/// Shows a command, runs it to its end, passes its output on and counts the tests that its summary lines report.
pub(crate) fn run_counting(command: &mut Command, runner: Runner) -> Result<(ExitStatus, Tally)> {
    announce(command);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| show(command))?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let tally = thread::scope(|scope| -> Result<Tally> {
        // Test runners report on either stream.
        let from_stdout =
            scope.spawn(|| stdout.map_or(Ok(Tally::default()), |pipe| pass_on(pipe, runner, |line| print!("{line}"))));
        let from_stderr =
            stderr.map_or(Ok(Tally::default()), |pipe| pass_on(pipe, runner, |line| eprint!("{line}")))?;
        let from_stdout = from_stdout.join().map_err(|_| anyhow::anyhow!("reading the output panicked"))??;
        Ok(from_stdout + from_stderr)
    })?;
    Ok((child.wait()?, tally))
}

fn pass_on(pipe: impl Read, runner: Runner, show: impl Fn(&str)) -> Result<Tally> {
    let mut pipe = BufReader::new(pipe);
    let mut tally = Tally::default();
    let mut line = Vec::new();
    while pipe.read_until(b'\n', &mut line)? > 0 {
        let text = String::from_utf8_lossy(&line);
        show(&text);
        tally = tally + Tally::of_line(&text, runner);
        line.clear();
    }
    Ok(tally)
}

/// Shows a command and becomes it, so that signals reach it and its exit code is this program's.
///
/// # Errors
/// When it cannot be started.
pub(crate) fn become_command(command: &mut Command) -> Result<ExitCode> {
    announce(command);
    #[cfg(unix)]
    {
        let error = std::os::unix::process::CommandExt::exec(command);
        Err(error).with_context(|| show(command))
    }
    #[cfg(not(unix))]
    {
        let code = command.status().with_context(|| show(command))?.code();
        Ok(code.and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
    }
}

fn announce(command: &Command) {
    println!("    $ {}", show(command));
}

/// A command as it is typed in a shell, with the environment variables that it sets.
fn show(command: &Command) -> String {
    let mut words = Vec::new();
    if let Some(directory) = command.get_current_dir().filter(|directory| *directory != root()) {
        words.push(format!("cd {} &&", quote(directory.as_os_str())));
    }
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            words.push(format!("{}={}", name.display(), quote(value)));
        }
    }
    // Cargo says where it lies; what is typed is its name.
    let program = Path::new(command.get_program());
    let is_own_cargo = env::var_os("CARGO").is_some_and(|cargo| cargo == program);
    words.push(if is_own_cargo { "cargo".to_owned() } else { quote(program.as_os_str()) });
    words.extend(command.get_args().map(quote));
    words.join(" ")
}

fn quote(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,@+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.into_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_shown_as_it_is_typed() {
        let mut command = Command::new("/usr/bin/cargo");
        command.env("RUSTFLAGS", "-D warnings").args(["test", "it's"]).current_dir(root());
        assert_eq!(show(&command), r"RUSTFLAGS='-D warnings' /usr/bin/cargo test 'it'\''s'");
        command.current_dir("/tmp");
        assert!(show(&command).starts_with("cd /tmp && RUSTFLAGS="));
    }

    #[test]
    fn tests_are_counted_on_both_streams_and_a_failure_is_seen() {
        let script = "echo 'test result: ok. 2 passed; 0 failed; 1 ignored'; echo 'test result: ok. 3 passed; 0 failed; 0 ignored' >&2; exit 7";
        let (status, tally) = run_counting(Command::new("sh").args(["-c", script]), Runner::Libtest).unwrap();
        assert_eq!(status.code(), Some(7));
        assert_eq!(tally, Tally { passed: 5, failed: 0, skipped: 1 });
    }
}
