//! `fh-edge-conformance`: any server beside what a running FeatureHub server answered.
#![forbid(unsafe_code)]

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use fh_edge_conformance::evaluations::Evaluations;
use fh_edge_conformance::replay::{Deviations, Pace, record, replay};
use fh_edge_conformance::scenario::{
    self, Administered, Failure, Program, Running, ServerLauncher,
};
use fh_edge_conformance::state;
use fh_edge_conformance::transcript::{Cast, Transcript};
use fh_edge_conformance::wire::Base;

/// An Edge beside what a running FeatureHub server answered, over real sockets.
///
/// Ends with 1 if the server answers otherwise than it must, with 2 if it could not be asked.
#[derive(Parser)]
#[command(name = "fh-edge-conformance")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Holds the recorded conversation with a server that serves the state `transcript`, and prints where it differs.
    Replay {
        /// Where it listens: http://HOST[:PORT][/PREFIX].
        #[arg(long)]
        url: Base,
        #[command(flatten)]
        conversation: Conversation,
        /// Allowed differences, in place of those of our Edge.
        #[arg(long, value_name = "FILE", conflicts_with = "as_recorded")]
        deviations: Option<PathBuf>,
        /// No difference is allowed.
        #[arg(long)]
        as_recorded: bool,
        /// Milliseconds after each write, for a server that acknowledges before it applies.
        #[arg(long, default_value_t = 0, value_name = "MS")]
        rest: u64,
        /// Milliseconds for which a stream is watched for events that must not come.
        #[arg(long, default_value_t = 100, value_name = "MS")]
        quiet: u64,
    },
    /// Holds the conversation with a server, and prints it with the server's answers: a recording for `replay --recording`.
    Record {
        /// Where it listens: http://HOST[:PORT][/PREFIX]. It is changed by PUT.
        #[arg(long)]
        url: Base,
        #[command(flatten)]
        conversation: Conversation,
        /// A context to poll with, as its header has it, in place of those of the conversation.
        #[arg(long = "context", value_name = "HEADER")]
        contexts: Vec<String>,
        /// Milliseconds after each write, for a server that acknowledges before it applies.
        #[arg(long, default_value_t = 600, value_name = "MS")]
        rest: u64,
        /// Milliseconds for which a stream is watched for events.
        #[arg(long, default_value_t = 700, value_name = "MS")]
        quiet: u64,
    },
    /// Asks a server that serves the state `evaluations` for 150 contexts, and prints answers that are not the recorded ones.
    Evaluations {
        /// Where it listens: http://HOST[:PORT][/PREFIX].
        #[arg(long)]
        url: Base,
        /// The server-evaluated API key.
        #[arg(long, default_value = Evaluations::SERVER_KEY, hide_default_value = true)]
        api_key: String,
    },
    /// Runs the scenarios of servers against one that serves the state `scenarios`, or against `fh serve`.
    Scenarios {
        /// Where it listens: http://HOST[:PORT][/PREFIX]. It is changed by PUT, and left as it was.
        #[arg(long, required_unless_present = "fh")]
        url: Option<Base>,
        /// Where health and figures are, if elsewhere.
        #[arg(long, value_name = "URL", requires = "url")]
        monitor: Option<Base>,
        /// Replace what it serves through our admin API, for scenarios that need another state.
        #[arg(long, env = "FH_EDGE_ADMIN_KEY", hide_env_values = true, value_name = "KEY")]
        admin_key: Option<String>,
        /// Where the admin API is, if elsewhere.
        #[arg(long, value_name = "URL", requires = "admin_key")]
        admin: Option<Base>,
        /// The program `fh`: each scenario starts one of its own.
        #[arg(long, value_name = "PATH", conflicts_with = "url")]
        fh: Option<PathBuf>,
        /// Only scenarios whose id begins so: S-SSE, S-PUT-007.
        #[arg(long, value_name = "ID")]
        only: Option<String>,
    },
    /// Prints a state as a file that our Edge serves.
    State {
        /// Which.
        which: Which,
        #[command(flatten)]
        conversation: Conversation,
    },
}

