//! The program, driven by lines.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::exchange::Connection;

const STATE: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/imported/featuresignals-live/state-1.json");

struct Program {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Program {
    fn start(arguments: &[&str]) -> (Self, Value) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_fh-test-featuresignals"))
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut program = Self { input: child.stdin.take(), output, child };
        let greeting = program.line();
        (program, greeting)
    }

    fn line(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    fn tell(&mut self, line: &str) -> Value {
        writeln!(self.input.as_ref().unwrap(), "{line}").unwrap();
        self.line()
    }

    fn done(&mut self, line: &str) -> Value {
        let answer = self.tell(line);
        assert_eq!(answer["ok"], true, "{line}: {answer}");
        answer
    }
}

#[test]
fn a_conversation() {
    let (mut program, greeting) = Program::start(&["--port", "0", "--state", STATE]);
    let address = greeting["address"].as_str().unwrap().parse().unwrap();
    assert_eq!(greeting["url"], format!("http://{address}"));
    let key = greeting["environment"]["serverKey"].as_str().unwrap();
    let mut connection = Connection::dial(address).unwrap();
    let map: Value = serde_json::from_str(connection.map(key, "mara").text()).unwrap();
    assert_eq!(map.as_object().unwrap().len(), 76);
    program.done(r#"{"do":"replaceAll","ruleset":{"flags":{},"states":{},"segments":{}}}"#);
    program.done(r#"{"do":"putFlag","record":{"key":"one","default_value":1.50}}"#);
    program.done(r#"{"do":"putSegment","record":{"key":"s","match_type":"all","rules":[]}}"#);
    program.done(r#"{"do":"putState","name":"one","record":{"enabled":true,"default_value":2}}"#);
    assert_eq!(connection.map(key, "mara").text(), "{\"one\":2}\n");
    program.done(r#"{"do":"enable","name":"one","enabled":false}"#);
    assert_eq!(connection.map(key, "mara").text(), "{\"one\":1.5}\n");
    program.done(r#"{"do":"arm","fault":"unauthorized","route":"map","after":1}"#);
    let statuses = [connection.map(key, "mara").status, connection.map(key, "mara").status];
    assert_eq!(statuses, [200, 401]);
    program.done(r#"{"do":"clearFaults"}"#);
    program.done(r#"{"do":"arm","fault":{"tooManyRequests":{"retryAfter":2}},"next":1}"#);
    assert_eq!(connection.map(key, "mara").header("retry-after"), Some("2"));
    let counts = program.done(r#"{"do":"waitFor","requests":6,"answered":6,"openStreams":0}"#);
    assert_eq!((&counts["connections"], &counts["streams"]), (&json!(1), &json!(0)));
    let added = program.done(r#"{"do":"addEnvironment","slug":"staging"}"#);
    assert_eq!(added["environment"]["slug"], "staging");
    for command in [
        r#"{"do":"revokeKeys","environment":"staging"}"#,
        r#"{"do":"restoreKeys","environment":"staging"}"#,
        r#"{"do":"time","at":"2026-01-01T00:00:00Z"}"#,
        r#"{"do":"time"}"#,
        r#"{"do":"streamLifetime","ms":1000}"#,
        r#"{"do":"cutStreams","reset":true}"#,
        r#"{"do":"deleteState","name":"one"}"#,
        r#"{"do":"deleteFlag","name":"one"}"#,
        r#"{"do":"release"}"#,
        r#"{"do":"stop"}"#,
        r#"{"do":"restart"}"#,
    ] {
        program.done(command);
    }
    let record = program.done(r#"{"do":"record"}"#);
    assert_eq!(record["requests"][0]["target"], "/v1/client/production/flags?key=mara");
    assert_eq!(record["requests"][4]["status"], 401);
    program.input = None;
    assert!(program.child.wait().unwrap().success());
}

#[test]
fn bad_lines_get_an_error_and_the_program_goes_on() {
    let (mut program, _) = Program::start(&[]);
    for (line, part) in [
        ("nonsense", "no JSON object"),
        (r#"{"do":"dance"}"#, "unknown command \"dance\""),
        (r#"{"do":"putFlag"}"#, "missing field `record`"),
        (r#"{"do":"putFlag","record":{}}"#, "has no key"),
        (r#"{"do":"putFlag","record":5}"#, "no JSON object"),
        (r#"{"do":"stop","now":true}"#, "unknown field `now`"),
        (r#"{"do":"arm","fault":"badLuck"}"#, "unknown variant `badLuck`"),
        (r#"{"do":"arm","fault":"reset","next":1,"nth":1}"#, "only one of"),
        (r#"{"do":"deleteFlag","name":"x"}"#, "no flag \"x\""),
        (r#"{"do":"putState","name":"x","record":{}}"#, "no flag \"x\""),
        (r#"{"do":"deleteState","name":"x"}"#, "has no state"),
        (r#"{"do":"revokeKeys","environment":"x"}"#, "no environment \"x\""),
        (r#"{"do":"time","at":"noon"}"#, "is no time"),
        (r#"{"do":"waitFor","requests":1,"timeoutMs":1}"#, "not met within"),
    ] {
        let answer = program.tell(line);
        assert_eq!(answer["ok"], false, "{line}: {answer}");
        assert!(answer["error"].as_str().unwrap().contains(part), "{line}: {answer}");
    }
    program.done(r#"{"do":"record"}"#);
    drop(program.input.take());
    assert!(program.child.wait().unwrap().success());
    let status = Command::new(env!("CARGO_BIN_EXE_fh-test-featuresignals")).arg("--help").status();
    assert_eq!(status.unwrap().code(), Some(2));
}
