//! The JSON report of a run, for programs.

use super::Run;
use crate::compare::Outcome;
use crate::data::manifest::SUITE_VERSION;
use crate::json::Json;

/// Returns the report of one run. Failures contain the expected answer and the command that repeats them.
#[must_use]
pub fn to_json(run: &Run<'_>) -> Json {
    let total = run.total();
    let count = |count: usize| Json::number(count as u64);
    let profiles = run.selection.profiles.iter().map(|profile| profile.name());
    let results = run.results.iter().map(|result| {
        let outcome = match &result.outcome {
            Outcome::Pass => "pass",
            Outcome::Fail(_) => "fail",
            Outcome::Skip(_) => "skip",
        };
        let micros = u64::try_from(result.took.as_micros()).unwrap_or(u64::MAX);
        let mut members = vec![
            ("id", Json::from(result.case.id.as_str())),
            ("rev", Json::number(result.case.rev)),
            ("group", result.case.group.as_str().into()),
            ("profile", result.profile.name().into()),
            ("tier", Json::number(result.case.tier)),
            ("outcome", outcome.into()),
            ("duration_us", Json::number(micros)),
        ];
        match &result.outcome {
            Outcome::Pass => {}
            Outcome::Skip(capability) => members.push(("lacking", capability.as_str().into())),
            Outcome::Fail(failure) => {
                let failure = [
                    ("kind", Json::from("expectation")),
                    ("message", failure.message.as_str().into()),
                    ("expected", failure.expected.clone()),
                    ("actual", failure.actual.clone()),
                ];
                members.push(("failure", Json::object(failure)));
                let reproduce = Json::from(vec![result.reproduce(&run.target)]);
                members.push(("reproduce", reproduce));
            }
        }
        Json::object(members)
    });
    Json::object([
        ("format", Json::number(1)),
        (
            "suite",
            Json::object([
                ("version", Json::from(SUITE_VERSION)),
                ("data_sha256", run.digest.as_str().into()),
                ("profiles", Json::List(profiles.map(Json::from).collect())),
            ]),
        ),
        (
            "target",
            Json::object([
                ("name", Json::from(run.target.as_str())),
                ("version", run.version.as_str().into()),
            ]),
        ),
        (
            "run",
            Json::object([
                ("partial", Json::Bool(run.is_partial())),
                ("filters", run.selection.filters().into()),
            ]),
        ),
        (
            "summary",
            Json::object([
                ("selected", count(total.selected)),
                ("pass", count(total.pass)),
                ("fail", count(total.fail)),
                ("skip", Json::object([("capability", count(total.skip))])),
            ]),
        ),
        ("results", Json::List(results.collect())),
    ])
}
