//! The programs, driven by lines.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

/// A running program.
pub(crate) struct Program {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Program {
    /// Starts a program, and returns the first line that it prints.
    pub(crate) fn start(path: &str) -> (Self, Value) {
        let mut child = Command::new(path)
            .args(["--port", "0"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut program = Self { input, output: BufReader::new(output), child };
        let greeting = program.line();
        (program, greeting)
    }

    fn line(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    fn tell(&mut self, line: &str) -> Value {
        writeln!(self.input, "{line}").unwrap();
        self.line()
    }

    pub(crate) fn done(&mut self, line: &str) -> Value {
        let answer = self.tell(line);
        assert_eq!(answer["ok"], true, "{line}: {answer}");
        answer
    }

    /// Ends the input, which ends the program.
    pub(crate) fn end(self) {
        let Self { mut child, input, .. } = self;
        drop(input);
        assert!(child.wait().unwrap().success());
    }
}

#[test]
fn bad_lines_get_an_error_and_the_program_goes_on() {
    let path = env!("CARGO_BIN_EXE_fh-test-featuresignals");
    let (mut program, _) = Program::start(path);
    for (line, part) in [
        ("nonsense", "no JSON object"),
        ("[]", "no JSON object"),
        (r#"{"do":"dance"}"#, "unknown command \"dance\""),
        (r#"{"do":"putFlag"}"#, "missing field `record`"),
        (r#"{"do":"putFlag","record":5}"#, "no JSON object"),
        (r#"{"do":"stop","now":true}"#, "unknown field `now`"),
        (r#"{"do":"arm","fault":"badLuck"}"#, "unknown variant `badLuck`"),
        (r#"{"do":"arm","fault":"reset","next":1,"nth":1}"#, "only one of"),
        (r#"{"do":"deleteFlag","name":"x"}"#, "no flag \"x\""),
        (r#"{"do":"revokeKeys","environment":"x"}"#, "no environment \"x\""),
        (r#"{"do":"waitFor","requests":1,"timeoutMs":1}"#, "not met within"),
    ] {
        let answer = program.tell(line);
        assert_eq!(answer["ok"], false, "{line}: {answer}");
        assert!(answer["error"].as_str().unwrap().contains(part), "{line}: {answer}");
    }
    program.done(r#"{"do":"record"}"#);
    program.end();
    let status = Command::new(path).arg("--help").status();
    assert_eq!(status.unwrap().code(), Some(2));
}
