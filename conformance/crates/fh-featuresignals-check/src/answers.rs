//! The answers of the client for the recorded contexts, in both modes.

use std::time::Duration;

use fh_client::{Attributes, Client, Detail, Reason, Value, block_on, featuresignals};
use fh_conformance::json::Json;
use fh_conformance::systems::{Set, Source, compare, featuresignals_result};
use fh_eval::featuresignals::Context;

use crate::target::{Target, builder, started};

/// Prints how many answers of clients of each server, and of a client that evaluates the ruleset itself, are the recorded ones.
///
/// # Errors
/// The first answers of each mode that are not the recorded ones.
pub(crate) fn check(recorded: &Set, targets: &[Target]) -> Result<(), String> {
    let now = recorded.now.parse().map_err(|_| "the recording has no time".to_string())?;
    let settings = featuresignals::Settings::of_ruleset(recorded.ruleset.as_str());
    let client = started(Client::featuresignals(settings).clock(move || now))?;
    let mut modes = vec![("local", Answers { client, is_remote: false })];
    for target in targets {
        let settings = target.settings().reasons(true).interval(Duration::from_secs(3600));
        // Each context is a poll, and these polls follow one another without a pause.
        let builder = builder(settings)?.configure(|config| config.pace = Duration::ZERO);
        modes.push((target.name, Answers { client: started(builder)?, is_remote: true }));
    }
    let mut rows = vec![["answers", "equal", "of"].map(str::to_string).to_vec()];
    let mut wrong = Vec::new();
    for (name, mut answers) in modes {
        for group in compare(&mut answers, std::slice::from_ref(recorded)) {
            let all = (group.all() + group.without_answer).to_string();
            rows.push(vec![name.to_string(), group.equal.to_string(), all]);
            let failures = group.failures().map(|(flag, different)| (flag, &different.example));
            wrong.extend(failures.map(|(flag, example)| format!("{name}, {flag}: {example}")));
            wrong.extend(group.ended.iter().map(|why| format!("{name}: {why}")));
        }
    }
    println!("{}\n", fh_test::table::lines(&rows));
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

/// A client as a source of answers.
struct Answers {
    client: Client,
    /// True if a server evaluates each context.
    is_remote: bool,
}

impl Source for Answers {
    fn answers(&mut self, set: &Set) -> Result<Vec<Option<Json>>, String> {
        let mut current = String::new();
        let mut attributes = Attributes::default();
        let answers = set.cases.iter().map(|case| {
            if case.context != current {
                let context = Context::from_json(&case.context).map_err(|why| why.to_string())?;
                (current, attributes) = (case.context.clone(), context.attributes().clone());
                if self.is_remote {
                    block_on(self.client.set_context(attributes.clone()))
                        .map_err(|why| why.to_string())?;
                }
            }
            let detail = self.client.context_of(attributes.clone()).detail(&case.flag);
            let variant = detail.strategy_id.as_deref();
            Ok(Some(featuresignals_result(&case.flag, value(&detail), reason(&detail), variant)))
        });
        answers.collect()
    }
}

/// Returns a value as JSON.
fn value(detail: &Detail) -> Json {
    match &detail.value {
        Some(Value::Bool(value)) => (*value).into(),
        Some(Value::Text(text)) => (&**text).into(),
        Some(Value::Number(number)) => Json::Number(number.as_str().to_owned()),
        Some(Value::Json(json)) => Json::parse(json).unwrap_or(Json::Null),
        None | Some(_) => Json::Null,
    }
}

/// Returns the server's word for a reason.
fn reason(detail: &Detail) -> &'static str {
    if !detail.exists {
        return "NOT_FOUND";
    }
    match detail.reason {
        Reason::Off => "DISABLED",
        Reason::Excluded => "MUTUALLY_EXCLUDED",
        Reason::PrerequisiteFailed => "PREREQUISITE_FAILED",
        Reason::StrategyMatch => "TARGETED",
        Reason::Split => "ROLLOUT",
        Reason::Variant => "VARIANT",
        Reason::Default => "FALLTHROUGH",
        _ => "another",
    }
}
