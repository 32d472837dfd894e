//! Parses the output of libtest line by line, and counts the tests of each engine.
//!
//! libtest has no stable machine-readable output, so this parses the lines meant for people. It never guesses: a
//! result that cannot be parsed is a problem of the run.

use std::collections::BTreeMap;
use std::fmt;

/// The number of tests that passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    passed: usize,
    failed: usize,
}

impl Count {
    fn ran(self) -> usize {
        self.passed + self.failed
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failed,
    Ignored,
}

/// A case, and how often it ran on each engine.
#[derive(Default)]
struct Twins {
    sqlite: usize,
    postgres: usize,
}

/// The result of the lines read so far.
#[derive(Default)]
pub(crate) struct Report {
    shared: Count,
    sqlite: Count,
    postgres: Count,
    ignored: usize,
    /// The number of announced results that were never read.
    unread: usize,
    /// The current test program, counted from 1. The same case may exist in two of them.
    program: usize,
    /// The number of results that the current program still owes. Further lines that look like results are something
    /// else, such as the output of a failed test, which libtest shows at the end.
    owed: usize,
    /// A test whose result was interrupted by other output, and comes on a later line.
    unfinished: Option<String>,
    cases: BTreeMap<(usize, String), Twins>,
}

impl Report {
    /// Reads the next line of the output.
    pub(crate) fn read(&mut self, line: &str) {
        let line = without_colours(line);
        let line = line.trim();
        if let Some(announced) = announced(line) {
            self.end_program();
            self.program += 1;
            self.owed = announced;
        } else if line.starts_with("test result: ") {
            self.end_program();
        } else if self.owed == 0 {
            // Not a result.
        } else if let Some((name, rest)) = name(line) {
            match outcome(rest) {
                Some(outcome) => self.count(name, outcome),
                None => self.unfinished = Some(name.to_owned()),
            }
        } else if let Some(outcome) = outcome(line)
            && let Some(name) = self.unfinished.take()
        {
            self.count(&name, outcome);
        }
    }

    /// Ends the output.
    pub(crate) fn end(&mut self) {
        self.end_program();
    }

    fn end_program(&mut self) {
        self.unread += std::mem::take(&mut self.owed);
        self.unfinished = None;
    }

    fn count(&mut self, name: &str, outcome: Outcome) {
        self.owed -= 1;
        self.unfinished = None;
        let name = name.strip_suffix(" - should panic").unwrap_or(name);
        let (case, engine) = name.rsplit_once("::").unwrap_or(("", name));
        let count = match engine {
            "sqlite" => &mut self.sqlite,
            "postgres" => &mut self.postgres,
            _ => &mut self.shared,
        };
        match outcome {
            Outcome::Passed => count.passed += 1,
            Outcome::Failed => count.failed += 1,
            Outcome::Ignored => {
                self.ignored += 1;
                return;
            }
        }
        if matches!(engine, "sqlite" | "postgres") {
            let twins = self.cases.entry((self.program, case.to_owned())).or_default();
            if engine == "sqlite" { twins.sqlite += 1 } else { twins.postgres += 1 }
        }
    }

    /// Lists the problems of the run other than failed tests. In a partial run, the engines may run different cases.
    pub(crate) fn problems(&self, is_part: bool) -> Vec<String> {
        let mut problems = Vec::new();
        if self.unread > 0 {
            let reason = "their program ended early, or something was printed in the middle of a line of results";
            problems.push(format!("{} results are missing: {reason}", self.unread));
        }
        let engines = [("sqlite", self.sqlite), ("postgres", self.postgres)];
        if is_part {
            if self.shared.ran() + self.sqlite.ran() + self.postgres.ran() == 0 {
                problems.push("no test ran: none has such a name".to_owned());
            }
            return problems;
        }
        for (engine, count) in engines {
            if count.ran() == 0 {
                problems.push(format!("no test ran on {engine}"));
            }
        }
        for ((_, case), twins) in &self.cases {
            let (more, less) = match twins.sqlite.cmp(&twins.postgres) {
                std::cmp::Ordering::Equal => continue,
                std::cmp::Ordering::Greater => ("sqlite", "postgres"),
                std::cmp::Ordering::Less => ("postgres", "sqlite"),
            };
            problems.push(format!("{case}::{more} ran and has no twin {case}::{less} that ran"));
        }
        problems
    }