/// A conversation, and by which keys it is held.
#[derive(Args)]
struct Conversation {
    /// A recording, in place of the one that is built in.
    #[arg(long, value_name = "FILE")]
    recording: Option<PathBuf>,
    /// The environment and the service accounts of the server, as JSON: environmentId, valueIds and accounts of a recording.
    #[arg(long, value_name = "FILE")]
    keys: Option<PathBuf>,
}

impl Conversation {
    fn read(&self) -> Result<Transcript, Box<dyn Error>> {
        let transcript = match &self.recording {
            Some(file) => Transcript::parse(&std::fs::read_to_string(file)?)?,
            None => Transcript::recorded()?,
        };
        match &self.keys {
            Some(file) => {
                let cast: Cast = serde_json::from_str(&std::fs::read_to_string(file)?)?;
                Ok(transcript.with_cast(&cast)?)
            }
            None => Ok(transcript),
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum Which {
    /// That in which the recorded conversation began.
    Transcript,
    /// That of the recorded evaluations.
    Evaluations,
    /// That of the scenarios.
    Scenarios,
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

/// True if everything is as it must be.
fn run(command: Command) -> Result<bool, Box<dyn Error>> {
    match command {
        Command::Replay { url, conversation, deviations, as_recorded, rest, quiet } => {
            let deviations = match deviations {
                _ if as_recorded => Deviations::default(),
                Some(file) => Deviations::parse(&std::fs::read_to_string(file)?)?,
                None => Deviations::ours()?,
            };
            let pace = Pace {
                rest: Duration::from_millis(rest),
                quiet: Duration::from_millis(quiet),
                ..Pace::default()
            };
            let report = replay(&url, &conversation.read()?, &deviations, pace)?;
            println!("{report}");
            Ok(report.is_clean())
        }
        Command::Record { url, conversation, contexts, rest, quiet } => {
            let pace = Pace {
                rest: Duration::from_millis(rest),
                quiet: Duration::from_millis(quiet),
                ..Pace::default()
            };
            let plan = conversation.read()?.with_contexts(&contexts);
            println!("{}", serde_json::to_string_pretty(&record(&url, &plan, pace)?)?);
            Ok(true)
        }
        Command::Evaluations { url, api_key } => {
            let found = Evaluations::recorded()?.ask(&url, &api_key, Pace::default().patience)?;
            println!("{found}");
            Ok(found.wrong.is_empty())
        }
        Command::Scenarios { url, monitor, admin_key, admin, fh, only } => {
            let launcher: Box<dyn ServerLauncher> = match (url, fh, admin_key) {
                (Some(base), _, None) => {
                    let monitor = monitor.unwrap_or_else(|| base.clone());
                    Box::new(Running { base, monitor })
                }
                (Some(base), _, Some(key)) => {
                    let monitor = monitor.unwrap_or_else(|| base.clone());
                    let admin = admin.unwrap_or_else(|| base.clone());
                    Box::new(Administered { base, monitor, admin, key })
                }
                (None, fh, _) => Box::new(Program { path: fh.ok_or("--url or --fh is missing")? }),
            };
            Ok(scenarios(&*launcher, &only.unwrap_or_default()))
        }
        Command::State { which, conversation } => {
            let state = match which {
                Which::Transcript => state::of_transcript(&conversation.read()?)
                    .ok_or("the recording does not begin with a state")?,
                Which::Evaluations => state::of_evaluations(&Evaluations::recorded()?),
                Which::Scenarios => scenario::standard(),
            };
            println!("{state:#}");
            Ok(true)
        }
    }
}

/// True if none failed and one succeeded.
fn scenarios(launcher: &dyn ServerLauncher, only: &str) -> bool {
    let (mut passed, mut failed, mut not_run) = (0, 0, 0);
    for scenario in scenario::ALL.iter().filter(|each| each.id.starts_with(only)) {
        let (id, name) = (scenario.id, scenario.name);
        match scenario.run(launcher) {
            Ok(()) => {
                passed += 1;
                println!("ok      {id} {name}");
            }
            Err(Failure::Unable(why)) => {
                not_run += 1;
                println!("not run {id} {name}: {why}");
            }
            Err(failure) => {
                failed += 1;
                println!("FAILS   {id} {name}: {failure}");
            }
        }
    }
    println!("{passed} succeeded, {failed} failed, {not_run} not run");
    failed == 0 && passed > 0
}
