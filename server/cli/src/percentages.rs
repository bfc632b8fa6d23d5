//! Percentages whose users are not known, because the id that profile `edge` hashes is not known.

use std::collections::HashMap;

use fh_eval::featurehub::{Compiler, Environment};
use fh_eval::internal::wire::{self, name};
use fh_eval::internal::{Token, members};
use fh_eval::{BUCKETS, Profile, Ruleset, Subject, Timestamp};
use serde_json::value::RawValue;

/// The features with a percentage that hashes an unknown id, each in a form in which every such percentage is 100 %. In this
/// form, a strategy with a percentage matches exactly if its rules hold and the context has a percentage key.
#[derive(Debug, Default)]
pub(crate) struct Unhashed {
    ruleset: Ruleset,
    /// For each strategy of a feature, true if its percentage admits some users and not all.
    divides: HashMap<String, Vec<bool>>,
}

impl Unhashed {
    /// Finds the features of an environment with a percentage that depends on the hash. Features for which `is_known` returns
    /// true are left out.
    pub(crate) fn of(
        environment: &Environment<'_>,
        profile: Profile,
        is_known: impl Fn(&str) -> bool,
    ) -> Self {
        let mut divides = HashMap::new();
        let mut admitting = Vec::new();
        for raw in &environment.features {
            let feature = wire::Feature::parse(raw.get()).unwrap_or_default();
            let Some(key) = wire::text(feature.key) else { continue };
            // A later feature replaces an earlier one with its key.
            divides.remove(key.as_ref());
            let Some((json, of_strategies)) = admitting_all(raw) else { continue };
            if of_strategies.contains(&true) && !is_known(&key) {
                admitting.extend(RawValue::from_string(json));
                divides.insert(key.into_owned(), of_strategies);
            }
        }
        let features = admitting.iter().map(|json| &**json).collect();
        let ruleset =
            Compiler::new(profile).compile(&Environment { features, ..Environment::default() });
        Self { ruleset, divides }
    }

    /// Returns true if a percentage that hashes an unknown id decides whether the context gets the value of a strategy.
    pub(crate) fn decides(&self, key: &str, subject: &Subject<'_, Timestamp>) -> bool {
        let Some(divides) = self.divides.get(key) else { return false };
        let Some(feature) = self.ruleset.get(key) else { return false };
        let reached = feature.evaluate(subject).strategy_position();
        reached.and_then(|position| divides.get(position)).copied().unwrap_or_default()
    }
}

/// Returns a feature with all its percentages at 100 %, and for each strategy whether its percentage divides users. Returns
/// `None` if the feature has no list of strategies.
fn admitting_all(feature: &RawValue) -> Option<(String, Vec<bool>)> {
    let mut divides = Vec::new();
    let json = rewritten(feature, name::STRATEGIES, |list| {
        let strategies: Vec<&RawValue> = serde_json::from_str(list.get()).ok()?;
        divides = vec![false; strategies.len()];
        let all = strategies.iter().zip(&mut divides).map(|(strategy, divides)| {
            let rewritten = rewritten(strategy, name::PERCENTAGE, |percentage| {
                let percentage = Token::of(percentage).integer()?;
                // A percentage of 0 beside rules counts as none.
                let counts = percentage != 0 || !has_rules(strategy);
                *divides = counts && (0..i64::from(BUCKETS) - 1).contains(&percentage);
                counts.then(|| BUCKETS.to_string())
            });
            rewritten.unwrap_or_else(|| strategy.get().to_string())
        });
        Some(format!("[{}]", all.collect::<Vec<_>>().join(",")))
    })?;
    Some((json, divides))
}

fn has_rules(strategy: &RawValue) -> bool {
    let rules = members(strategy).unwrap_or_default();
    let rules = rules.into_iter().rev().find(|(known, _)| known == name::RULES);
    rules.is_some_and(|(_, rules)| {
        serde_json::from_str::<Vec<&RawValue>>(rules.get()).is_ok_and(|rules| !rules.is_empty())
    })
}

/// Returns an object in which the member `name` has another value. The other members are kept as they are. Returns `None` if
/// the JSON is no object. If `change` returns `None`, the member keeps its value.
fn rewritten(
    object: &RawValue,
    name: &str,
    mut change: impl FnMut(&RawValue) -> Option<String>,
) -> Option<String> {
    let members = members(object)?;
    let members = members.iter().map(|(known, value)| {
        let changed = (known == name).then(|| change(value)).flatten();
        let value = changed.as_deref().unwrap_or(value.get());
        format!("{}:{value}", fh_files::quoted(known))
    });
    Some(format!("{{{}}}", members.collect::<Vec<_>>().join(",")))
}

#[cfg(test)]
mod tests {
    use fh_eval::Attributes;
    use fh_eval::featurehub::Document;

    use super::*;

    /// Returns whether a percentage decides, for a context with a plan, and for one without any attribute.
    fn decides(strategies: &str) -> [bool; 2] {
        let json = format!(
            r#"[{{"id":"f","key":"K","type":"BOOLEAN","value":false,"strategies":[{strategies}]}}]"#
        );
        let document = Document::parse(json.as_bytes()).unwrap();
        let unhashed = Unhashed::of(&document.environments[0], Profile::Edge, |_| false);
        let gold = Attributes::builder().user_key("fred").attribute("plan", "gold").build();
        [gold, Attributes::default()].map(|attributes| {
            unhashed.decides("K", &Subject::new(&attributes, Timestamp::from_millis(0)))
        })
    }

    #[test]
    fn percentages_decide_only_where_they_are_reached() {
        let rule = r#""attributes":[{"fieldName":"plan","type":"STRING","conditional":"EQUALS","values":["PLAN"]}]"#;
        let ruled = |plan: &str, percentage: &str| {
            format!("{{\"id\":\"s\",\"value\":true{percentage},{}}}", rule.replace("PLAN", plan))
        };
        let half = r#"{"id":"h","percentage":500000,"value":true}"#.to_string();
        for (strategies, expected) in [
            (half.clone(), [true, false]),
            (half.replace("500000", "1000000"), [false, false]),
            (half.replace("500000", "0"), [true, false]),
            (format!("{},{half}", ruled("gold", "")), [false, false]),
            (format!("{},{half}", ruled("silver", "")), [true, false]),
            (ruled("gold", ",\"percentage\":200000"), [true, false]),
            (ruled("silver", ",\"percentage\":200000"), [false, false]),
            (ruled("gold", ",\"percentage\":0"), [false, false]),
            (format!("{},{}", half.replace("500000", "1000000"), half), [false, false]),
            (String::new(), [false, false]),
        ] {
            assert_eq!(decides(&strategies), expected, "{strategies}");
        }
    }
}
