//! The command `server run`: scenarios against a server.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::baselines::{read_baseline, refuse};
use super::{Ended, FAILED, INVALID, Problem, print, write_file};
use crate::baseline::Baseline;
use crate::report::{
    Report, ReportSubject, RowOutcome, timeline_text, to_json, to_junit, to_table,
};
use crate::server::scenario::{
    self, Administered, Evaluated, Identifiers, Program, Relay, Reproduction, Running, Scenario,
    ScenarioRun, ServerLauncher, row_of,
};
use crate::server::target::{TargetFile, TargetServer};
use crate::server::wire::{Base, Connection, Request, component};
use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// The URL of a server with the state that `server state scenarios` prints: http://HOST[:PORT][/PREFIX]. The scenarios change its
    /// features by PUT, and leave some features changed.
    #[arg(long, required_unless_present_any = ["fh", "target"])]
    url: Option<Base>,
    /// The URL of health and metrics, if it is another one.
    #[arg(long, value_name = "URL", requires = "url")]
    monitor: Option<Base>,
    /// The key of the admin API, for scenarios that replace the served state.
    #[arg(long, env = "FH_EDGE_ADMIN_KEY", hide_env_values = true, value_name = "KEY")]
    admin_key: Option<String>,
    /// The URL of the admin API, if it is another one.
    #[arg(long, value_name = "URL", requires = "admin_key")]
    admin: Option<Base>,
    /// The program `fh`, of which each scenario starts one.
    #[arg(long, value_name = "PATH", conflicts_with = "url")]
    fh: Option<PathBuf>,
    /// Test a relay: each scenario starts it in front of a server with the scenario's state.
    #[arg(long, requires = "fh")]
    relay: bool,
    /// Seconds that each answer and each event of a server of --fh may take.
    #[arg(long, default_value_t = 60, value_name = "SECONDS", requires = "fh")]
    patience: u64,
    /// A file that describes any other server, with its ids and keys. `server target` prints one.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["url", "fh"])]
    target: Option<PathBuf>,
    /// Run only scenarios whose id begins with this text, such as S-SSE or S-PUT-007. May be repeated.
    #[arg(long, value_name = "ID")]
    only: Vec<String>,
    /// Number of scenarios that run at once, each with a server of its own. With --url and --target it is always one.
    #[arg(long, default_value_t = 4)]
    jobs: usize,
    /// The known failures of this version of the server.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write a baseline with the failures of this run. New entries have no reason and need one.
    #[arg(long, value_name = "FILE")]
    write_baseline: Option<PathBuf>,
    /// Write a report for programs.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write a report for CI servers.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write the requests and answers of each failure into this folder.
    #[arg(long, value_name = "DIR")]
    evidence: Option<PathBuf>,
}

/// Time limit for the version of a server.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server under test, and how reports call it.
struct ServerUnderTest {
    launcher: Box<dyn ServerLauncher>,
    jobs: usize,
    subject: ReportSubject,
    /// The commands that reproduce its failures.
    reproduction: Reproduction,
}

