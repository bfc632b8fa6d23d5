//! The list of features that a client-evaluated key receives.

use serde::Serialize;

use crate::workload::{
    Condition, Email, Flag, ROLLOUT_PERCENT, Shape, Workload, team_regex, team_suffix,
};

#[derive(Serialize)]
struct Feature<'a> {
    id: &'a str,
    key: &'a str,
    l: bool,
    version: u32,
    #[serde(rename = "type")]
    kind: &'static str,
    value: bool,
    strategies: Vec<Strategy<'a>>,
}

#[derive(Serialize)]
struct Strategy<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    percentage: Option<u32>,
    attributes: Vec<Attribute>,
    value: bool,
    id: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Attribute {
    conditional: &'static str,
    field_name: &'static str,
    values: Vec<String>,
    #[serde(rename = "type")]
    kind: &'static str,
}

/// Renders all features, with members in the order of a real server.
#[must_use]
pub fn render(workload: &Workload) -> String {
    let features: Vec<_> =
        workload.flags.iter().map(|flag| feature(flag, workload.email)).collect();
    serde_json::to_string(&features).expect("plain data")
}

/// Renders one feature as an update: with the next version and the inverted default.
#[must_use]
pub fn updated(flag: &Flag, email: Email) -> String {
    let mut feature = feature(flag, email);
    feature.version += 1;
    feature.value = !feature.value;
    serde_json::to_string(&feature).expect("plain data")
}

fn feature(flag: &Flag, email: Email) -> Feature<'_> {
    let strategies = if flag.shape == Shape::Rollout {
        vec![Strategy {
            percentage: Some(u32::from(ROLLOUT_PERCENT) * 10_000),
            attributes: vec![],
            value: true,
            id: "roll",
        }]
    } else {
        flag.rules
            .iter()
            .map(|rule| Strategy {
                percentage: None,
                attributes: rule.conditions.iter().map(|c| attribute(c, email)).collect(),
                value: true,
                id: &rule.id,
            })
            .collect()
    };
    Feature {
        id: &flag.id,
        key: &flag.key,
        l: false,
        version: flag.version,
        kind: "BOOLEAN",
        value: flag.default,
        strategies,
    }
}

fn attribute(condition: &Condition, email: Email) -> Attribute {
    let (conditional, field_name, kind, values) = match (condition, email) {
        (Condition::CountryIn(list), _) => {
            ("EQUALS", "country", "STRING", list.iter().map(|c| (*c).to_owned()).collect())
        }
        (Condition::VersionAbove(bound), _) => {
            ("GREATER", "version", "SEMANTIC_VERSION", vec![bound.to_string()])
        }
        (Condition::Team(team), Email::Regex) => {
            ("REGEX", "email", "STRING", vec![team_regex(*team)])
        }
        (Condition::Team(team), Email::Suffix) => {
            ("ENDS_WITH", "email", "STRING", vec![team_suffix(*team)])
        }
    };
    Attribute { conditional, field_name, values, kind }
}
