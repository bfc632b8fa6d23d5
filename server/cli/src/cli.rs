//! The command line.

use clap::{Parser, Subcommand};

use crate::commands::{
    bucket, cluster, completions, demo, doctor, eval, explain, get, init, lint, man, probe,
    rollout, schema, serve, set, version, watch,
};
use crate::screen::ColorChoice;

/// Evaluate, explain and check the feature flags in a payload of FeatureHub or a state file, or read, watch and change the flags of a running
/// Edge.
///
/// Commands that evaluate or check features read them from FILE, or from stdin if FILE is `-`. FILE may be a payload: the body
/// of a GET of /features (a list of environments), a list of features, or the text of an event stream (a recorded `curl -N`, or
/// one `data:` line). It may also be a state file, as `fh init` writes it, or the URL of an Edge, followed by a
/// client-evaluated API key.
#[derive(Parser)]
#[command(
    name = "fh",
    version,
    arg_required_else_help = true,
    max_term_width = 100,
    after_help = "\
Exit codes:
  0  the command succeeded
  1  findings, for example: `fh lint` or `fh doctor` found errors, a requested
     feature does not exist, or an Edge refused a change
  2  other errors, for example: the input or the usage is wrong, or the Edge cannot
     be reached or rejects the API key

Start with `fh demo`. `fh COMMAND --help` shows examples."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// Write the output as JSON, for programs
    ///
    /// Scripts, manual pages and the YAML of `fh init -` stay as they are.
    #[arg(long, global = true, help_heading = "Output")]
    pub(crate) json: bool,

    /// Use colours
    ///
    /// `auto` uses colours if stdout is a terminal, unless the environment variable NO_COLOR is set and not empty, or the
    /// environment variable TERM is `dumb`.
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        value_enum,
        default_value_t,
        help_heading = "Output"
    )]
    pub(crate) color: ColorChoice,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    Eval(eval::EvalArgs),
    Explain(explain::ExplainArgs),
    Rollout(rollout::RolloutArgs),
    Lint(lint::LintArgs),
    Bucket(bucket::BucketArgs),
    Get(get::GetArgs),
    Set(set::SetArgs),
    Watch(watch::WatchArgs),
    Doctor(doctor::DoctorArgs),
    Demo(demo::DemoArgs),
    Init(init::InitArgs),
    Serve(serve::ServeArgs),
    Cluster(cluster::ClusterArgs),
    Probe(probe::ProbeArgs),
    Schema(schema::SchemaArgs),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
    Version(version::VersionArgs),
}
