//! Checks of the polled payload: environments, features, and the findings of `fh lint`.

use fh_eval::Profile;
use serde_json::json;

use crate::failure::Failure;
use crate::payload::Payload;
use crate::sanitize::plural;
use fh_edge::internal::{self as edge, Level};

use super::check::{Finding, Report, Topic};
use super::exchange::LARGE;
use super::poll::Poll;
use super::visit::Visit;
use super::wording::several;

/// The command that lists the findings of `fh lint`, which the advice shows.
const LINT: &str =
    "curl -s \"$FEATUREHUB_EDGE_URL/features?apiKey=$FEATUREHUB_API_KEY\" | fh lint -";

impl Visit<'_> {
    pub(super) fn features(&self, report: &mut Report<'_>, poll: &Poll) -> Result<(), Failure> {
        let payload = Payload::of("the answer".to_string(), poll.answer.body.clone())?;
        let environments = payload.environments()?;
        let count = environments.iter().map(|environment| environment.features.len()).sum();
        let features = plural(count, "feature", "features");
        let asked: Vec<String> =
            self.keys().iter().map(|key| key.environment().to_lowercase()).collect();
        let is_answered = |id: &String| {
            environments.iter().any(|found| {
                found.id.as_deref().is_some_and(|found| found.eq_ignore_ascii_case(id))
            })
        };
        let missing: Vec<&str> =
            asked.iter().filter(|id| !is_answered(id)).map(String::as_str).collect();
        let empty: Vec<&str> = environments
            .iter()
            .filter(|environment| environment.features.is_empty())
            .filter_map(|environment| environment.id.as_deref())
            .collect();
        let text = payload.is_verbatim.then(|| payload.json());
        let findings = edge::lint(&environments, Profile::Client, text);
        let errors = findings.iter().filter(|finding| finding.level == Level::Error).count();
        let warnings = findings.len() - errors;
        let data = json!({
            "environments": environments.iter().map(|environment| json!({
                "id": environment.id, "features": environment.features.len(),
            })).collect::<Vec<_>>(),
            "features": count,
            "lintErrors": errors,
            "lintWarnings": warnings,
        });
        let is_none =
            environments.iter().all(|found| found.id.is_none() && found.features.is_empty());
        let finding = if is_none {
            Finding::bad(Topic::Payload, "the answer contains no environment")
                .advice("SDKs do not become ready with this answer: look at the Edge's log")
        } else if !missing.is_empty() {
            let missing = several(&missing);
            Finding::bad(Topic::Payload, format!("{features}, but no feature of environment {missing}"))
                .advice(
                    "the Edge answers for another environment than the requested one: look at the Edge's log",
                )
        } else if !empty.is_empty() && asked.len() > 1 {
            let empty = several(&empty);
            Finding::warning(
                Topic::Payload,
                format!("{features}, but environment {empty} has no features"),
            )
            .advice("if one of several keys is unknown, the answer has an environment without features: try each key alone")
        } else if errors > 0 {
            let errors = plural(errors, "part", "parts");
            let message = format!(
                "{features}; {errors} cannot be used, so these parts never match or are missing"
            );
            Finding::bad(Topic::Payload, message).advice(format!("to list the problems: {LINT}"))
        } else if warnings > 0 {
            let warnings = plural(warnings, "warning", "warnings");
            Finding::warning(Topic::Payload, format!("{features}; `fh lint` finds {warnings}"))
                .advice(format!("to list the problems: {LINT}"))
        } else if count == 0 {
            Finding::note(Topic::Payload, "there are no features").advice(
                "if the environment should have features: the service account may have a filter that hides them",
            )
        } else {
            Finding::good(Topic::Payload, format!("{features}, and `fh lint` finds no problems"))
        };
        report.add(finding.data(data))?;
        let bytes = poll.answer.body.len();
        if bytes > LARGE {
            let message = format!(
                "the features have {:.1} MiB, and clients refuse more than 16 MiB unless their setting `limits.bytes` is larger",
                bytes as f64 / f64::from(1 << 20)
            );
            report
                .add(Finding::warning(Topic::Payload, message).advice(
                    "remove or shorten features, or limit the service account by filters",
                ))?;
        }
        Ok(())
    }
}
