//! One module per command.

pub(crate) mod bucket;
pub(crate) mod cluster;
pub(crate) mod completions;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod eval;
pub(crate) mod explain;
pub(crate) mod get;
pub(crate) mod init;
pub(crate) mod lint;
pub(crate) mod man;
pub(crate) mod probe;
pub(crate) mod rollout;
pub(crate) mod schema;
pub(crate) mod serve;
pub(crate) mod set;
pub(crate) mod version;
pub(crate) mod watch;

use clap::CommandFactory as _;

use crate::cli::{Cli, Command};
use crate::failure::{Failure, Status};
use crate::screen::Screen;

/// Runs the command that the command line names, and returns its result.
pub(crate) fn run(cli: &Cli, screen: &mut Screen<'_>) -> Result<Status, Failure> {
    match &cli.command {
        Command::Eval(args) => eval::run(args, cli.json, screen),
        Command::Explain(args) => explain::run(args, cli.json, screen),
        Command::Rollout(args) => rollout::run(args, cli.json, screen),
        Command::Lint(args) => lint::run(args, cli.json, screen),
        Command::Bucket(args) => bucket::run(args, cli.json, screen),
        Command::Get(args) => get::run(args, cli.json, screen),
        Command::Set(args) => set::run(args, cli.json, screen),
        Command::Watch(args) => watch::run(args, cli.json, screen),
        Command::Doctor(args) => doctor::run(args, cli.json, screen),
        Command::Demo(args) => demo::run(args, cli.json, screen),
        Command::Init(args) => init::run(args, cli.json, screen),
        Command::Serve(args) => serve::run(args, cli.json, screen),
        Command::Cluster(args) => cluster::run(args, cli.json, screen),
        Command::Probe(args) => probe::run(args, cli.json, screen),
        Command::Schema(args) => schema::run(args, screen),
        Command::Completions(args) => completions::run(args, Cli::command(), screen),
        Command::Man(args) => man::run(args, Cli::command(), cli.json, screen),
        Command::Version(_) => version::run(cli.json, screen),
    }
}