    /// Returns the number of ignored tests.
    pub(crate) fn ignored(&self) -> usize {
        self.ignored
    }

    /// Returns the summary as one line of JSON.
    pub(crate) fn json(&self, problems: &[String]) -> String {
        let count = |name, Count { passed, failed }| format!(r#""{name}":{{"passed":{passed},"failed":{failed}}}"#);
        format!(
            r#"{{{},{},{},"ignored":{},"problems":[{}]}}"#,
            count("shared", self.shared),
            count("sqlite", self.sqlite),
            count("postgres", self.postgres),
            self.ignored,
            problems.iter().map(|problem| json_string(problem)).collect::<Vec<_>>().join(","),
        )
    }
}

/// Formats the summary as the last lines of a run.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "shared: {}", self.shared)?;
        writeln!(f, "sqlite: {}", self.sqlite)?;
        write!(f, "postgres: {}", self.postgres)
    }
}

/// Parses the number in `running 3 tests`, the first line of a test program.
fn announced(line: &str) -> Option<usize> {
    let (number, unit) = line.strip_prefix("running ")?.split_once(' ')?;
    if matches!(unit, "test" | "tests") { number.parse().ok() } else { None }
}

/// Splits `test NAME ... REST`. Output without a line break may precede it.
fn name(line: &str) -> Option<(&str, &str)> {
    let after = line.strip_prefix("test ").or_else(|| Some(line.split_once("test ")?.1))?;
    // If the rest is empty, its leading space was trimmed.
    after.split_once(" ... ").or_else(|| Some((after.strip_suffix(" ...")?, "")))
}

/// Parses the result at the end of a line.
fn outcome(text: &str) -> Option<Outcome> {
    match text {
        "ok" => Some(Outcome::Passed),
        "FAILED" => Some(Outcome::Failed),
        "ignored" => Some(Outcome::Ignored),
        _ if text.starts_with("ignored, ") => Some(Outcome::Ignored),
        _ => None,
    }
}

/// Removes colour escape sequences, which `CARGO_TERM_COLOR=always` emits even into a pipe.
fn without_colours(line: &str) -> String {
    let mut parts = line.split("\u{1b}[");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text.push_str(part.split_once('m').map_or("", |(_, rest)| rest));
    }
    text
}

