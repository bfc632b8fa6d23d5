//! Functions that run `fh` and check its output.

use std::io::Write;
use std::process::{Command, Stdio};

use fh_test::Folder;
use fh_test_servers::featurehub::FakeEdge;
use serde_json::Value;

/// The exit code and the output of a run.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Run {
    /// Returns the output as JSON. Panics if it is not JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Asserts the exit code and returns the run.
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }

    /// Asserts the exit code, an empty stdout, and an error on stderr that contains all parts.
    pub(crate) fn refused(self, code: i32, parts: &[&str]) {
        let run = self.expect(code);
        assert_eq!(run.out, "");
        assert!(run.err.starts_with("error: "), "{run:?}");
        for part in parts {
            assert!(run.err.contains(part), "no {part:?} in {run:?}");
        }
    }
}

/// Runs `fh` with nothing on stdin.
pub(crate) fn fh<S: AsRef<str>>(args: &[S]) -> Run {
    fh_with(args, "")
}

/// Runs `fh` with a text on stdin.
pub(crate) fn fh_with<S: AsRef<str>>(args: &[S], stdin: impl AsRef<[u8]>) -> Run {
    run(&mut command(args), stdin)
}

/// Returns the arguments of a command for an Edge, with its URL and its client-evaluated key.
pub(crate) fn of_edge(command: &str, edge: &FakeEdge, others: &[&str]) -> Vec<String> {
    let (url, key) = (edge.url(), edge.client_key());
    let all = [&[command, &url, &key], others].concat();
    all.into_iter().map(str::to_string).collect()
}

/// Variables that are removed because they would change the results of tests.
const VARIABLES: [&str; 18] = [
    "FEATBIT_ENV_SECRET",
    "FEATBIT_STREAMING_URL",
    "FEATURESIGNALS_API_KEY",
    "FEATURESIGNALS_ENVIRONMENT",
    "FEATURESIGNALS_URL",
    "FEATUREHUB_EDGE_URL",
    "FEATUREHUB_API_KEY",
    "FEATUREHUB_CLIENT_API_KEY",
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "ALL_PROXY",
    "all_proxy",
    "NO_PROXY",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];

/// Returns a command for a program, with the default action of every signal.
///
/// A child inherits ignored signals, and the tests may run under `nohup` or in the background of a script, which ignore SIGHUP and SIGINT.
fn program(path: &str) -> Command {
    let mut command = if cfg!(target_os = "linux") {
        let mut command = Command::new("env");
        command.args(["--default-signal", path]);
        command
    } else {
        Command::new(path)
    };
    for variable in VARIABLES {
        command.env_remove(variable);
    }
    command
}

/// Returns a command for `fh` with arguments.
pub(crate) fn command<S: AsRef<str>>(args: &[S]) -> Command {
    let mut command = program(env!("CARGO_BIN_EXE_fh"));
    command.args(args.iter().map(AsRef::as_ref));
    command
}

/// Returns a command for `fh` that starts with these signals ignored, as by `nohup` or in the background of a script.
#[cfg(unix)]
pub(crate) fn ignoring<S: AsRef<str>>(signals: &str, args: &[S]) -> Command {
    let mut command = program("sh");
    let script = format!("trap '' {signals}; exec \"$@\"");
    command.args(["-c", &script, "sh", env!("CARGO_BIN_EXE_fh")]);
    command.args(args.iter().map(AsRef::as_ref));
    command
}

/// Runs a command with a text on stdin. Asserts that it shows no key of the fake Edge.
pub(crate) fn run(command: &mut Command, stdin: impl AsRef<[u8]>) -> Run {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let input = stdin.as_ref().to_vec();
    let writer = std::thread::spawn(move || {
        // A program that refuses its arguments does not read its input.
        let _ = pipe.write_all(&input);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let run = Run {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    };
    assert!(!run.out.contains(SECRET) && !run.err.contains(SECRET), "a key is shown");
    run
}

/// A text that the secret part of each key of the tests contains.
pub(crate) const SECRET: &str = "Secret4test";

thread_local! {
    /// The folder of the test that runs on this thread. It is deleted when the thread ends.
    static FOLDER: Folder = Folder::new();
}

/// Returns the path of a file in the folder of this test. Only the thread of the test may call it.
pub(crate) fn path(name: &str) -> String {
    FOLDER.with(|folder| folder.file(name).to_str().unwrap().to_string())
}

/// Writes a file in the folder of this test and returns its path.
pub(crate) fn file(name: &str, text: impl AsRef<[u8]>) -> String {
    let path = path(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// Three sample features. BANNER has a strategy with a rule, then one with a percentage of 50 %.
pub(crate) const FEATURES: &str = r#"[
    {"id": "5b1f0d3e-7c42-4d0a-9f8b-2e61a9c4d7f0", "key": "BANNER", "type": "STRING", "value": "plain", "version": 3,
     "strategies": [
        {"id": "kiwi", "value": "kia ora", "attributes": [
            {"fieldName": "country", "type": "STRING", "conditional": "EQUALS", "values": ["new_zealand"]}]},
        {"id": "half", "percentage": 500000, "value": "bold"}]},
    {"id": "f2", "key": "LIMIT", "type": "NUMBER", "value": 1.10, "l": true},
    {"id": "f3", "key": "EMPTY", "type": "STRING"}
]"#;