pub(super) fn run(arguments: &RunArguments) -> Ended {
    let baseline = arguments.baseline.as_deref().map(read_baseline).transpose()?;
    let only = &arguments.only;
    for prefix in only {
        if !scenario::ALL.iter().any(|each| each.id.starts_with(prefix)) {
            let text = "begins no id of a scenario; `server list` lists them";
            return Err(Problem::Usage(format!("{prefix:?} {text}")));
        }
    }
    let is_selected =
        |each: &&Scenario| only.is_empty() || only.iter().any(|prefix| each.id.starts_with(prefix));
    let selected: Vec<&Scenario> = scenario::ALL.iter().filter(is_selected).collect();
    let server = server_of(arguments)?;
    let runs = scenario::run_all(&selected, &*server.launcher, server.jobs, |run| {
        let row = row_of(run, &server.reproduction);
        let label = match &row.outcome {
            RowOutcome::Failed(check) => format!(": {}", check.label),
            _ => String::new(),
        };
        let seconds = run.took.as_secs_f64();
        eprintln!("{:<14} {seconds:>6.1} s  {}{label}", row.id, row.outcome.name());
    });
    if let Some(folder) = &arguments.evidence {
        write_evidence(folder, &runs)?;
    }
    let mut report = Report {
        subject: server.subject,
        digest: None,
        profiles: Vec::new(),
        filters: arguments.only.iter().map(|id| format!("--only {id}")).collect(),
        rows: runs.iter().map(|run| row_of(run, &server.reproduction)).collect(),
    };
    if let Some(baseline) = &baseline {
        baseline.check(&report, |id| Scenario::named(id).is_some()).or_else(refuse)?;
        baseline.apply(&mut report);
    }
    if let Some(path) = &arguments.write_baseline {
        write_file(path, &Baseline::of(&report, baseline.as_ref()).to_text())?;
    }
    print(&to_table(&report));
    if let Some(path) = &arguments.json {
        write_file(path, &format!("{}\n", to_json(&report).pretty()))?;
    }
    if let Some(path) = &arguments.junit {
        write_file(path, &to_junit(&report))?;
    }
    let total = report.total();
    if total.fail > 0 {
        return Ok(FAILED);
    }
    if total.selected == total.skip {
        eprintln!("no scenario was run");
        return Ok(INVALID);
    }
    Ok(0)
}

fn server_of(arguments: &RunArguments) -> Result<ServerUnderTest, Problem> {
    let program = "fh-conformance server run";
    if let Some(path) = &arguments.target {
        return target(path, format!("{program} --target {}", path.display()));
    }
    if let Some(path) = &arguments.fh {
        let patience = Duration::from_secs(arguments.patience);
        let run = format!("{program} --fh {}", path.display());
        let version = program_version(path);
        let program = Program { path: path.clone(), patience };
        if arguments.relay {
            return Ok(ServerUnderTest {
                launcher: Box::new(Relay(program)),
                jobs: arguments.jobs,
                subject: subject("fh serve --relay", version),
                reproduction: running(format!("{run} --relay")),
            });
        }
        return Ok(ServerUnderTest {
            launcher: Box::new(program),
            jobs: arguments.jobs,
            subject: subject("fh serve", version),
            reproduction: Reproduction { run, start: Some(start_command(path)) },
        });
    }
    let Some(base) = arguments.url.clone() else {
        return Err(Problem::Usage("--url, --fh or --target is missing".to_owned()));
    };
    if arguments.admin_key.is_none() {
        check_state(&base)?;
    }
    let monitor = arguments.monitor.clone().unwrap_or_else(|| base.clone());
    let mut command = format!("{program} --url http://{}{}", base.authority(), base.target(""));
    if arguments.monitor.is_some() {
        let url = format!("http://{}{}", monitor.authority(), monitor.target(""));
        command.push_str(&format!(" --monitor {url}"));
    }
    let subject = subject("server", version_of(&monitor));
    let launcher: Box<dyn ServerLauncher> = match arguments.admin_key.clone() {
        None => Box::new(Running { base, monitor }),
        Some(key) => {
            let admin = arguments.admin.clone().unwrap_or_else(|| base.clone());
            Box::new(Administered { base, monitor, admin, key })
        }
    };
    Ok(ServerUnderTest { launcher, jobs: 1, subject, reproduction: running(command) })
}

