//! The traits of a conversation: the states and events that the chosen conversations must contain.

use std::collections::BTreeMap;

use super::form::{Action, Changed, Conversation, Input, Notice, Outcome};

/// Returns the traits of a conversation, each with the position of the first step that has it.
pub fn traits(conversation: &Conversation) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    let (kind, mode) = (conversation.kind_of_keys(), conversation.config.mode.name());
    let (mut connection, mut readiness) = ("idle", "NOT_READY");
    for (at, step) in conversation.steps.iter().enumerate() {
        let mut add = |text: String| {
            found.entry(text).or_insert(at);
        };
        add(format!("{mode} with a {kind} key"));
        add(format!("{} while {connection}", input(&step.input)));
        if let Input::Closed { end, .. } = step.input {
            add(format!("a request ends: {end}"));
        }
        if let Input::Opened { status, .. } = step.input {
            add(format!("status {status}"));
        }
        for action in &step.actions {
            match action {
                Action::Publish { cause, environments, evaluated_for, .. } => {
                    let kept = evaluated_for.as_ref().map(|it| it.kept_for.is_some());
                    let shape = environments.as_ref().map(std::mem::discriminant).is_some();
                    add(format!("publication {cause}, kept {kept:?}, environments {shape}"));
                }
                Action::Status { changed } => {
                    statuses(changed, mode, &mut add);
                    if let Some(next) = changed.readiness {
                        add(format!("{readiness} to {next}"));
                        readiness = next;
                    }
                    if let Some(next) = changed.connection {
                        add(format!("{connection} to {next}"));
                        connection = next;
                    }
                }
                Action::Notice { notice } => add(format!("notice {}", name(notice))),
                Action::Raw { source, kind, .. } => add(format!("raw {kind} of {source:?}")),
                Action::CommandDone { outcome, .. } => {
                    let outcome = match outcome {
                        Outcome::Readiness(readiness) => readiness,
                        Outcome::Problem(problem) => problem.code,
                    };
                    add(format!("a command ends: {outcome}"));
                }
                Action::Send { kind, headers, .. } => {
                    let conditional = headers.iter().any(|(name, _)| name == "if-none-match");
                    add(format!("{kind}, conditional {conditional}"));
                }
                Action::Abort { .. } => add("abort".to_string()),
                Action::Revoke { .. } => add("revoke".to_string()),
                Action::ReportReads => add("report reads".to_string()),
            }
        }
    }
    found
}

fn statuses(changed: &Changed, mode: &str, add: &mut impl FnMut(String)) {
    if let Some(Some(problem)) = &changed.problem {
        let stage = problem.stage.unwrap_or_default();
        add(format!("problem {} {stage}", problem.code));
        add(format!("problem {} in mode {mode}", problem.code));
    }
    if let Some(connection) = changed.connection {
        add(format!("connection {connection}"));
    }
    if let Some(readiness) = changed.readiness {
        add(format!("readiness {readiness}"));
    }
    if changed.is_stale.is_some() {
        add("stale".to_string());
    }
    if changed.is_withheld.is_some() {
        add("withheld".to_string());
    }
    if changed.foreign_features.is_some() {
        add("foreign features".to_string());
    }
}

const fn input(input: &Input) -> &'static str {
    match input {
        Input::Start => "start",
        Input::Tick => "tick",
        Input::Stop => "stop",
        Input::Suspend => "suspend",
        Input::Resume => "resume",
        Input::Refresh { .. } => "refresh",
        Input::FeatureRead => "feature read",
        Input::Context { .. } => "context",
        Input::Keys { .. } => "keys",
        Input::Opened { .. } => "opened",
        Input::Bytes { .. } => "bytes",
        Input::Closed { .. } => "closed",
        Input::Stored { .. } => "stored",
        Input::StoredFeature { .. } => "stored feature",
    }
}

const fn name(notice: &Notice) -> &'static str {
    match notice {
        Notice::KeyInSeveralEnvironments { .. } => "key in several environments",
        Notice::CommaInValue { .. } => "comma in value",
        Notice::FellBackToPolling => "fell back to polling",
        Notice::StreamsHeldBack => "streams held back",
        Notice::StoreIgnored { .. } => "store ignored",
        Notice::Ignored { .. } => "ignored",
    }
}
