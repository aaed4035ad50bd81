//! Tests counted from what their runners say at the end.

use std::ops::Add;

/// How many tests passed, failed, and were left out.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

/// Whose summary lines count. Each is read for itself, because nextest repeats what a failed test printed, and that is the
/// summary of the libtest which ran this one test.
#[derive(Clone, Copy)]
pub(crate) enum Runner {
    Libtest,
    Nextest,
    Node,
}

impl Tally {
    /// Something that either works or does not, and has no tests inside.
    pub(crate) const ONE_PASSED: Self = Self { passed: 1, failed: 0, skipped: 0 };
    /// See [`Tally::ONE_PASSED`].
    pub(crate) const ONE_FAILED: Self = Self { passed: 0, failed: 1, skipped: 0 };

    /// What a line of a runner's output reports: nothing, unless it is the summary.
    pub(crate) fn of_line(line: &str, runner: Runner) -> Self {
        let line = without_colours(line);
        let (start, before_counts) = match runner {
            Runner::Libtest => ("test result: ", ". "),
            Runner::Nextest => ("Summary [", " run: "),
            Runner::Node => return Self::of_tap(&line),
        };
        let counts = line.trim().strip_prefix(start).and_then(|rest| rest.split_once(before_counts));
        counts
            .map_or("", |(_, counts)| counts)
            .split([';', ','])
            .fold(Self::default(), |tally, count| tally + Self::of_count(count))
    }

    /// `# pass 12`: the summary has a line for each count.
    fn of_tap(line: &str) -> Self {
        let Some((what, number)) = line.trim().strip_prefix("# ").and_then(|count| count.split_once(' ')) else {
            return Self::default();
        };
        let Ok(number) = number.parse() else { return Self::default() };
        let none = Self::default();
        match what {
            "pass" => Self { passed: number, ..none },
            "fail" | "cancelled" => Self { failed: number, ..none },
            "skipped" | "todo" => Self { skipped: number, ..none },
            _ => none,
        }
    }

    /// `12 passed`, `1 timed out`, `3 passed (1 slow)`.
    fn of_count(count: &str) -> Self {
        let Some((number, what)) = count.trim().split_once(' ') else { return Self::default() };
        let Ok(number) = number.parse() else { return Self::default() };
        let none = Self::default();
        match what.split(' ').next() {
            Some("passed") => Self { passed: number, ..none },
            Some("failed" | "timed" | "exec") => Self { failed: number, ..none },
            Some("ignored" | "skipped") => Self { skipped: number, ..none },
            _ => none,
        }
    }
}

impl Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            skipped: self.skipped + other.skipped,
        }
    }
}

/// A line without its SGR escape sequences (`ESC [ … m`).
fn without_colours(line: &str) -> String {
    let mut parts = line.split("\x1b[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        plain.push_str(part.split_once('m').map_or("", |(_, rest)| rest));
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn libtest(line: &str, passed: u64, failed: u64, skipped: u64) {
        assert_eq!(Tally::of_line(line, Runner::Libtest), Tally { passed, failed, skipped }, "{line}");
        assert_eq!(Tally::of_line(line, Runner::Nextest), Tally::default(), "{line}");
    }

    #[track_caller]
    fn nextest(line: &str, passed: u64, failed: u64, skipped: u64) {
        assert_eq!(Tally::of_line(line, Runner::Nextest), Tally { passed, failed, skipped }, "{line}");
        assert_eq!(Tally::of_line(line, Runner::Libtest), Tally::default(), "{line}");
    }

    #[test]
    fn libtest_is_understood() {
        libtest(
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 4 filtered out; finished in 0.00s",
            12,
            0,
            1,
        );
        libtest("test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out", 3, 2, 0);
        libtest("test result: \x1b[32mok\x1b[m. 1 passed; 0 failed; 0 ignored\n", 1, 0, 0);
    }

    #[test]
    fn nextest_is_understood() {
        nextest("     Summary [   0.021s] 3 tests run: 3 passed, 0 skipped", 3, 0, 0);
        nextest("     Summary [   0.021s] 1 test run: 1 passed, 2 skipped", 1, 0, 2);
        nextest(
            "\x1b[31;1m     Summary\x1b[0m [   9.1s] 9 tests run: 6 passed (1 slow, 1 leaky), 2 failed, 1 timed out, 0 skipped",
            6,
            3,
            0,
        );
        nextest("     Summary [   1.000s] 2/9 tests run: 1 passed, 1 exec failed, 4 skipped", 1, 1, 4);
    }

    #[test]
    fn nodes_summary_is_understood() {
        let lines = [
            "ok 1 - x",
            "# tests 7",
            "# suites 0",
            "# pass 4",
            "# fail 2",
            "# cancelled 1",
            "# skipped 0",
            "# todo 0",
            "# 9 of them",
        ];
        let sum = lines.iter().fold(Tally::default(), |sum, line| sum + Tally::of_line(line, Runner::Node));
        assert_eq!(sum, Tally { passed: 4, failed: 3, skipped: 0 });
    }

    #[test]
    fn other_lines_count_nothing() {
        libtest("running 12 tests", 0, 0, 0);
        libtest("12 passed; 1 failed", 0, 0, 0);
        libtest("test result: ok", 0, 0, 0);
        libtest("", 0, 0, 0);
    }
}
