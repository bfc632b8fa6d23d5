//! `fh set`: changes a feature through the interface that FeatureHub has for tests.

mod advice;

use clap::Args;
use fh_client::{Client, Outcome, Refusal, StartError, Update};
use serde::Serialize;

use crate::edge::{self, Edge, EdgeArgs};
use crate::failure::{Failure, Status};
use crate::json_output;
use crate::runtime;
use crate::screen::{BOLD, GOOD, PLAIN, QUIET, Screen};
use crate::shell::quoted;

/// Change a feature's value or lock on an Edge.
///
/// Uses FeatureHub's interface for tests, so the service account of the key needs the permission to change values, to lock or
/// to unlock. The value must fit the feature's type (true or false, a number, text, a JSON document). The value replaces the
/// feature's default value. The values of strategies do not change. URL and KEY may be left out if environment variables hold
/// them. If KEY is -, the key is read from stdin.
#[derive(Args)]
#[command(
    override_usage = "fh set [OPTIONS] [URL] [KEY] <FEATURE> [VALUE]",
    after_help = "\
Examples:
  fh set https://edge.example.com ENVIRONMENT/KEY NEW_CHECKOUT true
  export FEATUREHUB_EDGE_URL=https://edge.example.com
  export FEATUREHUB_API_KEY=ENVIRONMENT/KEY
  fh set BANNER 'kia ora'
  fh set LIMIT -7.50
  fh set NEW_CHECKOUT --lock
  fh set NEW_CHECKOUT false --unlock --wait
  fh set BANNER --null

Exit codes: 0 the Edge accepted the change, or no change was needed (the output says
so); 1 refused, or not visible in time; 2 wrong usage, or the Edge cannot be reached or
gives an unexpected answer."
)]
pub(crate) struct SetArgs {
    #[command(flatten)]
    edge: EdgeArgs,

    /// The key of the feature to change
    // If URL or KEY is left out, this argument holds the VALUE.
    #[arg(value_name = "FEATURE", allow_negative_numbers = true)]
    third: Option<String>,

    /// The new default value of the feature
    #[arg(value_name = "VALUE", allow_negative_numbers = true)]
    fourth: Option<String>,

    /// Set the feature's default value to null
    #[arg(long)]
    null: bool,

    /// Lock the feature. While the feature is locked, test updates cannot change its value
    #[arg(long, conflicts_with = "unlock")]
    lock: bool,

    /// Unlock the feature. With a VALUE, one request unlocks the feature and changes its value
    #[arg(long)]
    unlock: bool,

    /// Wait until the Edge serves the change. If the change is not served within about 10 seconds, exit with status 1
    #[arg(long)]
    wait: bool,
}

/// The JSON form of the outcome of a change.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    feature: &'a str,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

struct RequestedChange {
    feature: String,
    update: Update,
    /// The permissions that the change needs.
    needs: Vec<&'static str>,
    /// The state after the change, for the output, such as "locked".
    words: &'static str,
}

pub(crate) fn run(args: &SetArgs, json: bool, screen: &mut Screen<'_>) -> Result<Status, Failure> {
    let others: Vec<String> = args.third.iter().chain(&args.fourth).cloned().collect();
    let (edge, rest) = args.edge.resolve(&others)?;
    let change = args.change(rest)?;
    let wait_policy = if args.wait { WaitPolicy::UntilVisible } else { WaitPolicy::UntilAccepted };
    let sent = runtime::run(send(&edge, &change, wait_policy))?;
    if json {
        json_output::document(screen.raw(), &Answer::of(&change.feature, &sent))?;
    }
    let outcome = match sent {
        Ok(outcome) => outcome,
        Err(refusal) => {
            return runtime::run(async {
                Err(advice::failure(&edge, &change.feature, &change.needs, &refusal).await)
            });
        }
    };
    if !json {
        screen.text(BOLD, &change.feature)?;
        match (outcome, wait_policy) {
            (Outcome::Unchanged, _) => {
                screen.line(PLAIN, &format!(": {} already; nothing was changed", change.words))?;
            }
            (Outcome::Accepted, WaitPolicy::UntilVisible) => {
                screen.line(GOOD, &format!(": {}", change.words))?;
            }
            (Outcome::Accepted, WaitPolicy::UntilAccepted) => {
                screen.text(GOOD, &format!(": {}", change.words))?;
                screen.line(QUIET, " (accepted; clients receive the change in a moment)")?;
            }
        }
    }
    Ok(Status::Fine)
}

