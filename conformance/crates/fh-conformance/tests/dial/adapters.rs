//! Adapters that are started with their address: `--adapter 'dial CMD'`.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use fh_conformance::adapter::{Adapter, AdapterCommand, AskError, ProcessEnd, Timeline};
use fh_conformance::adapter_check::check;
use fh_conformance::data::{Capability, Data};
use fh_test::wait::wait_until;
use serde_json::Map;

use crate::http::request;

/// Returns the path of an example, which cargo builds beside the tests.
fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent().unwrap().parent().unwrap().join("examples").join(name)
}

fn program() -> &'static str {
    env!("CARGO_BIN_EXE_fh-conformance")
}

fn command(words: &str) -> AdapterCommand {
    format!("dial '{}' {words}", example("dial_adapter").display()).parse().unwrap()
}

fn dialled(words: &str) -> Adapter {
    Adapter::start(&command(words), Timeline::default()).unwrap()
}

/// Returns the problem of the first command that is not answered.
fn problem(adapter: &mut Adapter) -> String {
    loop {
        match adapter.ask("state", Map::new()) {
            Ok(_) => {}
            Err(AskError::Protocol(problem)) => return problem,
            Err(AskError::Answered(error)) => panic!("{error:?}"),
        }
    }
}

fn failing(words: &str) -> Vec<&'static str> {
    let capabilities = Capability::load(&Data::embedded()).unwrap();
    let checked = check(&command(words), &capabilities, |_| {});
    let results = checked.results.into_iter();
    results.filter(|result| result.problem.is_some()).map(|result| result.name).collect()
}

#[test]
fn an_adapter_that_dials_passes_the_checks() {
    assert_eq!(failing(&format!("'{}' adapter rust", program())), Vec::<&str>::new());
}

#[test]
fn the_checks_find_a_defect_of_an_adapter_that_dials() {
    let bad = example("bad_adapter");
    let words = format!("'{}' '{}' dies-with-a-listener", bad.display(), program());
    let failing = failing(&words);
    assert!(failing.contains(&"a listener that throws kills nothing"), "{failing:?}");
}

#[test]
fn violations_of_the_protocol_are_those_of_standard_output() {
    for (defect, text) in [
        ("silent-after-one-answer", "state has no answer after "),
        ("dead", "the adapter has ended (exit status: 3)"),
        ("wrong-id", "an answer with a wrong id"),
        ("chatter", "a line that is no JSON object"),
        ("too-large", "more than 67108864 bytes at once"),
    ] {
        let mut adapter = dialled(defect);
        let problem = problem(&mut adapter);
        assert!(problem.contains(text), "{defect}: {problem}");
    }
}

#[test]
fn the_process_group_of_the_command_is_killed() {
    let mut adapter = dialled("stays");
    adapter.ask("state", Map::new()).unwrap();
    assert_eq!(adapter.process_id(), None);
    assert_eq!(adapter.end(), ProcessEnd::Killed);
    let log = adapter.log();
    let child = log.trim().strip_prefix("child ").expect("the log");
    let stat = Path::new("/proc").join(child).join("stat");
    // The process may wait for its new parent after its end.
    wait_until("the child process ends", || {
        std::fs::read_to_string(&stat).map_or(true, |stat| stat.contains(") Z "))
    });
}

#[test]
fn an_address_is_printed_for_each_adapter_without_a_command() {
    let mut runner = Command::new(program())
        .args(["adapter", "check", "--adapter", "dial"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(runner.stdout.take().unwrap()).lines();
    let line = lines.next().unwrap().unwrap();
    let address = line.strip_prefix("dial ").expect("an address");
    let hello = request("GET", &format!("{address}/next"), "").unwrap();
    assert!(hello.status == 200 && hello.body.contains("\"hello\""), "{hello:?}");
    let error = r#"{"id":1,"error":{"code":"adapter","message":"a device without an SDK"}}"#;
    assert_eq!(request("POST", &format!("{address}/lines"), error).unwrap().status, 204);
    assert_eq!(request("GET", &format!("{address}/next"), "").unwrap().status, 410);
    let report: Vec<String> = lines.map_while(Result::ok).collect();
    assert_eq!(runner.wait().unwrap().code(), Some(1));
    assert!(report.iter().any(|line| line.contains("a device without an SDK")), "{report:?}");
}
