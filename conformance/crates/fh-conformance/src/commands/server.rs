//! The command `server`: any Edge beside what a running FeatureHub server answered, over real sockets.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use super::{Ended, FAILED, INVALID, Problem, print};
use crate::server::evaluations::Evaluations;
use crate::server::replay::{Deviations, Pace, record, replay};
use crate::server::scenario::{
    self, Administered, Failure, Program, Running, ServerLauncher, to_lines, to_markdown,
};
use crate::server::state;
use crate::server::transcript::{Cast, Transcript};
use crate::server::wire::Base;

/// Test a server.
#[derive(Debug, Subcommand)]
pub(crate) enum Server {
    /// List the scenarios of servers: ids and names.
    List {
        /// Print a page in Markdown, with what each scenario checks.
        #[arg(long)]
        markdown: bool,
    },
    /// Run the scenarios of servers against one that serves the state `scenarios`, or against `fh serve`.
    Run(RunArguments),
    /// Repeat the recorded conversation with a server that serves the state `transcript`, and print the differences.
    Replay(ReplayArguments),
    /// Have the conversation with a server, and print it with the server's answers: a recording for `replay --recording`.
    Record(RecordArguments),
    /// Request the answers to 150 contexts from a server that serves the state `evaluations`, and print those that differ from the
    /// recorded ones.
    Evaluations {
        /// The URL of the server: http://HOST[:PORT][/PREFIX].
        #[arg(long)]
        url: Base,
        /// The server-evaluated API key.
        #[arg(long, default_value = Evaluations::SERVER_KEY, hide_default_value = true)]
        api_key: String,
    },
    /// Print a state as a file that this project's Edge serves.
    State {
        /// The state.
        which: Which,
        #[command(flatten)]
        conversation: Conversation,
    },
}

#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    /// The URL of the server: http://HOST[:PORT][/PREFIX]. The scenarios change its features by PUT, and restore them.
    #[arg(long, required_unless_present = "fh")]
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
    /// Run only scenarios whose id begins with this text, such as S-SSE or S-PUT-007.
    #[arg(long, value_name = "ID")]
    only: Option<String>,
    /// Number of scenarios that run at once, each with a server of its own. With --url it is always one.
    #[arg(long, default_value_t = 4)]
    jobs: usize,
}

#[derive(Debug, Args)]
pub(crate) struct ReplayArguments {
    /// The URL of the server: http://HOST[:PORT][/PREFIX].
    #[arg(long)]
    url: Base,
    #[command(flatten)]
    conversation: Conversation,
    /// The allowed differences, in place of those of this project's Edge.
    #[arg(long, value_name = "FILE", conflicts_with = "as_recorded")]
    deviations: Option<PathBuf>,
    /// Allow no difference.
    #[arg(long)]
    as_recorded: bool,
    /// Milliseconds to wait after each write, for a server that acknowledges a write before it applies it.
    #[arg(long, default_value_t = 0, value_name = "MS")]
    rest: u64,
    /// Milliseconds for which a stream is watched for events that must not come.
    #[arg(long, default_value_t = 100, value_name = "MS")]
    quiet: u64,
}

#[derive(Debug, Args)]
pub(crate) struct RecordArguments {
    /// The URL of the server: http://HOST[:PORT][/PREFIX]. Its features are changed by PUT.
    #[arg(long)]
    url: Base,
    #[command(flatten)]
    conversation: Conversation,
    /// A context to poll with, in the form of its header, in place of those of the conversation. May be repeated.
    #[arg(long = "context", value_name = "HEADER")]
    contexts: Vec<String>,
    /// Milliseconds to wait after each write, for a server that acknowledges a write before it applies it.
    #[arg(long, default_value_t = 600, value_name = "MS")]
    rest: u64,
    /// Milliseconds for which a stream is watched for events.
    #[arg(long, default_value_t = 700, value_name = "MS")]
    quiet: u64,
}

/// A conversation and the keys with which it is repeated.
#[derive(Debug, Args)]
pub(crate) struct Conversation {
    /// A recording, in place of the built-in one.
    #[arg(long, value_name = "FILE")]
    recording: Option<PathBuf>,
    /// The environment and the service accounts of the server, as JSON: environmentId, valueIds and accounts of a recording.
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
}

