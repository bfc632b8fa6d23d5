//! The scenarios of `cargo xtask test` against our clients.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::flaky;
use crate::shell::{root, target_folder};
use crate::subjects::{Options, RECORDED, path, scenarios, select, words};
use crate::web::node::with_node;
use crate::workspace::suite;

/// The scenarios and cases of a run.
#[derive(Clone, Copy)]
pub(crate) enum Selection {
    /// All scenarios and cases of a whole run.
    Whole,
    /// The scenarios and cases of the profile `client`, without slow scenarios.
    Client,
    /// A few scenarios, for a package whose rules run in Rust.
    OfBinding,
}

/// The scenarios of [`Selection::OfBinding`]: what crosses between a language and Rust, and what the HTTP stack of the platform does. The rules
/// behind them run in Rust.
const OF_BINDING: [&str; 23] = [
    "P-008",        // headers of the program
    "P-009",        // a context with all characters
    "P-027",        // gzip
    "P-028",        // redirects
    "P-030",        // test updates
    "C-POLL-025",   // a time limit before the head
    "C-POLL-029",   // a body that is too short
    "C-STREAM-002", // an update
    "C-STREAM-011", // a reset connection
    "C-STREAM-032", // an invalid certificate
    "C-STREAM-034", // a certificate authority of the program or the system
    "C-STREAM-035", // a proxy of the program or the environment
    "C-READY-003",  // a wait that ends without features
    "C-LISTEN-003", // listeners of contexts
    "C-LISTEN-006", // listeners that throw
    "C-LISTEN-007", // listeners that change listeners
    "C-LISTEN-011", // texts of updates
    "C-CR-002",     // catch & release
    "C-INT-006",    // types of overrides
    "C-INT-008",    // the end of interceptors
    "C-USE-008",    // events of the program
    "C-CLOSE-001",  // the end of connections
    "C-CLOSE-003",  // the end while a connection is opened
];

/// The options of [`Selection::Client`].
const CLIENT: Options = &[("--profile", Some("client"))];
/// The number of scenarios at the same time. They mostly wait.
const JOBS: &str = "16";
/// The number of [`OF_BINDING`] at the same time. Each of these processes starts a virtual machine or enters a chroot, and its first
/// request has to end within the time limits of the scenario.
const FEW_JOBS: &str = "4";

/// Runs one of our clients, which is installed. Compares the outcome with the recording. Scenarios that fail are repeated alone.
pub(crate) fn run(name: &str, selection: Selection) -> Result<(), String> {
    let subjects = select(&[name.to_string()])?;
    subjects.into_iter().try_for_each(|subject| {
        let recorded = root().join(RECORDED).join(format!("{name}.json"));
        let outcome = target_folder().join("logs").join(format!("{name}.json"));
        let start = |only: &[&str], further: &[&str]| {
            let mut options = words(match selection {
                Selection::Whole => subject.options,
                Selection::Client => CLIENT,
                Selection::OfBinding => &[],
            });
            options.extend(["--compare".to_string(), path(&recorded)]);
            options.extend(only.iter().flat_map(|id| ["--only".to_string(), id.to_string()]));
            options.extend(further.iter().map(ToString::to_string));
            scenarios(subject, options)
        };
        let (chosen, jobs) = match selection {
            Selection::Whole | Selection::Client => ([].as_slice(), JOBS),
            Selection::OfBinding => (OF_BINDING.as_slice(), FEW_JOBS),
        };
        let run = start(chosen, &["--jobs", jobs, "--json", &path(&outcome)])?;
        let Err(why) = run.go() else { return Ok(()) };
        let failed = failed_scenarios(&outcome).ok_or_else(|| why.clone())?;
        let again = failed.into_iter().map(|id| {
            let run = start(&[&id], &["--jobs", "1"])?;
            Ok((id, run))
        });
        flaky::repeat_later(again.collect::<Result<_, String>>()?, why)
    })
}

/// Runs the vectors of a profile against one of our clients, which is installed: by the operation `evaluate` if `target` is `adapter`, or by a
/// client that reads each payload from an Edge if it is `served`.
pub(crate) fn vectors(name: &str, target: &str, profile: &str) -> Result<(), String> {
    select(&[name.to_string()])?.into_iter().try_for_each(|subject| {
        let run = suite(&format!("vectors run --profile {profile} --target"))?;
        with_node(run).args(&[format!("{target}:{}", subject.command())]).go()
    })
}

/// The outcome of a run, as `fh-conformance sdk --json` writes it.
#[derive(Deserialize)]
struct RunOutcome {
    /// False if something other than a failed scenario differs from the recording.
    as_recorded: Option<bool>,
    results: Vec<ScenarioOutcome>,
}

#[derive(Deserialize)]
struct ScenarioOutcome {
    id: String,
    outcome: String,
    /// The profile of an evaluated case. Scenarios have none.
    profile: Option<String>,
}

/// Returns the scenarios that failed; `None` if something else failed, too, which no load of the machine explains.
fn failed_scenarios(outcome: &Path) -> Option<Vec<String>> {
    let run: RunOutcome = serde_json::from_str(&fs::read_to_string(outcome).ok()?).ok()?;
    let is_failure =
        |of: &ScenarioOutcome| ["fail", "unexpected pass"].contains(&of.outcome.as_str());
    let failed: Vec<ScenarioOutcome> = run.results.into_iter().filter(is_failure).collect();
    let are_scenarios = failed.iter().all(|of| of.profile.is_none());
    (run.as_recorded != Some(false) && are_scenarios)
        .then(|| failed.into_iter().map(|of| of.id).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenarios_are_repeated_and_cases_are_not() {
        let folder = fh_test::Folder::new();
        let outcome = folder.file("outcome.json");
        let read = |as_recorded: &str, profile: &str| {
            let results = format!(
                r#"{{"id": "C-1", "outcome": "pass"}}, {{"id": "C-2", "outcome": "fail"}}, {{"id": "v", "outcome": "fail"{profile}}}"#
            );
            let text = format!(r#"{{"as_recorded": {as_recorded}, "results": [{results}]}}"#);
            fs::write(&outcome, text).unwrap();
            failed_scenarios(&outcome)
        };
        assert_eq!(read("true", ""), Some(vec!["C-2".to_string(), "v".to_string()]));
        assert_eq!(read("false", ""), None);
        assert_eq!(read("true", r#", "profile": "client""#), None);
        assert_eq!(failed_scenarios(&folder.file("missing")), None);
    }
}