/// The condition for success: the Edge has accepted the change, or reads show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WaitPolicy {
    UntilAccepted,
    UntilVisible,
}

impl SetArgs {
    fn change(&self, rest: Vec<String>) -> Result<RequestedChange, Failure> {
        let usage = |text: &str| Err(Failure::Input(text.to_string()));
        let mut rest = rest.into_iter();
        let Some(feature) = rest.next() else {
            return usage("name the feature to change, after the URL and the API key");
        };
        let feature = edge::features(vec![feature])?.remove(0);
        let value = rest.next();
        if rest.next().is_some() {
            return usage(
                "too many arguments: the order is URL, API key, FEATURE, VALUE; quote a VALUE that contains blanks",
            );
        }
        if let (None, Some((key, text))) = (&value, feature.split_once('='))
            && !(self.null || self.lock || self.unlock)
        {
            let text = quoted(text);
            return usage(&format!("{feature} has no value: write `{key} {text}`"));
        }
        let value = match (value, self.null) {
            (Some(_), true) => return usage("a VALUE and --null contradict each other"),
            // The Edge parses the text by the feature's type (edge-protocol 5.3).
            (Some(text), false) => Some(Update::value(text)),
            (None, true) => Some(Update::null()),
            (None, false) => None,
        };
        let lock = match (self.lock, self.unlock) {
            (true, _) => Some(Update::lock()),
            (false, true) => Some(Update::unlock()),
            (false, false) => None,
        };
        let needs =
            [(value.is_some(), "CHANGE_VALUE"), (self.lock, "LOCK"), (self.unlock, "UNLOCK")];
        let needs = needs.into_iter().filter_map(|(is_needed, name)| is_needed.then_some(name));
        let needs = needs.collect();
        let words = match (&value, self.null, self.lock, self.unlock) {
            (None, _, true, _) => "locked",
            (None, _, _, _) => "unlocked",
            (Some(_), false, false, false) => "has the value",
            (Some(_), false, true, _) => "has the value and is locked",
            (Some(_), false, false, true) => "has the value and is unlocked",
            (Some(_), true, false, false) => "has no value",
            (Some(_), true, true, _) => "has no value and is locked",
            (Some(_), true, false, true) => "has no value and is unlocked",
        };
        let update = match (value, lock) {
            (Some(value), Some(lock)) => value.and(lock),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => {
                return usage("nothing to change: give a VALUE, --null, --lock or --unlock");
            }
        };
        Ok(RequestedChange { feature, update, needs, words })
    }
}

async fn send(
    edge: &Edge,
    change: &RequestedChange,
    wait_policy: WaitPolicy,
) -> Result<Result<Outcome, Refusal>, Failure> {
    let client = client(edge, wait_policy).map_err(edge::unstarted)?;
    let updates = client.test_updates();
    let update = change.update.clone();
    Ok(match wait_policy {
        WaitPolicy::UntilAccepted => updates.set(&change.feature, update).await,
        WaitPolicy::UntilVisible => updates.set_and_wait(&change.feature, update).await,
    })
}

fn client(edge: &Edge, wait_policy: WaitPolicy) -> Result<Client, StartError> {
    match wait_policy {
        WaitPolicy::UntilVisible => edge.client().once().start(),
        // Nothing is read, so the client fetches nothing.
        WaitPolicy::UntilAccepted => edge.for_updates(),
    }
}

impl<'a> Answer<'a> {
    fn of(feature: &'a str, sent: &Result<Outcome, Refusal>) -> Self {
        let outcome = match sent {
            Ok(Outcome::Accepted) => "accepted",
            Ok(Outcome::Unchanged) => "unchanged",
            Err(Refusal::NotApplied) => "not_visible",
            Err(refusal) if advice::is_answer(refusal) => "refused",
            Err(_) => "failed",
        };
        let refusal = sent.as_ref().err();
        Self {
            feature,
            outcome,
            status: refusal.and_then(Refusal::status),
            message: refusal.map(ToString::to_string),
        }
    }
}
