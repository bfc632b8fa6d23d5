//! The Rust tests, run by nextest from the one build of the workspace.

use crate::flaky;
use crate::output::Output;
use crate::shell::in_ci;
use crate::workspace;

/// The tests that need a server, and have a part of their own.
const REDIS: &str = "package(fh-redis)";
/// The table of `fh serve` in hard conditions, which has a part of its own.
const HARDSHIP: &str = "(package(fh-cli) & binary(cli) & test(/^hardship::/))";
/// The tests of what operators install that need programs of others, which have a part of their own.
const OPERATORS: &str =
    "(package(fh-cli) & binary(cli) & test(/^operators::(action|kubernetes|nginx)::/))";
/// The tests of servers that share one state in PostgreSQL, which have a part of their own.
const CLUSTER: &str =
    "((package(fh-edge) & binary(cluster)) + (package(fh-cli) & binary(cli) & test(/^cluster::/)))";
/// The tests that judge how fast something happens. They run with nothing beside them.
const PACE: [&str; 3] = [
    "(package(fh-listen) & binary(listen) & test(/^(limits|malformed|http2|tls|shutdown)::/))",
    "(package(fh-cli) & binary(cli) & test(/^(doctor::|watch::polling_of_both_sorts$)/))",
    "(package(fh-conformance) & binary(rust_adapter) & test(/^the_end_of_input_ends_the_adapter_also_while_a_listener_sleeps$/))",
];

/// The crates whose tests use real sockets. Such a test that fails is repeated once, alone.
const SOCKETS: [&str; 12] = [
    "fh-cli",
    "fh-client",
    "fh-conformance",
    "fh-edge",
    "fh-examples",
    "fh-featbit-sdks",
    "fh-listen",
    "fh-openfeature",
    "fh-opentelemetry",
    "fh-redis",
    "fh-segment",
    "fh-test-servers",
];

/// Runs all tests that have no part of their own.
pub(crate) fn tests() -> Result<(), String> {
    run(
        &format!("not ({REDIS} + {HARDSHIP} + {OPERATORS} + {CLUSTER} + {})", PACE.join(" + ")),
        &[],
    )
}

/// Runs the tests that judge how fast something happens, one after the other.
pub(crate) fn tests_of_pace() -> Result<(), String> {
    run(&PACE.join(" + "), &["--test-threads", "1"])
}

/// Runs `fh serve` in hard conditions, and prints the table. In CI, a condition that cannot run is an error.
pub(crate) fn hardship(variables: &[(&str, &str)]) -> Result<(), String> {
    let all: &[_] = if in_ci() { &[("FH_HARDSHIP_ALL", "1")] } else { &[] };
    run_with(HARDSHIP, &["--no-capture"], &[all, variables].concat())
}

/// Runs the tests of servers that share one state in PostgreSQL. The output of a failed one has the seed of its history.
pub(crate) fn cluster() -> Result<(), String> {
    run(CLUSTER, &[])
}

/// Runs the tests of what operators install. They print what is not run.
pub(crate) fn operators(variables: &[(&str, &str)]) -> Result<(), String> {
    run_with(OPERATORS, &["--no-capture"], variables)
}

/// Runs the tests that a filter of nextest selects, with further arguments. Fails if there are none.
pub(crate) fn run(filter: &str, arguments: &[&str]) -> Result<(), String> {
    run_with(filter, arguments, &[])
}

/// Runs tests as [`run`] does, with these variables.
pub(crate) fn run_with(
    filter: &str,
    arguments: &[&str],
    variables: &[(&str, &str)],
) -> Result<(), String> {
    let start = |filter: &str| {
        let filter = ["-E", filter].map(str::to_string);
        let words: Vec<String> = arguments.iter().map(ToString::to_string).collect();
        let run = workspace::nextest("run")?.args(&filter).args(&words);
        Ok::<_, String>(variables.iter().fold(run, |run, (name, value)| run.env(name, value)))
    };
    let Err(why) = start(filter)?.go() else { return Ok(()) };
    let Output::Log(log) = Output::current() else { return Err(why) };
    let failed = failed(&log.text());
    if failed.iter().any(|test| !uses_sockets(&test.0)) {
        return Err(why);
    }
    let again = failed.into_iter().map(|(program, test)| {
        let filter = format!("binary_id(={program}) & test(={test})");
        Ok((format!("{program} {test}"), start(&filter)?))
    });
    flaky::repeat_later(again.collect::<Result<_, String>>()?, why)
}

/// Returns true for a test program, such as `fh-cli::cli`, of a crate whose tests use sockets.
fn uses_sockets(program: &str) -> bool {
    SOCKETS.contains(&program.split("::").next().unwrap_or_default())
}

/// Returns the program and the name of each failed test, from the summary of nextest.
fn failed(log: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = log.lines().filter_map(failed_test).collect();
    found.sort();
    // A test that failed is named when it ends, and in the summary.
    found.dedup();
    found
}

/// Reads a line such as `FAIL [   0.005s] (3/9) fh-cli::cli serve::starts`. Other words than FAIL are TIMEOUT and the names of signals.
fn failed_test(line: &str) -> Option<(String, String)> {
    let (word, rest) = line.trim_start().split_once(" [")?;
    let is_failure = word
        .split_whitespace()
        .all(|word| word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '-'));
    if !is_failure || matches!(word, "PASS" | "SKIP" | "SLOW" | "LEAK" | "SETUP") {
        return None;
    }
    let (_, mut rest) = rest.split_once("s] ")?;
    if let Some(counted) = rest.trim_start().strip_prefix('(') {
        rest = counted.split_once(") ")?.1;
    }
    let (program, test) = rest.trim().split_once(' ')?;
    (!test.contains(' ')).then(|| (program.to_string(), test.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_tests_are_read_from_the_summary() {
        let log = "        PASS [   0.004s] (1/9) fh-eval date::works\n\
                           FAIL [   0.005s] ( 3/9) fh-cli::cli serve::starts\n\
                        TIMEOUT [  60.005s] (4/9) fh-client::it stream\n\
                        SIGABRT [   0.005s] fh-edge life::ends\n\
                           SLOW [> 60.000s] fh-edge life::lasts\n\
                        Summary [  42.121s] 9 tests run: 6 passed, 3 failed\n\
                           FAIL [   0.005s] ( 3/9) fh-cli::cli serve::starts\n";
        let expected = [
            ("fh-cli::cli", "serve::starts"),
            ("fh-client::it", "stream"),
            ("fh-edge", "life::ends"),
        ];
        assert_eq!(
            failed(log),
            expected.map(|(program, test)| (program.to_string(), test.to_string()))
        );
    }

    #[test]
    fn only_tests_with_sockets_are_repeated() {
        assert!(uses_sockets("fh-cli::cli") && uses_sockets("fh-edge"));
        assert!(!uses_sockets("fh-eval::it") && !uses_sockets("xtask"));
    }
}
