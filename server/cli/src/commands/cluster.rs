//! `fh cluster`: makes, fills, reads and surveys the database of several servers with one state.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use fh_edge::cluster::{self, ClusterError, ClusterOptions, Initialised};
use fh_edge::origin::file::StateFile;
use fh_edge::state::State;
use fh_edge::state::file::Options;

use crate::failure::{Failure, Status};
use crate::json_output;
use crate::runtime;
use crate::screen::{PLAIN, QUIET, Screen, WARNING};

/// Manage the database of several servers with one state.
///
/// Servers that run as `fh serve --cluster URL` share one state in PostgreSQL: a change on any of them is on the streams of all.
/// `fh cluster init` makes the two tables. The role needs the right to create a schema for it; the servers need SELECT, INSERT,
/// UPDATE and DELETE on the tables.
#[derive(Args)]
#[command(after_help = "\
Examples:
  fh cluster init --cluster postgres://fh:SECRET@db.example/flags --state state.yaml
  fh cluster import --cluster-file /run/secrets/database state.yaml
  FH_EDGE_CLUSTER=postgres://fh:SECRET@db.example/flags fh cluster status

Exit codes: 0 fine; 1 `status` found a warning; 2 an error, for example because the
database cannot be reached, or because `init` found the tables.")]
pub(crate) struct ClusterArgs {
    #[command(subcommand)]
    action: Action,

    #[command(flatten)]
    database: Database,
}

#[derive(Args)]
struct Database {
    /// The URL of the database, as --cluster of `fh serve`
    #[arg(
        long,
        global = true,
        value_name = "URL",
        env = "FH_EDGE_CLUSTER",
        hide_env_values = true
    )]
    cluster: Option<String>,

    /// A file with the URL of the database
    #[arg(long, global = true, value_name = "FILE", env = "FH_EDGE_CLUSTER_FILE")]
    cluster_file: Option<PathBuf>,

    /// A PEM file with the certificate authorities of the database
    #[arg(long, global = true, value_name = "FILE", env = "FH_EDGE_CLUSTER_CA")]
    cluster_ca: Option<PathBuf>,

    /// The schema of the tables
    #[arg(
        long,
        global = true,
        value_name = "NAME",
        env = "FH_EDGE_CLUSTER_SCHEMA",
        default_value = "fh_edge"
    )]
    cluster_schema: String,
}

#[derive(Subcommand)]
enum Action {
    /// Make the tables, with a state or without one
    ///
    /// Servers of a cluster without a state are not ready. A state with a revision, such as the answer of GET /admin/v1/state of a
    /// running server, gets versions above those that the clients of the server hold.
    Init {
        /// The first state: a state file, or the answer of GET /admin/v1/state
        #[arg(long, value_name = "FILE")]
        state: Option<PathBuf>,

        /// Succeed if the tables exist, and do not change them
        #[arg(long)]
        if_missing: bool,
    },
    /// Load a state file, as a server loads its file again
    ///
    /// Changes of values that the file does not change are kept. Removed API keys are refused at once.
    Import {
        /// The state file
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Write the state, including its API keys, as a state file
    Export,
    /// Show the revision, the servers, and settings of the database with which changes may be lost
    Status,
}

pub(crate) fn run(
    args: &ClusterArgs,
    json: bool,
    screen: &mut Screen<'_>,
) -> Result<Status, Failure> {
    let options = args.database.options()?.server_name("fh cluster");
    match &args.action {
        Action::Init { state, if_missing } => {
            let state = state.as_deref().map(read).transpose()?;
            let made = runtime::run(async { Ok(cluster::init(&options, state).await) })?;
            let made = made.map_err(failed)?;
            if made == Initialised::Existed && !if_missing {
                return Err(Failure::Input(
                    "the tables exist already: use --if-missing, or `fh cluster import FILE` to load a state".into(),
                ));
            }
            let word = match made {
                Initialised::New => "made the tables",
                Initialised::Existed => "the tables exist already",
            };
            say(json, screen, serde_json::json!({ "made": made == Initialised::New }), word)
        }
        Action::Import { file } => {
            let revision = cluster::import(&options, read(file)?).map_err(failed)?;
            let value = serde_json::json!({ "revision": revision });
            say(json, screen, value, &format!("loaded the state; its revision is {revision}"))
        }
        Action::Export => {
            let state = cluster::export(&options).map_err(failed)?;
            json_output::document(screen.raw(), &serde_json::json!(state))?;
            Ok(Status::Fine)
        }
        Action::Status => status(&options, json, screen),
    }
}

fn say(
    json: bool,
    screen: &mut Screen<'_>,
    value: serde_json::Value,
    sentence: &str,
) -> Result<Status, Failure> {
    match json {
        true => json_output::document(screen.raw(), &value)?,
        false => screen.line(PLAIN, sentence)?,
    }
    Ok(Status::Fine)
}

fn status(
    options: &ClusterOptions,
    json: bool,
    screen: &mut Screen<'_>,
) -> Result<Status, Failure> {
    let found = runtime::run(async { Ok(cluster::survey(options).await) })?.map_err(failed)?;
    if json {
        let servers = found
            .servers
            .iter()
            .map(|server| serde_json::json!({ "name": server.name, "address": server.address }));
        let value = serde_json::json!({
            "id": found.id, "format": found.format, "revision": found.revision, "hasState": found.has_state,
            "logRows": found.log_rows, "servers": servers.collect::<Vec<_>>(), "warnings": found.warnings,
        });
        json_output::document(screen.raw(), &value)?;
    } else {
        let state = if found.has_state { "" } else { ", without a state" };
        screen.line(PLAIN, &format!("cluster {}, revision {}{state}", found.id, found.revision))?;
        screen
            .line(QUIET, &format!("format {}, {} rows of the log", found.format, found.log_rows))?;
        for server in &found.servers {
            screen.line(PLAIN, &format!("  {} at {}", server.name, server.address))?;
        }
        for warning in &found.warnings {
            screen.paragraph(WARNING, "", warning)?;
        }
    }
    Ok(if found.warnings.is_empty() { Status::Fine } else { Status::Findings })
}

impl Database {
    fn options(&self) -> Result<ClusterOptions, Failure> {
        let options = match (&self.cluster, &self.cluster_file) {
            (Some(url), None) => ClusterOptions::new(url),
            (None, Some(file)) => ClusterOptions::from_file(file),
            (Some(_), Some(_)) => {
                return Err(Failure::Input("give --cluster or --cluster-file, not both".into()));
            }
            (None, None) => {
                return Err(Failure::Input(
                    "no database: give --cluster URL or --cluster-file FILE, or set FH_EDGE_CLUSTER".into(),
                ));
            }
        };
        let options = options.map_err(failed)?.schema(&*self.cluster_schema);
        Ok(match &self.cluster_ca {
            Some(file) => options.certificate_authorities(file),
            None => options,
        })
    }
}

/// Reads a state file.
fn read(file: &Path) -> Result<State, Failure> {
    let (_, loaded) = StateFile::open(file, Options::new().process_environment());
    let loaded = loaded.map_err(|error| Failure::Input(error.to_string()))?;
    Ok(loaded.parsed.state)
}

fn failed(why: ClusterError) -> Failure {
    Failure::Input(why.to_string())
}