fn json_string(text: &str) -> String {
    let mut json = String::from('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => json.extend(['\\', c]),
            c if c.is_control() => json.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => json.push(c),
        }
    }
    json.push('"');
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(output: &str) -> Report {
        let mut report = Report::default();
        output.lines().for_each(|line| report.read(line));
        report.end();
        report
    }

    #[test]
    fn counts_each_engine() {
        let report = read(
            "\nrunning 6 tests\n\
             test crud::create::sqlite ... ok\n\
             test crud::create::postgres ... FAILED\n\
             test url::parse ... ok\n\
             test sqlite::names_are_quoted ... ok\n\
             test refuses::sqlite - should panic ... ok\n\
             test refuses::postgres - should panic ... ok\n\n\
             test result: FAILED. 5 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s\n",
        );
        assert_eq!(
            report.to_string(),
            "shared: 2 passed, 0 failed\nsqlite: 2 passed, 0 failed\npostgres: 1 passed, 1 failed"
        );
        assert_eq!(report.problems(false), [""; 0]);
    }

    #[test]
    fn counts_documentation_tests_as_shared() {
        let report = read(
            "running 3 tests\n\
             test crates/db/src/url.rs - url::DatabaseUrl (line 3) ... ok\n\
             test crates/db/src/engine.rs - engine::sqlite (line 9) - compile fail ... ok\n\
             test crates/db/src/engine.rs - engine::postgres (line 12) - compile ... FAILED\n",
        );
        assert_eq!(report.shared, Count { passed: 2, failed: 1 });
        assert_eq!(report.sqlite.ran() + report.postgres.ran(), 0);
    }

    #[test]
    fn ignored_is_not_run() {
        let report = read(
            "running 4 tests\n\
             test a::sqlite ... ok\n\
             test a::postgres ... ignored, needs a test server\n\
             test b::sqlite ... ignored\n\
             test b::postgres ... ignored\n",
        );
        assert_eq!(report.ignored(), 3);
        assert_eq!(
            report.problems(false),
            ["no test ran on postgres", "a::sqlite ran and has no twin a::postgres that ran"]
        );
    }

    #[test]
    fn names_the_case_without_a_twin() {
        // The same number on both engines, but different cases.
        let report = read("running 2 tests\ntest a::sqlite ... ok\ntest b::postgres ... ok\n");
        let problems = [
            "a::sqlite ran and has no twin a::postgres that ran",
            "b::postgres ran and has no twin b::sqlite that ran",
        ];
        assert_eq!(report.problems(false), problems);
        assert_eq!(report.problems(true), [""; 0]);
    }

    #[test]
    fn twins_stand_in_the_same_program() {
        let report = read(
            "running 1 test\ntest a::sqlite ... ok\ntest result: ok. 1 passed\n\
             running 1 test\ntest a::postgres ... ok\ntest result: ok. 1 passed\n",
        );
        assert_eq!(report.problems(false).len(), 2);
    }

    #[test]
    fn reads_through_what_is_printed_between() {
        let report = read(
            "running 5 tests\n\
             test a::sqlite ... listening on 127.0.0.1:8080\n\
             a second line\n\
             ok\n\
             test a::postgres ... \n\
             FAILED\n\
             progress 10%test b::sqlite ... ok\n\
             test b::postgres has been running for over 60 seconds\n\
             \u{1b}[1mtest b::postgres ... \u{1b}[32mok\u{1b}(B\u{1b}[m\n\
             ok\n\
             test c ... \u{1b}[32mok\u{1b}[m\n",
        );
        assert_eq!(report.sqlite, Count { passed: 2, failed: 0 });
        assert_eq!(report.shared, Count { passed: 1, failed: 0 });
        assert_eq!(report.postgres, Count { passed: 1, failed: 1 });
    }

    #[test]
    fn what_failed_tests_printed_is_no_result() {
        let report = read(
            "running 1 test\n\
             test a ... FAILED\n\n\
             failures:\n\n\
             ---- a stdout ----\n\
             test inner::sqlite ... ok\n\n\
             test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s\n",
        );
        assert_eq!((report.shared.ran(), report.sqlite.ran(), report.unread), (1, 0, 0));
    }

    #[test]
    fn a_program_that_ended_early_is_noticed() {
        let report = read("running 3 tests\ntest a::sqlite ... ok\nrunning 1 test\ntest b ... ok\ntest result: ok.\n");
        assert!(report.problems(true)[0].starts_with("2 results are missing"));
    }

    #[test]
    fn an_empty_run_is_a_problem() {
        let report = read("running 0 tests\n\ntest result: ok. 0 passed; 0 failed; 0 ignored\n");
        assert_eq!(report.problems(false), ["no test ran on sqlite", "no test ran on postgres"]);
        assert_eq!(report.problems(true), ["no test ran: none has such a name"]);
    }

    #[test]
    fn writes_json() {
        let report = read("running 1 test\ntest a::sqlite ... ok\n");
        let json = report.json(&["a \"b\" \\ \n".to_owned()]);
        assert_eq!(
            json,
            r#"{"shared":{"passed":0,"failed":0},"sqlite":{"passed":1,"failed":0},"postgres":{"passed":0,"failed":0},"ignored":0,"problems":["a \"b\" \\ \u000a"]}"#
        );
    }
}
