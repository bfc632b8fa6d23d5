//! The command line of `fh-conformance`.

mod adapter;
mod adapter_check;
mod adapter_new;
mod baselines;
mod diff;
mod edge;
mod explain;
mod generate;
mod list;
mod recordings;
mod report;
mod run;
mod sdk;
mod self_test;
mod server;
mod server_run;
mod systems;
mod verify;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use crate::case::Profile;
use crate::data::{Data, DataError, Suite};

/// Tests whether evaluators, SDKs and servers behave as FeatureHub requires.
///
/// Exit codes: 0 success; 1 failures; 2 invalid data or arguments, or a group of which nothing ran;
/// 3 with --certify, a run that left something out, or an SDK below the highest tier; 4 an error
/// outside the suite, such as an unreadable file.
#[derive(Debug, Parser)]
#[command(name = "fh-conformance", version, max_term_width = 100)]
struct Cli {
    /// Use this data folder instead of the data inside the program.
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run, show and check evaluation cases.
    #[command(subcommand)]
    Vectors(Vectors),
    /// Run cases and scenarios against an SDK behind an adapter.
    Sdk(sdk::Arguments),
    /// Compare the engine with the answers of further systems, such as FeatBit.
    #[command(subcommand)]
    Systems(systems::Systems),
    /// Work with adapters.
    #[command(subcommand)]
    Adapter(adapter::Adapter),
    /// Test a server: scenarios, the recorded conversation and the recorded evaluations.
    #[command(subcommand)]
    Server(server::Server),
    /// Write pages that show recordings of SDKs, or check them.
    Report(report::Arguments),
    /// Serve an Edge that behaves as a scenario scripts it, or that has a fault.
    ///
    /// The first line of the output is a JSON object with the URL and two API keys. The Edge runs until the program is ended.
    Edge(edge::Arguments),
    /// Show what a case or a scenario expects, and why.
    Explain(explain::Arguments),
    /// Compare two evaluators on newly drawn cases.
    Diff(diff::Arguments),
    /// Check that cases or scenarios find every mutant, and that every group of cases and every scenario finds
    /// one, apart from listed exceptions.
    SelfTest(self_test::Arguments),
}

#[derive(Debug, Subcommand)]
enum Vectors {
    /// Run cases against a target.
    Run(run::Arguments),
    /// List the ids and titles of cases.
    List(list::Arguments),
    /// Show a concrete case, as a target sees it, as JSON.
    Show(list::Show),
    /// Check the data: schemas, ids, counts, hashes.
    Verify,
    /// Show the expected and the actual answers to a case, and the steps of the evaluation.
    Explain(explain::Arguments),
    /// Print or check the generated cases.
    Generate(generate::Arguments),
}

/// An error that ends a command early.
#[derive(Debug)]
pub(crate) enum Problem {
    /// The data is invalid.
    Data(Vec<DataError>),
    /// The arguments name something that does not exist.
    Usage(String),
    /// The subject failed before a report could be made.
    Failed(String),
    /// Something outside the suite failed, for example reading or writing a file.
    Outside(String),
}

impl From<Vec<DataError>> for Problem {
    fn from(errors: Vec<DataError>) -> Problem {
        Problem::Data(errors)
    }
}

/// Exit code: the command ran, and found a failure or a difference.
const FAILED: u8 = 1;
/// Exit code: the data or the arguments are invalid, or nothing was run.
const INVALID: u8 = 2;
/// Exit code: `--certify` was given, but the run left something out, or the SDK does not reach the highest tier.
const PARTIAL: u8 = 3;
/// Exit code: something failed outside the suite and the target.
const OUTSIDE: u8 = 4;

type Ended = Result<u8, Problem>;

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let ended = load(cli.data.as_ref()).and_then(|data| match cli.command {
        Command::Vectors(Vectors::Run(arguments)) => run::run(&data, arguments),
        Command::Vectors(Vectors::List(arguments)) => list::list(&data, &arguments),
        Command::Vectors(Vectors::Show(arguments)) => list::show(&data, &arguments),
        Command::Vectors(Vectors::Verify) => verify::verify(&data),
        Command::Vectors(Vectors::Explain(arguments)) | Command::Explain(arguments) => {
            explain::explain(&data, &arguments)
        }
        Command::Vectors(Vectors::Generate(arguments)) => generate::generate(&data, &arguments),
        Command::Systems(command) => systems::systems(&data, &command),
        Command::Adapter(command) => adapter::adapter(&data, &command),
        Command::Sdk(arguments) => sdk::sdk(&data, arguments),
        Command::Report(arguments) => report::report(&data, &arguments),
        Command::Server(command) => server::server(command),
        Command::Edge(arguments) => edge::edge(&arguments),
        Command::Diff(arguments) => diff::diff(&data, &arguments),
        Command::SelfTest(arguments) => self_test::self_test(&data, &arguments),
    });
    match ended {
        Ok(code) => code.into(),
        Err(Problem::Data(errors)) => {
            for error in &errors {
                eprintln!("invalid data: {error}");
            }
            INVALID.into()
        }
        Err(Problem::Usage(what)) => {
            eprintln!("{what}");
            INVALID.into()
        }
        Err(Problem::Failed(what)) => {
            eprintln!("{what}");
            FAILED.into()
        }
        Err(Problem::Outside(what)) => {
            eprintln!("{what}");
            OUTSIDE.into()
        }
    }
}

fn load(folder: Option<&PathBuf>) -> Result<Data, Problem> {
    let Some(folder) = folder else {
        return Ok(Data::embedded());
    };
    Data::folder(folder).map_err(|error| Problem::Outside(format!("{}: {error}", folder.display())))
}

/// Loads the cases of the files, and the drawn ones if they are needed, because drawing them takes a while.
fn suite(data: &Data, needs_drawn: bool) -> Result<Suite, Problem> {
    Ok(if needs_drawn { Suite::with_drawn(data)? } else { Suite::load(data)? })
}

/// Returns true for the id of a drawn case.
fn is_drawn(id: &str) -> bool {
    id.starts_with("gen.")
}

/// Prints to standard output. Errors are ignored, because the reader, such as `head`, may have closed the pipe.
fn print(text: &str) {
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

fn write_file(path: &std::path::Path, text: &str) -> Result<(), Problem> {
    std::fs::write(path, text)
        .map_err(|error| Problem::Outside(format!("{}: {error}", path.display())))
}

/// The profiles of a run.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Profiles {
    /// The answers of clients.
    Client,
    /// The answers of a FeatureHub Edge for server-evaluated keys.
    Edge,
    /// Both profiles.
    All,
}

impl Profiles {
    fn list(self) -> Vec<Profile> {
        match self {
            Profiles::Client => vec![Profile::Client],
            Profiles::Edge => vec![Profile::Edge],
            Profiles::All => Profile::ALL.to_vec(),
        }
    }
}

/// Parses a seed such as `0x5EED0001` or `17`.
fn seed(text: &str) -> Result<u64, String> {
    let parsed = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => u64::from_str_radix(&hex.replace('_', ""), 16),
        None => text.parse(),
    };
    parsed.map_err(|error| format!("{text:?} is not a seed: {error}"))
}
