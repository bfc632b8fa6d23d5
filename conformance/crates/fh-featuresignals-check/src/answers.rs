//! The answers of the client for the recorded contexts, in both modes.

use std::time::Duration;

use fh_client::{Attributes, Client, Detail, Reason, block_on, featuresignals};
use serde_json::Value;

use crate::recording::Recording;
use crate::target::{Target, builder, started};

/// Prints how many answers of clients of each server, and of a client that evaluates the ruleset itself, are the recorded ones.
///
/// # Errors
/// The first answer of each mode that is not the recorded one.
pub(crate) fn check(recording: &Recording, targets: &[Target]) -> Result<(), String> {
    let now =
        recording.answers.from.parse().map_err(|_| "the recording has no time".to_string())?;
    let settings = featuresignals::Settings::of_ruleset(recording.ruleset.as_str());
    let local = started(Client::featuresignals(settings).clock(move || now))?;
    let mut modes = vec![("local", compare(&local, recording, |_| Ok(()))?)];
    for target in targets {
        let settings = target.settings().reasons(true).interval(Duration::from_secs(3600));
        // Each context is a poll, and these polls follow one another without a pause.
        let builder = builder(settings)?.configure(|config| config.pace = Duration::ZERO);
        let remote = started(builder)?;
        let set = |context: Attributes| {
            block_on(remote.set_context(context)).map(drop).map_err(|why| why.to_string())
        };
        modes.push((target.name, compare(&remote, recording, set)?));
    }
    let mut rows = vec![["answers", "equal", "of"].map(str::to_string).to_vec()];
    let mut wrong = Vec::new();
    for (name, Comparison { equal, all, first }) in modes {
        rows.push(vec![name.to_string(), equal.to_string(), all.to_string()]);
        wrong.extend(first.map(|first| format!("{name}: {first}")));
    }
    println!("{}\n", fh_test::table::lines(&rows));
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
}

struct Comparison {
    equal: usize,
    all: usize,
    /// The first answer that is not the recorded one.
    first: Option<String>,
}

/// Compares the answers of a client for all contexts, which `set` sets before.
fn compare(
    client: &Client,
    recording: &Recording,
    set: impl Fn(Attributes) -> Result<(), String>,
) -> Result<Comparison, String> {
    let mut comparison = Comparison { equal: 0, all: 0, first: None };
    for step in &recording.answers.steps {
        let attributes = step.context()?;
        set(attributes.clone())?;
        let context = client.context_of(attributes);
        for key in &recording.answers.flag_keys {
            let (detail, expected) = (context.detail(key), step.answer(key));
            if !detail.exists && expected["reason"] == "NOT_FOUND" {
                continue;
            }
            comparison.all += 1;
            let given = (value(&detail), Some(reason(&detail)), detail.strategy_id.as_deref());
            let text = |member: &str| expected.get(member).and_then(Value::as_str);
            if given == (expected["value"].clone(), text("reason"), text("variant_key")) {
                comparison.equal += 1;
            } else {
                let text = || format!("{key}: {given:?}, expected {expected}");
                comparison.first.get_or_insert_with(text);
            }
        }
    }
    Ok(comparison)
}

/// Returns a value as JSON. Numbers are doubles, as in the recording.
fn value(detail: &Detail) -> Value {
    use fh_client::Value as Own;
    match &detail.value {
        Some(Own::Bool(value)) => (*value).into(),
        Some(Own::Text(text)) => (&**text).into(),
        Some(Own::Number(number)) => serde_json::from_str(number.as_str()).unwrap_or_default(),
        Some(Own::Json(json)) => serde_json::from_str(json).unwrap_or_default(),
        None | Some(_) => Value::Null,
    }
}

/// Returns the server's word for a reason.
fn reason(detail: &Detail) -> &'static str {
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
