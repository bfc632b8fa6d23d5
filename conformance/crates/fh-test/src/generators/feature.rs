//! Features in wire form.

use crate::generators::choices::Choices;
use crate::generators::json::{List, object, quoted};
use crate::generators::malformed::spoil;
use crate::generators::rollout::{Draft, Rollout};
use crate::generators::share::FEATURE_IDS;

/// A feature as an Edge sends it to a client-evaluated key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feature {
    /// The feature's id, as a JSON token.
    pub id: Option<String>,
    /// The feature's key.
    pub key: String,
    /// The type of the value, as a JSON token.
    pub kind: Option<String>,
    /// The lock state, as a JSON token.
    pub locked: Option<String>,
    /// The version of the value, as a JSON token.
    pub version: Option<String>,
    /// The default value, as a JSON token.
    pub value: Option<String>,
    /// The feature's strategies.
    pub strategies: List<Rollout>,
}

impl Feature {
    /// Draws a feature. One in six has one unreadable part.
    pub fn draw(choices: &mut Choices<'_>) -> Feature {
        let is_spoiled = choices.chance(1, 6);
        let feature = Feature::draw_well_formed(choices);
        if is_spoiled { spoil(feature, choices) } else { feature }
    }

    /// Draws a feature that a correct server could send, including oddities of stored data.
    pub fn draw_well_formed(choices: &mut Choices<'_>) -> Feature {
        let kind = choices.one(&["STRING", "BOOLEAN", "STRING", "NUMBER", "JSON"]);
        let id = choices.one(FEATURE_IDS);
        let [own, of_strategies] = values(kind);
        let value = chosen(own, choices.below(256));
        let drafts = match choices.weighted(&[14, 2, 1, 1]) {
            0 => List::Of(choices.some(1, 3, Draft::draw)),
            1 => List::Of(choices.some(4, 5, Draft::draw)),
            2 => List::Of(Vec::new()),
            _ => List::Absent,
        };
        let locked = choices.one(&["", "false", "true"]);
        Feature {
            id: Some(quoted(id)),
            key: "F".to_owned(),
            kind: Some(quoted(kind)),
            locked: Some(locked.to_owned()).filter(|locked| !locked.is_empty()),
            version: Some(choices.below(40).to_string()),
            value,
            strategies: finished(&drafts, id, of_strategies),
        }
    }

    /// Returns the JSON that is sent on the wire.
    #[must_use]
    pub fn to_json(&self) -> String {
        object([
            ("id", self.id.clone()),
            ("key", Some(quoted(&self.key))),
            ("l", self.locked.clone()),
            ("version", self.version.clone()),
            ("type", self.kind.clone()),
            ("value", self.value.clone()),
            ("strategies", self.strategies.token(Rollout::to_json)),
        ])
    }
}

/// Returns the values of a type: default values, then values of strategies. Unusual values come last.
fn values(kind: &str) -> [&'static [&'static str]; 2] {
    match kind {
        "BOOLEAN" => {
            [&["false", "true", "null"], &["true", "false", "true", "\"true\"", "\"TRUE\"", "null"]]
        }
        "NUMBER" => [
            &["0", "7", "7.50", "-16746.43", "null"],
            &["1", "2.0", "1e3", "9007199254740993", "\"7.50\"", "\"abc\"", "null"],
        ],
        "JSON" => [
            &["\"{}\"", "\"{ \\\"a\\\" : 1 }\"", "null"],
            &["\"[1,2]\"", "\"not json\"", "\"\"", "null"],
        ],
        _ => [
            &["\"grey\"", "\"\"", "null"],
            &["\"blue\"", "\"green\"", "\"zoë-🐢\"", "\"5\"", "5.0", "null"],
        ],
    }
}

/// Chooses one of the values: mostly one of the first two, rarely another one, sometimes none.
fn chosen(values: &[&str], choice: usize) -> Option<String> {
    let count = match choice {
        0..=150 => values.len().min(2),
        151..=240 => values.len(),
        _ => return None,
    };
    values.get(choice % count.max(1)).map(|token| (*token).to_owned())
}

fn finished(drafts: &List<Draft>, id: &str, values: &[&str]) -> List<Rollout> {
    match drafts {
        List::Absent => List::Absent,
        List::Null => List::Null,
        List::Wrong(token) => List::Wrong(token.clone()),
        List::Of(drafts) => {
            let mut base = 0;
            let drafts = drafts.iter().enumerate();
            let rollouts = drafts.map(|(position, draft)| {
                draft.finish(position, id, &mut base, chosen(values, draft.value))
            });
            List::Of(rollouts.collect())
        }
    }
}
