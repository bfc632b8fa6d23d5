//! The program, driven by lines.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use fh_test_featbit::sample;
use serde_json::{Value, json};

use crate::client::{Event, Socket};

struct Program {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Program {
    fn start() -> (Self, Value) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_fh-test-featbit"))
            .args(["--port", "0"])
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
    let (mut program, greeting) = Program::start();
    let address = greeting["address"].as_str().unwrap().parse().unwrap();
    let secret = greeting["environment"]["serverSecret"].as_str().unwrap();
    program.done(&format!(r#"{{"do":"putFlag","record":{}}}"#, sample::boolean_flag("one", true)));
    program.done(r#"{"do":"putSegment","record":{"id":"s","n":1.0}}"#);
    program
        .done(r#"{"do":"arm","fault":{"upgradeStatus":{"status":429,"retryAfter":2}},"times":1}"#);
    let (answer, _) = Socket::dial(address, &crate::client::target("server", secret), &[]);
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("2")));
    let mut socket = Socket::open(address, secret);
    socket.send(&crate::client::sync_request(0));
    let Event::Text(full) = socket.next() else { panic!("no text") };
    assert!(full.contains(r#"{"id":"s","n":1.0,"updatedAt""#), "{full}");
    program.done(r#"{"do":"archiveFlag","name":"one"}"#);
    assert_eq!(socket.next().json()["data"]["featureFlags"][0]["isArchived"], true);
    program.done(r#"{"do":"deleteFlag","name":"one"}"#);
    program.done(r#"{"do":"pushText","text":"{\"messageType\":\"nope\"}"}"#);
    assert_eq!(socket.next().json(), json!({"messageType": "nope"}));
    let counts = program.done(r#"{"do":"waitFor","openSockets":1,"messages":1,"upgrades":2}"#);
    assert_eq!((&counts["socketsOpened"], &counts["insights"]), (&json!(1), &json!(0)));
    program.done(r#"{"do":"replaceAll","flags":[],"segments":[]}"#);
    let added = program.done(r#"{"do":"addEnvironment"}"#);
    let id = added["environment"]["id"].as_str().unwrap();
    program.done(&format!(r#"{{"do":"revokeSecrets","environment":"{id}"}}"#));
    program.done(r#"{"do":"script","route":"track","answers":["hang",{"status":{"status":500}}]}"#);
    program.done(r#"{"do":"clock","offsetMs":5000}"#);
    program.done(r#"{"do":"pingSockets"}"#);
    assert_eq!(socket.next(), Event::Ping(b"test".to_vec()));
    for command in ["clearFaults", "release", "silence", "stop", "restart"] {
        program.done(&format!(r#"{{"do":"{command}"}}"#));
    }
    program.done(r#"{"do":"closeSockets","code":1000}"#);
    program.done(r#"{"do":"dropSockets"}"#);
    let record = program.done(r#"{"do":"record"}"#);
    assert_eq!(record["upgrades"][0]["outcome"], json!({"status": 429}));
    assert_eq!(record["upgrades"][1]["outcome"], "opened");
    assert_eq!(record["messages"][0]["text"], crate::client::sync_request(0));
    program.input = None;
    assert!(program.child.wait().unwrap().success());
}

#[test]
fn bad_lines_get_an_error_and_the_program_goes_on() {
    let (mut program, _) = Program::start();
    for (line, part) in [
        ("nonsense", "no JSON object"),
        ("[]", "no JSON object"),
        (r#"{"do":"dance"}"#, "unknown command \"dance\""),
        (r#"{"do":"putFlag"}"#, "missing field `record`"),
        (r#"{"do":"putFlag","record":5}"#, "no JSON object"),
        (r#"{"do":"stop","now":true}"#, "unknown field `now`"),
        (r#"{"do":"arm","fault":"badLuck"}"#, "unknown variant `badLuck`"),
        (r#"{"do":"deleteFlag","name":"x"}"#, "no flag or segment \"x\""),
        (r#"{"do":"pushText","text":"","environment":"x"}"#, "no environment \"x\""),
        (r#"{"do":"waitFor","messages":1,"timeoutMs":1}"#, "not met within"),
    ] {
        let answer = program.tell(line);
        assert_eq!(answer["ok"], false, "{line}: {answer}");
        assert!(answer["error"].as_str().unwrap().contains(part), "{line}: {answer}");
    }
    program.done(r#"{"do":"record"}"#);
    drop(program.input.take());
    assert!(program.child.wait().unwrap().success());
    let status = Command::new(env!("CARGO_BIN_EXE_fh-test-featbit")).arg("--help").status();
    assert_eq!(status.unwrap().code(), Some(2));
}
