//! A run of several stages: each says what it does and how long it took, and a failed one does not hide the next.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::process;
use crate::tally::{Runner, Tally};

/// The stages that ran so far.
#[derive(Default)]
pub(crate) struct Stages {
    finished: Vec<Finished>,
}

struct Finished {
    name: &'static str,
    took: Duration,
    tally: Tally,
}

impl Stages {
    /// Runs a stage. An error counts as one failure, and the run goes on.
    pub(crate) fn run(&mut self, name: &'static str, stage: impl FnOnce() -> Result<Tally>) {
        println!("\n==> {name}");
        let start = Instant::now();
        let tally = stage().unwrap_or_else(|error| {
            println!("error: {error:#}");
            Tally::ONE_FAILED
        });
        let took = start.elapsed();
        let verdict = if tally.failed == 0 { "passed" } else { "FAILED" };
        println!("<== {name}: {verdict} in {:.1} s", took.as_secs_f64());
        self.finished.push(Finished { name, took, tally });
    }

    /// Prints a table of the stages, then the names of those that failed. Returns the sum.
    pub(crate) fn report(&self) -> Tally {
        println!("\n{:<32} {:>9} {:>7} {:>7} {:>8}", "stage", "time", "passed", "failed", "skipped");
        for Finished { name, took, tally } in &self.finished {
            print_row(name, *took, *tally);
        }
        let took = self.finished.iter().map(|stage| stage.took).sum();
        let tally = self.finished.iter().fold(Tally::default(), |sum, stage| sum + stage.tally);
        print_row("all", took, tally);
        let failed: Vec<_> =
            self.finished.iter().filter(|stage| stage.tally.failed > 0).map(|stage| stage.name).collect();
        if !failed.is_empty() {
            println!("\nFAILED: {}", failed.join(", "));
        }
        println!();
        tally
    }
}

fn print_row(name: &str, took: Duration, Tally { passed, failed, skipped }: Tally) {
    println!("{name:<32} {:>7.1} s {passed:>7} {failed:>7} {skipped:>8}", took.as_secs_f64());
}

/// Runs a command that is one check: it works or it does not. Tests inside are not counted, for where the same tests run
/// again under other features.
pub(crate) fn check(command: &mut Command) -> Result<Tally> {
    process::run(command).map(|()| Tally::ONE_PASSED)
}

/// Runs a command whose tests count.
pub(crate) fn tests(command: &mut Command, runner: Runner) -> Result<Tally> {
    let (status, tally) = process::run_counting(command, runner)?;
    anyhow::ensure!(!status.success() || tally.passed > 0, "no test ran");
    let failed_otherwise = !status.success() && tally.failed == 0;
    Ok(if failed_otherwise { tally + Tally::ONE_FAILED } else { tally })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_failed_stage_does_not_hide_the_next() {
        let mut stages = Stages::default();
        stages.run("fails", || check(&mut shell("exit 1")));
        stages.run("passes", || check(&mut shell("exit 0")));
        stages.run("counts", || {
            tests(&mut shell("echo 'test result: ok. 4 passed; 0 failed; 2 ignored'"), Runner::Libtest)
        });
        assert_eq!(stages.report(), Tally { passed: 5, failed: 1, skipped: 2 });
    }

    #[test]
    fn a_runner_that_fails_without_a_failed_test_is_a_failure() {
        let script = "echo 'test result: ok. 4 passed; 0 failed; 0 ignored'; exit 101";
        assert_eq!(tests(&mut shell(script), Runner::Libtest).unwrap(), Tally { passed: 4, failed: 1, skipped: 0 });
    }

    #[test]
    fn a_runner_that_ran_no_test_is_a_failure() {
        assert!(tests(&mut shell("echo 'test result: ok. 0 passed; 0 failed; 0 ignored'"), Runner::Libtest).is_err());
    }
}
