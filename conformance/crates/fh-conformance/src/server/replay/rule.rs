//! Deviations that a patch cannot express, because the expected answer depends on the request.

use serde::Deserialize;
use serde_json::Value;

use super::answer::insert;
use super::asked;
use super::when::Facts;

/// A change of the recorded answer into the expected one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Rule {
    /// Expects the body that the server gives to the same request with `,` in place of each `&` in its context.
    AsWithCommas,
    /// Expects no strategies for the server-evaluated keys among several keys.
    EachKeyDecides,
    /// Expects an etag with a part for every key. The part of a key that opens nothing is `0`.
    PartForEveryKey,
}

impl Rule {
    /// Changes a recorded answer. `equivalent` is the answer to the request with commas.
    pub(super) fn apply(self, answer: &mut Value, facts: &Facts<'_>, equivalent: Option<&Value>) {
        match self {
            Self::AsWithCommas => {
                if let Some(body) = equivalent.and_then(|answer| answer.get("body")) {
                    insert(answer, "body", body.clone());
                }
            }
            Self::EachKeyDecides => {
                for (at, key) in asked::keys(facts.asked).iter().enumerate() {
                    let features = format!("/body/{at}/features");
                    let features = answer.pointer_mut(&features).and_then(Value::as_object_mut);
                    for feature in features.filter(|_| !key.contains('*')).into_iter().flatten() {
                        if let Some(members) = feature.1.as_object_mut() {
                            members.remove("strategies");
                        }
                    }
                }
            }
            Self::PartForEveryKey => {
                let Some(Value::String(etag)) = answer.pointer_mut("/headers/etag") else { return };
                let bare = etag.trim_matches('"');
                let (tags, context) = match bare.split_once("//") {
                    Some((tags, context)) => (tags, format!("//{context}")),
                    None => (bare, String::new()),
                };
                let parts = tags.split(';').map(|tag| if tag.is_empty() { "0" } else { tag });
                *etag = format!("\"{}{context}\"", parts.collect::<Vec<_>>().join(";"));
            }
        }
    }
}
