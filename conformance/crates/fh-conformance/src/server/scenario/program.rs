//! Starts a process `fh serve` for each scenario. Its state file is rewritten, and signals stop it.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::Evaluated::ByClient;
use super::administered::Administered;
use super::check::{Failure, Outcome, check, there};
use super::identifiers::Identifiers;
use super::launcher::{ServerLauncher, Setup, Subject};
use super::scenario_client::by_key;
use crate::server::wire::{Base, Connection, Request, component};

/// Time limit for starting a process and for detecting a new file.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);
/// The feature whose value identifies the served file. It is in the environment `cached`, on which no scenario opens streams.
const MARK: &str = "SERVED_FILE";

/// The key of the admin API, through which a server that began without a state gets one.
const ADMIN_KEY: &str = "the-admin-key-of-scenarios";

/// A launcher that starts `fh serve`.
#[derive(Debug, Clone)]
pub struct Program {
    /// The path of the program `fh`.
    pub path: PathBuf,
    /// The time that each answer and each event may take.
    pub patience: Duration,
}

/// A running process.
pub(super) struct Process {
    program: PathBuf,
    patience: Duration,
    /// False if the server began without a state.
    has_file: bool,
    arguments: Vec<String>,
    folder: TempDir,
    base: Base,
    monitor: Base,
    child: Mutex<Child>,
    files: AtomicU32,
}

fn state_file(folder: &TempDir) -> PathBuf {
    folder.path().join("state.json")
}

pub(super) fn broken(what: &str, error: impl std::fmt::Display) -> Failure {
    Failure::wrong(what, format!("{what}: {error}"))
}

/// Returns the state with the number of its file in the environment `cached`.
fn marked(state: &Value, mark: u32) -> Value {
    let mut state = state.clone();
    if let Some(features) = state.get_mut("features").and_then(Value::as_array_mut) {
        features.push(json!({"key": MARK, "type": "NUMBER"}));
    }
    let environments = state.get_mut("environments").and_then(Value::as_array_mut);
    for environment in environments.into_iter().flatten() {
        let is_it = environment.get("name").and_then(Value::as_str) == Some("cached");
        let values = environment.get_mut("values").and_then(Value::as_object_mut);
        if let Some(values) = values.filter(|_| is_it) {
            values.insert(MARK.to_owned(), json!({"value": mark}));
        }
    }
    state
}

/// Writes a temporary file next to the target and renames it, as editors and deployments do.
fn replace(path: &Path, state: &Value) -> std::io::Result<()> {
    let beside = path.with_extension("new");
    std::fs::write(&beside, state.to_string())?;
    std::fs::rename(&beside, path)
}

/// Starts the program, and reads its base URLs from its first line of output.
fn launch(program: &Path, arguments: &[String]) -> Result<(Child, Base, Base), Failure> {
    let mut command = Command::new(program);
    command
        .arg("serve")
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let variables = std::env::vars_os().map(|(name, _)| name);
    for name in variables.filter(|name| name.to_string_lossy().starts_with("FH_")) {
        // This variable switches a mutant of the server on.
        if name != "FH_MUTANT" {
            command.env_remove(name);
        }
    }
    let mut child = command.spawn().map_err(|error| broken("fh serve", error))?;
    let mut line = String::new();
    if let Some(output) = child.stdout.take() {
        BufReader::new(output).read_line(&mut line).map_err(|error| broken("its output", error))?;
    }
    let told: Value = serde_json::from_str(&line).unwrap_or_default();
    let url = |name: &str| told.get(name).and_then(Value::as_str)?.parse::<Base>().ok();
    match (url("url"), url("monitor")) {
        (Some(base), Some(monitor)) => Ok((child, base, monitor)),
        _ => {
            // The process may have ended already.
            let _ = child.kill();
            let message = format!("fh serve does not say where it listens: {line:?}");
            Err(Failure::wrong("where fh serve listens", message))
        }
    }
}

impl ServerLauncher for Program {
    fn start(&self, setup: &Setup) -> Result<Box<dyn Subject>, Failure> {
        Ok(Box::new(self.serve(setup)?))
    }
}

