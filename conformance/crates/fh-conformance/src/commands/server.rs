//! The command `server`: any Edge beside what a running FeatureHub server answered, over real sockets.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use super::server_run::{RunArguments, run};
use super::{Ended, FAILED, Problem, print};
use crate::server::evaluations::Evaluations;
use crate::server::replay::{Deviations, Pace, record, replay};
use crate::server::scenario::{self, StateKnowledge, to_lines, to_markdown};
use crate::server::state;
use crate::server::target::template;
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
    /// Run the scenarios of servers against a running server, or against `fh serve`.
    Run(Box<RunArguments>),
    /// Print a commented file that describes a server, for `run --target`.
    Target {
        /// The extent to which the state of the server is known.
        #[arg(long, value_enum, default_value = "scenarios")]
        state: TargetState,
    },
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
        /// The state to print.
        which: Which,
        #[command(flatten)]
        conversation: Conversation,
    },
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

/// The extent to which the state of a server is known.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum TargetState {
    /// The state of the scenarios was created on the server, with its own ids and keys.
    Scenarios,
    /// Only keys are known.
    Unknown,
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
        Server::Run(arguments) => run(&arguments),
        Server::Target { state } => {
            let kind = match state {
                TargetState::Scenarios => StateKnowledge::Scenarios,
                TargetState::Unknown => StateKnowledge::Unknown,
            };
            print(&template(kind));
            Ok(0)
        }
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
