//! Texts for states and events.

use std::time::Duration;

use anstyle::Style;
use fh_client::{Connection, Readiness, Status};
use fh_eval::Timestamp;

use super::change_tracker::Event;
use crate::feature_table::Reading;
use crate::sanitize::plural;
use crate::screen::{BAD, GOOD, WARNING};

/// Describes the client's readiness and connection, its number of features if it is ready, and whether the features are stale.
pub(super) fn state(status: &Status) -> String {
    let readiness = match status.readiness {
        Readiness::Ready => "ready",
        Readiness::NotReady => "not ready",
        Readiness::Failed => "refused",
        _ => "closed",
    };
    let connection = match status.connection {
        Connection::Idle => "starting",
        Connection::Connecting => "connecting",
        Connection::Streaming => "streaming",
        Connection::Resting => "polling",
        Connection::Waiting => "not connected",
        Connection::Paused => "paused by the Edge",
        Connection::Done => "fetched once",
        Connection::Halted => "stopped",
        Connection::Suspended => "suspended",
        Connection::Offline => "offline",
        _ => "closed",
    };
    let mut text = format!("{readiness}, {connection}");
    if status.readiness == Readiness::Ready {
        text.push_str(&format!(", {}", plural(status.features, "feature", "features")));
    }
    if status.is_stale {
        text.push_str(", stale");
    }
    text
}

/// Describes the age of the data and of the last contact, as far as they are known.
pub(super) fn ages(status: &Status) -> String {
    let mut parts = Vec::new();
    if let Some(age) = status.data_age {
        parts.push(format!("data {} old", span(age)));
    }
    if let Some(age) = status.since_contact {
        parts.push(format!("last contact {} ago", span(age)));
    }
    parts.join(", ")
}

/// Describes the current problem and the time of the next attempt. Returns `None` if there is neither.
pub(super) fn trouble(status: &Status) -> Option<String> {
    let next = status.next_attempt.map(|next| {
        let what = match status.connection {
            Connection::Resting => "next poll",
            Connection::Paused => "resumes",
            _ => "next try",
        };
        format!("{what} in {}", span(next))
    });
    let attempts = match status.attempts {
        0 | 1 => String::new(),
        attempts => format!(" ({attempts} attempts)"),
    };
    let problem = status.problem.as_ref();
    let problem = problem.map(|problem| format!("{}{attempts}", problem.on(status.system)));
    match (problem, next) {
        (None, None) => None,
        (Some(one), None) | (None, Some(one)) => Some(one),
        (Some(problem), Some(next)) => Some(format!("{problem}; {next}")),
    }
}

pub(super) fn style(status: &Status) -> Style {
    match (status.readiness, &status.problem) {
        (Readiness::Ready, None) => GOOD,
        (Readiness::Failed | Readiness::Closed, _) => BAD,
        _ => WARNING,
    }
}

/// Describes an event.
pub(super) fn event(event: &Event) -> String {
    match event {
        Event::Appeared(seen) => {
            format!("{} is new: {}{}{}", seen.key, seen.shown_value(), locked(seen), version(seen))
        }
        Event::Gone(seen) => format!("{} is gone; its value was {}", seen.key, seen.shown_value()),
        Event::Updated { after, .. } => {
            format!("{} is still {}{}", after.key, after.shown_value(), version(after))
        }
        Event::Held(key) => format!("{key} has an update, which is held back"),
        Event::Released(key) => format!("{key} is released"),
        Event::Withdrawn(key) => format!("{key}: the update is no longer held back"),
        Event::Changed { before, after } => {
            let mut text = after.key.clone();
            if before.token != after.token || before.kind != after.kind {
                text.push_str(&format!(": {} → {}", before.shown_value(), after.shown_value()));
            }
            if before.is_locked != after.is_locked {
                let lock = if after.is_locked { "locked" } else { "unlocked" };
                let joint = if text.len() > after.key.len() { "," } else { " is" };
                text.push_str(&format!("{joint} {lock}"));
            }
            format!("{text}{}", version(after))
        }
    }
}

/// Describes the held updates, and how to release them.
pub(super) fn held(keys: &[String]) -> String {
    match keys {
        [] => "no update is held back so far".to_string(),
        keys => format!(
            "held back: {}; Enter releases all updates, and a line with feature keys releases only the updates of these features",
            keys.join(", ")
        ),
    }
}

/// Describes a requested feature that does not exist.
pub(super) fn missing(key: &str) -> String {
    format!("there is no feature {key} yet")
}

/// Describes the current state of a feature.
pub(super) fn value(seen: &Reading) -> String {
    let strategy = seen.strategy.as_ref().map(|id| format!(" by strategy {id}"));
    let noun = seen.names.variant.as_ref().map(|names| names.noun);
    let variant = || Some(format!(", {} {}", noun?, seen.variant_name.as_ref()?));
    let source = strategy.or_else(variant).unwrap_or_default();
    format!("{} = {}{source}{}{}", seen.key, seen.shown_value(), locked(seen), version(seen))
}

/// Describes the version of a feature; nothing for a flag without one.
fn version(seen: &Reading) -> String {
    seen.version.map(|version| format!(" (version {version})")).unwrap_or_default()
}

fn locked(seen: &Reading) -> &'static str {
    if seen.is_locked { ", locked" } else { "" }
}

/// Returns the time of day (UTC), as `hh:mm:ss`.
pub(super) fn clock(at: Timestamp) -> String {
    at.to_string().get(11..19).unwrap_or_default().to_string()
}

/// Formats a duration in a single unit: seconds, minutes or hours.
pub(super) fn span(length: Duration) -> String {
    let seconds = length.as_secs();
    match seconds {
        0 => format!("{:.1} s", length.as_secs_f64()),
        1..=119 => format!("{seconds} s"),
        120..=7199 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time() {
        for (millis, text) in [
            (40, "0.0 s"),
            (960, "1.0 s"),
            (1_960, "1 s"),
            (119_999, "119 s"),
            (120_000, "2 min"),
            (7_200_000, "2 h"),
        ] {
            assert_eq!(span(Duration::from_millis(millis)), text);
        }
        assert_eq!(clock(Timestamp::from_millis(3_723_000)), "01:02:03");
    }
}