/// Checks by one poll that a server has the scenarios' state, because most scenarios would fail without it.
fn check_state(base: &Base) -> Result<(), Problem> {
    let key = Identifiers::standard().key("reader", "dev", Evaluated::ByClient);
    let key = key.map_err(|missing| Problem::Usage(missing.to_string()))?;
    let request =
        Request::new("GET", base.target(&format!("/features?apiKey={}", component(&key))));
    let url = format!("http://{}{}", base.authority(), base.target(""));
    let response = Connection::open(base, PATIENCE)
        .and_then(|mut connection| connection.request(&request))
        .map_err(|error| {
            let advice = "check that the server runs there, and that --url has its host and port";
            Problem::Outside(format!("{url} does not answer: {error}; {advice}"))
        })?;
    if response.status == 200 {
        return Ok(());
    }
    Err(Problem::Usage(format!(
        "{url} does not serve the state of the scenarios: it answers a poll with a key of this state with {}. Start the server with this state:
  fh-conformance server state scenarios > scenarios.json
  fh serve --state scenarios.json
or describe the ids and keys of another server, and run `server run --target target.yaml`:
  fh-conformance server target > target.yaml",
        response.status
    )))
}

/// Returns the reproduction for a server that runs already.
fn running(run: String) -> Reproduction {
    Reproduction { run, start: None }
}

/// Returns the command that serves the state of the scenarios.
fn start_command(path: &Path) -> String {
    let port = Reproduction::AUTHORITY.rsplit(':').next().unwrap_or_default();
    let state = "fh-conformance server state scenarios > scenarios.json";
    format!("{state} && {} serve --state scenarios.json --port {port}", path.display())
}

/// Reads a target file, and connects to its server.
fn target(path: &Path, command: String) -> Result<ServerUnderTest, Problem> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Problem::Outside(format!("{}: {error}", path.display())))?;
    let file = TargetFile::parse(&text, &|name| std::env::var(name).ok())
        .map_err(|error| Problem::Usage(format!("{}: {error}", path.display())))?;
    let version = match (&file.version, &file.monitor) {
        (Some(version), _) => version.clone(),
        (None, Some(monitor)) => version_of(monitor),
        (None, None) => UNKNOWN.to_owned(),
    };
    let mut subject = subject(&file.name, version);
    let mut lacks = file.identifiers.lacks();
    if file.monitor.is_none() {
        lacks.push("monitor".to_owned());
    }
    let reason = "the target file does not have it";
    subject.cannot = lacks.into_iter().map(|name| (name, reason.to_owned())).collect();
    let server = TargetServer::connect(file)
        .map_err(|failure| Problem::Outside(format!("{}: {failure}", path.display())))?;
    // The failure of a connection shows no key.
    let (launcher, reproduction) = (Box::new(server), running(command));
    Ok(ServerUnderTest { launcher, jobs: 1, subject, reproduction })
}

/// The version of a server that tells none.
const UNKNOWN: &str = "unknown";

fn subject(name: &str, version: String) -> ReportSubject {
    ReportSubject { name: name.to_owned(), version, ..ReportSubject::default() }
}

/// Returns the version that `/info/version` tells.
fn version_of(monitor: &Base) -> String {
    let request = Request::new("GET", monitor.target("/info/version"));
    let answer = Connection::open(monitor, PATIENCE)
        .and_then(|mut connection| connection.request(&request))
        .ok()
        .filter(|response| response.status == 200);
    let version = answer.map(|response| response.json());
    let version = version.as_ref().and_then(|json| json.get("version")?.as_str());
    version.unwrap_or(UNKNOWN).to_owned()
}

/// Returns the version of the program `fh`.
fn program_version(path: &Path) -> String {
    let output = Command::new(path).arg("--version").output().ok();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let version = text.as_deref().and_then(|text| text.lines().next()?.split(' ').nth(1));
    version.unwrap_or(UNKNOWN).to_owned()
}

fn write_evidence(folder: &Path, runs: &[ScenarioRun]) -> Result<(), Problem> {
    std::fs::create_dir_all(folder)
        .map_err(|error| Problem::Outside(format!("{}: {error}", folder.display())))?;
    for run in runs {
        if !matches!(row_of(run, &Reproduction::default()).outcome, RowOutcome::Failed(_)) {
            continue;
        }
        let text = timeline_text(run.journal.timeline().start(), &run.journal.entries());
        write_file(&folder.join(format!("{}.timeline.txt", run.scenario.id)), &text)?;
    }
    Ok(())
}
