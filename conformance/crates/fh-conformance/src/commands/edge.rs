//! The command `edge`: a scripted Edge for curl, a debugger, or the tests of an application.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use clap::Args;
use fh_test_servers::featurehub::{Fault, Feature};
use serde_json::{Value, json};

use super::{Ended, Problem};
use crate::sdk::{Stage, TEMPO, scenarios};

/// Serve an Edge that behaves as a scenario scripts it, or that has a fault.
///
/// The first line of the output is a JSON object with the URL and two API keys. The Edge runs until the program is ended.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Serve the features of this file: a JSON list of features, as a client-evaluated key gets them.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Behave as in this scenario for SDKs.
    #[arg(long, value_name = "ID", conflicts_with_all = ["state", "fault"])]
    scenario: Option<String>,
    /// Have this fault. A wrong name lists all.
    #[arg(long, value_name = "NAME")]
    fault: Option<String>,
    /// Be healthy again after this many seconds.
    #[arg(long = "for", value_name = "SECONDS", requires = "fault")]
    seconds: Option<f64>,
    /// The port of 127.0.0.1; any free one by default.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Also serve TLS, for the host name `localhost`, with a certificate made for this run. The first line of the output has its URL
    /// and its authority.
    #[arg(long)]
    tls: bool,
}

pub(super) fn edge(arguments: &Arguments) -> Ended {
    let scenario = match &arguments.scenario {
        Some(id) => Some(scenarios::named(id).ok_or_else(|| {
            Problem::Usage(format!("{id:?} is not a scenario; `sdk list` lists them"))
        })?),
        None => None,
    };
    let fault = arguments.fault.as_deref().map(fault_named).transpose()?;
    let tempo = scenario.map_or(TEMPO, |scenario| scenario.tempo);
    let stage = Stage::start_on(arguments.port, tempo)
        .map_err(|error| Problem::Outside(format!("port {}: {error}", arguments.port)))?;
    match (scenario, &arguments.state) {
        (Some(scenario), _) => (scenario.stage)(&stage),
        (None, Some(path)) => serve_file(&stage, path)?,
        (None, None) => stage.with_feature_f(),
    }
    if arguments.tls {
        stage.with_tls("localhost", -1..30);
    }
    announce(&stage)?;
    if let Some(fault) = fault {
        fault.begin(stage.edge());
        if let Some(seconds) = arguments.seconds {
            thread::sleep(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX));
            fault.end(stage.edge()).map_err(|error| Problem::Outside(error.to_string()))?;
        }
    }
    loop {
        thread::park();
    }
}

fn announce(stage: &Stage) -> Result<(), Problem> {
    let edge = stage.edge();
    let mut line = json!({
        "url": edge.url(),
        "clientKey": edge.client_key(),
        "serverKey": edge.server_key(),
    });
    if let (Some(tls), Some(members)) = (stage.tls(), line.as_object_mut()) {
        members.insert("tlsUrl".to_owned(), Value::from(tls.url()));
        members.insert("authority".to_owned(), Value::from(tls.authority()));
    }
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .map_err(|error| Problem::Outside(format!("standard output: {error}")))
}

fn serve_file(stage: &Stage, path: &Path) -> Result<(), Problem> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Problem::Outside(format!("{}: {error}", path.display())))?;
    let features: Vec<Value> = serde_json::from_str(&text)
        .map_err(|error| Problem::Usage(format!("{}: {error}", path.display())))?;
    for feature in features {
        stage.edge().set_feature(Feature::from(feature));
    }
    Ok(())
}

/// Returns the name of a fault on the command line, such as `503-with-retry-after-3`.
fn option_name(fault: Fault) -> String {
    let name = fault.name().to_lowercase();
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

fn fault_named(name: &str) -> Result<Fault, Problem> {
    Fault::ALL.into_iter().find(|fault| option_name(*fault) == name).ok_or_else(|| {
        let names: Vec<String> = Fault::ALL.into_iter().map(option_name).collect();
        Problem::Usage(format!("{name:?} is not a fault; expected {}", names.join(", ")))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_fault_has_a_name_of_its_own() {
        let names: BTreeSet<String> = Fault::ALL.into_iter().map(option_name).collect();
        assert_eq!(names.len(), Fault::ALL.len());
        assert!(names.contains("503-with-retry-after-3"), "{names:?}");
        assert!(matches!(fault_named("bye-loop-after-data"), Ok(Fault::ByeLoop)));
    }
}