impl Conversation {
    fn read(&self) -> Result<Transcript, Problem> {
        let transcript = match &self.recording {
            Some(file) => Transcript::parse(&read(file)?).map_err(invalid)?,
            None => Transcript::recorded().map_err(invalid)?,
        };
        match &self.keys {
            Some(file) => {
                let cast: Cast = serde_json::from_str(&read(file)?).map_err(invalid)?;
                transcript.with_cast(&cast).map_err(invalid)
            }
            None => Ok(transcript),
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Which {
    /// The state in which the recorded conversation began.
    Transcript,
    /// The state of the recorded evaluations.
    Evaluations,
    /// The state of the scenarios.
    Scenarios,
}

fn read(file: &Path) -> Result<String, Problem> {
    std::fs::read_to_string(file)
        .map_err(|error| Problem::Outside(format!("{}: {error}", file.display())))
}

fn invalid(error: impl Display) -> Problem {
    Problem::Usage(error.to_string())
}

fn outside(error: impl Display) -> Problem {
    Problem::Outside(error.to_string())
}

fn pace(rest: u64, quiet: u64) -> Pace {
    Pace {
        rest: Duration::from_millis(rest),
        quiet: Duration::from_millis(quiet),
        ..Pace::default()
    }
}

pub(super) fn server(command: Server) -> Ended {
    match command {
        Server::List { markdown } => {
            print(&if markdown { to_markdown() } else { to_lines() });
            Ok(0)
        }
        Server::Run(arguments) => run(arguments),
        Server::Replay(arguments) => {
            let deviations = match &arguments.deviations {
                _ if arguments.as_recorded => Deviations::default(),
                Some(file) => Deviations::parse(&read(file)?).map_err(invalid)?,
                None => Deviations::ours().map_err(invalid)?,
            };
            let pace = pace(arguments.rest, arguments.quiet);
            let conversation = arguments.conversation.read()?;
            let report =
                replay(&arguments.url, &conversation, &deviations, pace).map_err(outside)?;
            print(&format!("{report}\n"));
            Ok(if report.is_clean() { 0 } else { FAILED })
        }
        Server::Record(arguments) => {
            let plan = arguments.conversation.read()?.with_contexts(&arguments.contexts);
            let pace = pace(arguments.rest, arguments.quiet);
            let recording = record(&arguments.url, &plan, pace).map_err(outside)?;
            print(&format!("{}\n", serde_json::to_string_pretty(&recording).map_err(outside)?));
            Ok(0)
        }
        Server::Evaluations { url, api_key } => {
            let evaluations = Evaluations::recorded().map_err(invalid)?;
            let found =
                evaluations.ask(&url, &api_key, Pace::default().patience).map_err(outside)?;
            print(&format!("{found}\n"));
            Ok(if found.wrong.is_empty() { 0 } else { FAILED })
        }
        Server::State { which, conversation } => {
            let state = match which {
                Which::Transcript => state::of_transcript(&conversation.read()?)
                    .ok_or_else(|| invalid("the recording does not begin with a state"))?,
                Which::Evaluations => {
                    state::of_evaluations(&Evaluations::recorded().map_err(invalid)?)
                }
                Which::Scenarios => scenario::standard(),
            };
            print(&format!("{state:#}\n"));
            Ok(0)
        }
    }
}

fn run(arguments: RunArguments) -> Ended {
    let RunArguments { url, monitor, admin_key, admin, fh, only, jobs } = arguments;
    let (launcher, jobs): (Box<dyn ServerLauncher>, usize) = match (url, fh, admin_key) {
        (Some(base), _, None) => {
            let monitor = monitor.unwrap_or_else(|| base.clone());
            (Box::new(Running { base, monitor }), 1)
        }
        (Some(base), _, Some(key)) => {
            let monitor = monitor.unwrap_or_else(|| base.clone());
            let admin = admin.unwrap_or_else(|| base.clone());
            (Box::new(Administered { base, monitor, admin, key }), 1)
        }
        (None, Some(path), _) => (Box::new(Program { path }), jobs),
        (None, None, _) => return Err(invalid("--url or --fh is missing")),
    };
    Ok(scenarios(&*launcher, &only.unwrap_or_default(), jobs))
}

/// Runs the selected scenarios, prints their outcomes in order, and returns the exit code.
fn scenarios(launcher: &dyn ServerLauncher, only: &str, jobs: usize) -> u8 {
    let selected: Vec<_> = scenario::ALL.iter().filter(|each| each.id.starts_with(only)).collect();
    let outcomes = scenario::run_all(&selected, launcher, jobs);
    let (mut passed, mut failed, mut not_run) = (0, 0, 0);
    for (scenario, outcome) in selected.iter().zip(outcomes) {
        let (id, name) = (scenario.id, scenario.name);
        match outcome {
            Ok(()) => {
                passed += 1;
                print(&format!("pass    {id} {name}\n"));
            }
            Err(Failure::Unable(why)) => {
                not_run += 1;
                print(&format!("not run {id} {name}: {why}\n"));
            }
            Err(failure) => {
                failed += 1;
                print(&format!("FAIL    {id} {name}: {failure}\n"));
            }
        }
    }
    print(&format!("{passed} passed, {failed} failed, {not_run} not run\n"));
    match (failed, passed) {
        (0, 0) => INVALID,
        (0, _) => 0,
        _ => FAILED,
    }
}
