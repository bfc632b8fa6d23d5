//! The operations of the lifecycle of an app.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;

use super::answer::Answer;
use crate::lifecycle::{Command, Event, Lifecycle};

/// An event with its time in milliseconds, which also passes while the device sleeps.
#[derive(Deserialize)]
#[serde(tag = "do", rename_all = "camelCase", deny_unknown_fields)]
enum Request {
    Started { screen: i64, now: u64 },
    Stopped { screen: i64, replaced: bool, now: u64 },
    NetworkAvailable { network: i64, now: u64 },
    NetworkLost { network: Option<i64>, now: u64 },
    Time { now: u64 },
}

impl Request {
    fn event(self) -> (Event, u64) {
        match self {
            Self::Started { screen, now } => (Event::Started { screen }, now),
            Self::Stopped { screen, replaced, now } => {
                (Event::Stopped { screen, is_replaced: replaced }, now)
            }
            Self::NetworkAvailable { network, now } => (Event::NetworkAvailable { network }, now),
            Self::NetworkLost { network, now } => (Event::NetworkLost { network }, now),
            Self::Time { now } => (Event::Time, now),
        }
    }
}

/// Passes an event to the lifecycle. The answer has the client's functions to call, and the milliseconds after which the lifecycle needs the
/// event `time`.
pub(super) fn perform(lifecycle: &mut Lifecycle, request: &str) -> Answer {
    let (event, now) = serde_json::from_str::<Request>(request)?.event();
    let now = Duration::from_millis(now);
    let commands = lifecycle.handle(event, now).iter().map(|command| Command::as_str(*command));
    let commands: Vec<_> = commands.collect();
    let wake_after = lifecycle.wakes_at().map(|at| at.saturating_sub(now).as_millis());
    Ok(
        json!({ "commands": commands, "wakeAfter": wake_after.and_then(|millis| u64::try_from(millis).ok()) }),
    )
}