impl Program {
    /// Starts a server with a state of its own.
    pub(super) fn serve(&self, setup: &Setup) -> Result<Process, Failure> {
        let folder = tempfile::tempdir().map_err(|error| broken("a folder", error))?;
        let source = match &setup.state {
            Some(state) => {
                replace(&state_file(&folder), &marked(state, 0))
                    .map_err(|error| broken("a file", error))?;
                ["--state".to_owned(), state_file(&folder).display().to_string()]
            }
            None => ["--admin-key", ADMIN_KEY].map(str::to_owned),
        };
        self.start_with(setup, source.into(), folder)
    }

    /// Starts a server with the times of a scenario and these arguments.
    pub(super) fn start_with(
        &self,
        setup: &Setup,
        source: Vec<String>,
        folder: TempDir,
    ) -> Result<Process, Failure> {
        let common = "--listen 127.0.0.1 --port 0 --monitor-port 0 --grace 1 --json";
        let mut arguments: Vec<String> = common.split(' ').map(str::to_owned).collect();
        arguments.extend(source);
        for (flag, time) in [
            ("--drop-after", setup.drop_after),
            ("--heartbeat", setup.heartbeat),
            ("--write-timeout", setup.write_timeout),
        ] {
            if let Some(time) = time {
                arguments.extend([flag.to_owned(), time.as_secs_f64().to_string()]);
            }
        }
        let (child, base, monitor) = launch(&self.path, &arguments)?;
        Ok(Process {
            program: self.path.clone(),
            patience: self.patience,
            has_file: setup.state.is_some(),
            arguments,
            folder,
            base,
            monitor,
            child: Mutex::new(child),
            files: AtomicU32::new(0),
        })
    }
}

impl Process {
    /// Returns the number of the file that polls show.
    fn served(&self) -> Result<Option<u64>, Failure> {
        let cached = component(&Identifiers::standard().key("reader", "cached", ByClient)?);
        let poll = Request::new("GET", self.base.target(&format!("/features?apiKey={cached}")));
        let body = Connection::open(&self.base, PATIENCE)?.request(&poll)?.json();
        let features = by_key(body.pointer("/0/features").unwrap_or(&Value::Null));
        Ok(features.get(MARK).and_then(|mark| mark.get("value")?.as_u64()))
    }

    fn child(&self) -> std::sync::MutexGuard<'_, Child> {
        self.child.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Subject for Process {
    fn base(&self) -> &Base {
        &self.base
    }

    fn monitor(&self) -> Result<&Base, Failure> {
        Ok(&self.monitor)
    }

    fn patience(&self) -> Duration {
        self.patience
    }

    fn serve(&self, state: &Value) -> Outcome {
        if !self.has_file {
            let (base, monitor) = (self.base.clone(), self.monitor.clone());
            let admin = base.clone();
            return Administered { base, monitor, admin, key: ADMIN_KEY.to_owned() }.serve(state);
        }
        let mark = self.files.fetch_add(1, Ordering::Relaxed) + 1;
        replace(&state_file(&self.folder), &marked(state, mark))
            .map_err(|error| broken("a file", error))?;
        let deadline = Instant::now() + PATIENCE;
        while self.served()? != Some(mark.into()) {
            check!(Instant::now() < deadline, "the server does not load the new file");
        }
        Ok(())
    }

    #[cfg(unix)]
    fn stop(&self) -> Outcome {
        use rustix::process::{Pid, Signal, kill_process};
        let pid = i32::try_from(self.child().id()).ok().and_then(Pid::from_raw);
        let pid = there("the process", pid)?;
        kill_process(pid, Signal::TERM).map_err(|error| broken("a signal", error))
    }

    fn start_again(&self) -> Outcome {
        let mut child = self.child();
        let status = child.wait().map_err(|error| broken("its end", error))?;
        check!(status.success(), "it ended with {status}");
        let port = self.base.authority().rsplit(':').next().unwrap_or_default();
        let mut arguments = self.arguments.clone();
        if let Some(at) = arguments.iter().position(|each| each == "--port") {
            arguments.splice(at + 1..at + 2, [port.to_owned()]);
        }
        let (started, _, _) = launch(&self.program, &arguments)?;
        *child = started;
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let mut child = self.child();
        // The process may have ended already.
        let _ = child.kill();
        let _ = child.wait();
    }
}
