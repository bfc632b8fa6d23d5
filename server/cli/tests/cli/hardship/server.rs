//! The server of a condition, and the files, ports and changes of all its starts.

use std::fs;
use std::io::{self, PipeReader, Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use fh_test::Folder;
use fh_test::certificates::Authority;
use fh_test::wait::{Lateness, wait_until, wait_until_async};
use fh_test_servers::server::Port;
use rustix::process::Signal;

use super::answers::Answers;
use super::condition::{Condition, Hardship, Http, LogReader};
use super::disk::Disk;
use crate::following::Following;
use crate::serve::ENVIRONMENT;
use crate::tool::{command, run};

pub(super) const ADMIN: &str = "adminSecret4test-0123456789";
/// The number of features that callers change before they hang up.
pub(super) const FEATURES: usize = 192;
/// The longest time of a stop: one second of grace, one for the log, and one for the end of the process.
const STOP: Duration = Duration::from_secs(3);

/// The files, ports and changes of a condition.
pub(super) struct Trial {
    pub(super) condition: Condition,
    pub(super) answers: Answers,
    pub(super) folder: Folder,
    pub(super) disk: Option<Disk>,
    pub(super) authority: Option<Authority>,
    pub(super) lateness: Lateness,
    pub(super) counts: Counts,
    /// The URL of the API, and that of health and of the admin API.
    pub(super) api: String,
    pub(super) control: String,
    /// The client of the current start.
    pub(super) client: reqwest::Client,
    ports: [Port; 2],
}

/// The numbers and the log of all starts of a condition.
#[derive(Default)]
pub(super) struct Counts {
    /// The changes that the client has made, which is the value of the feature N.
    pub(super) acknowledged: u64,
    /// The changes by callers that hung up.
    pub(super) hung_up: u64,
    pub(super) rounds: u64,
    pub(super) dropped_lines: u64,
    log: String,
}

impl Trial {
    /// Prepares the files. The error says what this machine lacks.
    pub(super) fn new(condition: Condition) -> Result<Self, String> {
        let folder = Folder::new();
        let data = folder.file("data");
        fs::create_dir(&data).unwrap();
        let is_small = matches!(condition.hardship, Hardship::FullDisk | Hardship::ReadOnlyFolder);
        let disk = is_small.then(|| Disk::at(&data)).transpose()?;
        let steps_clock = condition.hardship == Hardship::ClockSteps;
        if steps_clock && Command::new("faketime").arg("--version").output().is_err() {
            return Err("the Debian package faketime is missing".to_string());
        }
        folder.write("clock", "+0", 1);
        let authority = (condition.http == Http::Two).then(|| {
            let authority = Authority::new("hardship");
            let certificate = authority.issue("127.0.0.1", -30..30);
            folder.write("tls.pem", certificate.pem(), 1);
            folder.write("tls.key", certificate.key_pem(), 1);
            authority
        });
        let ports = [Port::reserve(0).unwrap(), Port::reserve(0).unwrap()];
        let [api, monitor] = ports.each_ref().map(|port| format!("http://{}", port.address()));
        let (api, control) = match condition.http {
            Http::One => (api.clone(), api),
            Http::Two => (api.replace("http", "https"), monitor),
        };
        let (answers, lateness) = (Answers::default(), Lateness::watch());
        let (counts, client) = (Counts::default(), reqwest::Client::new());
        Ok(Self {
            condition,
            answers,
            folder,
            disk,
            authority,
            lateness,
            counts,
            api,
            control,
            client,
            ports,
        })
    }

    /// Writes the state file of a start.
    fn write_state(&self, start: usize) {
        let each = |text: &dyn Fn(usize) -> String, count| (0..count).map(text).collect::<String>();
        let features = each(&|n| format!("  - {{ key: H{n}, type: STRING }}\n"), FEATURES);
        let values = each(&|n| format!(" H{n}: \"{start}-{n}\","), FEATURES);
        let environment = |n| {
            let id = format!("00000000-0000-4000-8000-{n:012}");
            format!("  - {{ id: {id}, name: e{n}, values: {{{values} }} }}\n")
        };
        let environments = each(&environment, self.condition.environments);
        let is_large = self.condition.hardship == Hardship::ClosedWindows;
        let large = "x".repeat(if is_large { 400_000 } else { 1 });
        let text = format!(
            "features:
  - {{ key: N, type: NUMBER }}
  - {{ key: LARGE, type: STRING }}
{features}environments:
  - {{ id: {ENVIRONMENT}, name: dev, values: {{ N: 0, LARGE: {large} }} }}
{environments}accounts:
  - {{ name: reader, clientKey: readerSecret4test*1, serverKey: readerSecret4test1, permissions: {{ dev: READ }} }}
  - {{ name: writer, clientKey: writerSecret4test*1, permissions: {{ dev: [READ, CHANGE_VALUE] }} }}
"
        );
        self.folder.write("state.yaml", text, 1 + start as u64);
    }

    /// Returns the command that starts the server after these words. The process may have 256 MiB of memory.
    fn command(&self, mut words: Vec<String>) -> Command {
        let path = |name: &str| self.folder.file(name).display().to_string();
        let [api, monitor] = self.ports.each_ref().map(|port| port.address().port().to_string());
        let (state, data) = (path("state.yaml"), path("data"));
        let mut args = vec!["serve", "--state", &state, "--data", &data, "--port", &api];
        args.extend(["--listen", "127.0.0.1", "--grace", "1", "--log-format", "json"]);
        let (chain, key) = (path("tls.pem"), path("tls.key"));
        if self.authority.is_some() {
            args.extend(["--monitor-port", &monitor, "--admin-on", "monitor"]);
            args.extend(["--tls-certificate", &chain, "--tls-key", &key]);
        }
        let inner = command(&args);
        words.extend(self.condition.limits.iter().map(ToString::to_string));
        words.extend(["prlimit".to_string(), "--data=268435456".to_string()]);
        let mut outer = Command::new(&words[0]);
        outer.args(&words[1..]).arg(inner.get_program()).args(inner.get_args());
        outer.env("FH_EDGE_ADMIN_KEY", ADMIN);
        if self.condition.hardship == Hardship::ClockSteps {
            outer.env("LD_PRELOAD", "/usr/$LIB/faketime/libfaketimeMT.so.1");
            outer.env("FAKETIME_TIMESTAMP_FILE", path("clock")).env("FAKETIME_NO_CACHE", "1");
            outer.env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        }
        outer
    }

    /// Starts the server and waits until it answers.
    pub(super) async fn start(&mut self, start: usize) -> Running {
        self.write_state(start);
        let (reader, mut writer) = io::pipe().unwrap();
        if self.condition.log == LogReader::Stalls {
            rustix::io::ioctl_fionbio(&writer, true).unwrap();
            while writer.write(b"\n").is_ok() {}
            rustix::io::ioctl_fionbio(&writer, false).unwrap();
        }
        let mut command = self.command(self.disk.as_ref().map(Disk::words).unwrap_or_default());
        command.stdout(writer.try_clone().unwrap()).stderr(writer);
        let child = command.spawn().unwrap();
        let (gate, opened) = channel();
        let process = match self.condition.log {
            LogReader::Closed | LogReader::None => Following::of(child, io::sink(), io::empty()),
            _ => Following::of(child, io::sink(), Gated { opened: Some(opened), reader }),
        };
        let mut server = Running { process, gate: Some(gate) };
        if self.condition.log == LogReader::Reads {
            server.gate = None;
        }
        // The command still holds ends of the pipe.
        drop(command);
        let address = self.control.replace("http://", "");
        wait_until("the server starts", || {
            assert!(server.peak().is_some(), "the server ended at start {start}");
            TcpStream::connect(&address).is_ok()
        });
        self.client = self.http().build().unwrap();
        let stored = self.value().await;
        let is_kept = (self.counts.acknowledged..=self.counts.acknowledged + 1).contains(&stored);
        let text = format!("{stored} of {}", self.counts.acknowledged);
        self.answers.enter("changes kept", is_kept, text);
        // The last change of the start before may have been made without an answer.
        self.counts.acknowledged = stored;
        self.count_hung_up().await;
        server
    }

    /// Starts the server on a folder that it cannot write to, if this is the hardship. It has to end with an error.
    pub(super) fn refuse_start(&mut self) {
        if let (Hardship::ReadOnlyFolder, Some(disk)) = (self.condition.hardship, &self.disk) {
            let refused = run(&mut self.command(disk.read_only_words()), "");
            let is_right = refused.code == 2 && refused.err.contains("Read-only file system");
            let text = if is_right { "refuses to start".to_string() } else { refused.err };
            self.answers.enter("alive", is_right, text);
        }
    }

    /// Returns the number of audit lines that the running server has dropped.
    async fn dropped_lines(&self) -> u64 {
        let metrics = self.control("/metrics").await;
        let name = "fh_edge_log_lines_dropped_total{kind=\"audit\"} ";
        let count = metrics.lines().find_map(|line| line.strip_prefix(name));
        count.map_or(0, |count| count.parse().unwrap())
    }

    /// Compares the audit lines of all starts with the changes that were made.
    pub(super) fn compare_log(&mut self) {
        match self.condition.log {
            LogReader::Reads | LogReader::Stalls => {}
            // The counter of dropped lines was compared before the stop.
            LogReader::Closed => return,
            LogReader::None => {
                return self.answers.enter("audit lines", true, "no log".to_string());
            }
        }
        let lines = self.counts.log.lines().filter(|line| line.contains("fh_edge::audit"));
        let changed = lines.filter(|line| line.contains(r#""outcome":"changed""#)).count() as u64;
        let made = self.counts.acknowledged + self.counts.hung_up;
        let dropped = self.counts.dropped_lines;
        let text = format!("{changed} + {dropped} dropped, of {made}");
        self.answers.enter("audit lines", changed + dropped == made, text);
    }
}

/// A running server.
pub(super) struct Running {
    process: Following,
    /// The output is read once this is dropped.
    gate: Option<Sender<()>>,
}

impl Running {
    /// Returns the peak of the memory in KiB, or `None` if the process has ended.
    fn peak(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.trim().trim_end_matches(" kB").parse().ok()
    }

    /// Enters the peak of the memory since the last call.
    pub(super) fn measure(&self, trial: &mut Trial) {
        let peak = self.peak();
        let text = if peak.is_some() { "yes" } else { "no" };
        trial.answers.enter("alive", peak.is_some(), text.to_string());
        peak.into_iter().for_each(|kib| trial.answers.enter_peak(kib));
        fs::write(format!("/proc/{}/clear_refs", self.process.id()), "5").unwrap();
    }

    /// Reads the output from now on, and the number of lines that the server dropped.
    pub(super) async fn read_on(&mut self, trial: &mut Trial) {
        self.gate = None;
        if trial.condition.log == LogReader::Closed {
            let made = trial.counts.acknowledged + trial.counts.hung_up;
            let are_dropped = async || trial.dropped_lines().await == made;
            wait_until_async("each audit line is dropped", are_dropped).await;
            trial.answers.enter("audit lines", true, format!("{made} dropped, of {made}"));
        }
        trial.counts.dropped_lines += trial.dropped_lines().await;
    }

    /// Sends SIGTERM, and changes N until the server refuses a connection.
    pub(super) async fn stop(self, trial: &mut Trial) {
        let begin = Instant::now();
        self.process.send(Signal::TERM);
        let ended = async {
            let is_over = async || self.peak().is_none();
            wait_until_async("SIGTERM ends the server", is_over).await;
            begin.elapsed()
        };
        let refused = async {
            loop {
                if let Err(why) = trial.change_n().await {
                    return why;
                }
            }
        };
        let (took, refused) = tokio::join!(ended, refused);
        let unanswered = if refused.is_timeout() { ", a change unanswered" } else { "" };
        drop(self.gate);
        let (status, log) = self.process.end();
        let in_time = took <= STOP + trial.lateness.slack();
        let text = format!("{:.1} s, {status}{unanswered}", took.as_secs_f32());
        trial.answers.enter("SIGTERM", in_time && status.success() && unanswered.is_empty(), text);
        trial.counts.log += &log;
    }
}

/// A pipe that is not read before the gate is dropped.
struct Gated {
    opened: Option<Receiver<()>>,
    reader: PipeReader,
}

impl Read for Gated {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(opened) = self.opened.take() {
            // The error means that the gate is dropped.
            let _ = opened.recv();
        }
        self.reader.read(buffer)
    }
}
