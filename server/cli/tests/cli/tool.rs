//! Functions that run `fh` and check its output.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

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

/// The time after which a run is ended, because the command serves or waits although it should end.
const LONGEST_RUN: Duration = Duration::from_secs(60);

/// Runs a command with a text on stdin. Asserts that it shows no key of the fake Edge. A command that does not end is killed after
/// [`LONGEST_RUN`], and stderr then says so.
pub(crate) fn run(command: &mut Command, stdin: impl AsRef<[u8]>) -> Run {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let input = stdin.as_ref().to_vec();
    let child = Mutex::new(child);
    let (ended, is_over) = mpsc::channel::<()>();
    let running = &child;
    let run = thread::scope(|scope| {
        scope.spawn(move || {
            // A program that refuses its arguments does not read its input.
            let _ = pipe.write_all(&input);
        });
        let killer = scope.spawn(move || {
            let is_late = is_over.recv_timeout(LONGEST_RUN) == Err(mpsc::RecvTimeoutError::Timeout);
            if is_late {
                // The process may have ended meanwhile.
                let _ = running.lock().unwrap_or_else(PoisonError::into_inner).kill();
            }
            is_late
        });
        let errors = scope.spawn(move || {
            let mut text = String::new();
            err.read_to_string(&mut text).map(|_| text).unwrap()
        });
        let mut text = String::new();
        out.read_to_string(&mut text).unwrap();
        let mut errors = errors.join().unwrap();
        drop(ended);
        if killer.join().unwrap() {
            errors.push_str(&format!(
                "the command did not end within {LONGEST_RUN:?}, and was killed"
            ));
        }
        let status = running.lock().unwrap_or_else(PoisonError::into_inner).wait().unwrap();
        Run { code: status.code().unwrap_or(-1), out: text, err: errors }
    });
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
