//! Features that another Edge sent. A relay passes their members on, also unknown ones. There are exceptions, for example strategies
//! that clients must not get.

use std::collections::{BTreeMap, BTreeSet};

use fh_eval::Kind;
use fh_eval::internal::wire::{self, FeatureMembers, name, write_member};
use fh_eval::internal::{Token, members};
use serde_json::value::RawValue;
use uuid::Uuid;

use super::{ServedFeature, digest, forms};
use crate::serving::view_key::EvaluatedBy;
use crate::state::{FeatureText, Json, Payload, TextMembers, check_strategy};

impl ServedFeature {
    /// Reads a feature's JSON. Returns `None` if the JSON is not an object, or has no key that is a text and not empty.
    ///
    /// Ids are expected to be UUIDs. Any other id is passed on unchanged. This Edge then identifies the feature by a UUID that is derived
    /// from the id, or from the key if the id is missing or is not a string.
    pub(crate) fn received(json: &str, evaluated_by: EvaluatedBy) -> Option<Self> {
        let members = FeatureMembers::parse(json)?;
        let key = wire::text(members.key).filter(|key| !key.is_empty())?;
        let id = wire::text(members.id);
        let known_id = id.as_deref().and_then(|id| Uuid::try_parse(id).ok());
        let told_apart_by = id.as_deref().unwrap_or(&key);
        let kind = wire::text(members.kind);
        let locked = members.locked.is_some_and(|raw| Token::of(raw) == Token::Bool(true));
        let version = members.version.and_then(|raw| Token::of(raw).integer()).unwrap_or(0);
        let value = members.value.map(Json::of).filter(|value| !value.is_null());
        // Clients with server-evaluated keys must never see strategies, even if the upstream Edge sends them.
        let strategies = members.strategies.filter(|_| evaluated_by != EvaluatedBy::Upstream);
        let (strategies, lacks_strategies) = match strategies {
            Some(list) => {
                let (kept, removed) = within_limits(list, &key);
                (Some(kept), removed > 0)
            }
            None => (None, false),
        };
        let text = FeatureText::new(&TextMembers {
            id: members.id.map(Json::of).as_ref().map(Json::as_str),
            key: Json::text(&key).as_str(),
            locked,
            version,
            kind: members.kind.map(Json::of).as_ref().map(Json::as_str),
            value: value.as_ref().map(Json::as_str),
            strategies: strategies.as_ref().map(Json::as_str),
            unknown: &members.others,
        });
        let mut fp = String::new();
        if let Some(properties) = members.properties {
            write_member(&mut fp, name::PROPERTIES, Json::of(properties).as_str());
        }
        let digest = digest([
            text.name(),
            text.state(),
            text.type_member(),
            value.as_ref().map_or("", Json::as_str),
            text.strategies_member(),
            text.unknown_members(),
        ]);
        let strategy_values = text.strategy_values();
        Some(Self {
            id: known_id
                .unwrap_or_else(|| Uuid::new_v5(&Uuid::NAMESPACE_OID, told_apart_by.as_bytes())),
            key: key.into(),
            // A type of a later FeatureHub is passed on unchanged. This Edge itself treats the feature as a string.
            kind: kind.as_deref().and_then(Kind::from_wire).unwrap_or(Kind::String),
            version,
            locked,
            retired: false,
            filters: BTreeSet::new(),
            value_id: None,
            value,
            properties: members.properties.map(texts).unwrap_or_default(),
            evaluated: forms(strategy_values.len()),
            strategy_values,
            applied: wire::text(members.other(name::APPLIED)).map(Into::into),
            payload: Payload::default(),
            lacks_strategies,
            text,
            fp: fp.into(),
            digest,
        })
    }
}

/// Returns a list of strategies without those that exceed the limits, and the number of removed strategies. Logs a warning for each removed
/// strategy. Clients then evaluate as if a removed strategy never matched and had no percentage. Text that is not a list is returned
/// unchanged.
fn within_limits(list: &RawValue, key: &str) -> (Json, usize) {
    let all = Json::of(list);
    if check_strategy(all.as_str()).is_ok() {
        return (all, 0);
    }
    let Ok(strategies) = wire::list(all.as_str()) else { return (all, 0) };
    let kept: Vec<&str> = strategies
        .iter()
        .map(|strategy| strategy.get())
        .filter(|strategy| match check_strategy(strategy) {
            Ok(()) => true,
            Err(why) => {
                tracing::warn!(feature = key, %why, "a strategy of the upstream Edge exceeds the limits and was left out");
                false
            }
        })
        .collect();
    let removed = strategies.len() - kept.len();
    match RawValue::from_string(format!("[{}]", kept.join(","))) {
        Ok(kept) => (Json::of(&kept), removed),
        Err(_) => (all, 0),
    }
}

/// Returns the members of an object whose values are strings. Other members are left out.
fn texts(raw: &RawValue) -> BTreeMap<String, String> {
    let members = members(raw).unwrap_or_default().into_iter();
    let texts = members
        .filter_map(|(name, raw)| Some((name.into_owned(), wire::text(Some(raw))?.into_owned())));
    texts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serving::Detail;

    const ID: &str = "9cd1a3ef-d06e-4292-95d4-86ec02a3fd5b";

    fn passed_on(json: &str) -> String {
        let feature = ServedFeature::received(json, EvaluatedBy::Reader).unwrap();
        let mut out = String::new();
        feature.write_with_strategies(&mut out, Detail::Extended);
        out
    }

    #[test]
    fn all_members_are_passed_on() {
        let json = format!(
            r#"{{"id":"{ID}","key":"A","l":true,"version":7,"type":"NUMBER","value":7.50,"fp":{{"b":"1","a":"2"}},"strategies":[{{"id":"x","percentage":1e5,"later":[1, 2]}},7],"environmentId":null,"soon":{{"deep":" "}}}}"#
        );
        assert_eq!(passed_on(&json), json.replace("[1, 2]", "[1,2]"));
        let spread = json.replace(',', " ,\n ").replace(r#"":"#, "\"\t: ");
        assert_eq!(passed_on(&spread), passed_on(&json), "on one line");
        let feature = ServedFeature::received(&json, EvaluatedBy::Reader).unwrap();
        assert_eq!((feature.id.to_string().as_str(), feature.version), (ID, 7));
        assert_eq!(feature.properties["b"], "1");
        assert_eq!(feature.strategy_values.len(), 2, "positions are those of the JSON");
    }

    #[test]
    fn strategies_that_are_too_large_are_left_out() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let json = format!(
            r#"{{"id":"{ID}","key":"A","strategies":[{{"id":"x","value":1}},{{"id":"y","x":{deep}}},{{"id":"z","atributes":[]}}]}}"#
        );
        let out = passed_on(&json);
        assert!(out.contains(r#"[{"id":"x","value":1},{"id":"z","atributes":[]}]"#), "{out}");
        let feature = ServedFeature::received(&json, EvaluatedBy::Reader).unwrap();
        assert_eq!(feature.strategy_values.len(), 2);
    }

    #[test]
    fn required_members_are_added_and_features_without_a_key_rejected() {
        assert_eq!(
            passed_on(r#"{"key":"A","value":null}"#),
            r#"{"key":"A","l":false,"version":0}"#
        );
        assert_eq!(
            passed_on(r#"{"key":"A","id":"ABC","version":"x","type":"COLOUR","value":[1]}"#),
            r#"{"id":"ABC","key":"A","l":false,"version":0,"type":"COLOUR","value":[1]}"#
        );
        for nothing in ["[]", "7", "{}", r#"{"key":7}"#, r#"{"key":""}"#, "{"] {
            assert!(ServedFeature::received(nothing, EvaluatedBy::Reader).is_none(), "{nothing}");
        }
        assert_eq!(
            passed_on(r#"{"key":"A","x":1,"x":2,"key":"B"}"#),
            r#"{"key":"B","l":false,"version":0,"x":2}"#
        );
    }

    #[test]
    fn ids_are_compared_in_any_spelling() {
        let id = |json: &str| ServedFeature::received(json, EvaluatedBy::Reader).unwrap().id;
        assert_eq!(
            id(&format!(r#"{{"key":"A","id":"{ID}"}}"#)),
            id(&format!(r#"{{"key":"B","id":"{}"}}"#, ID.to_uppercase()))
        );
        assert_ne!(id(r#"{"key":"A","id":"1"}"#), id(r#"{"key":"A","id":"2"}"#));
        assert_ne!(id(r#"{"key":"A"}"#), id(r#"{"key":"B"}"#));
    }

    #[test]
    fn an_evaluated_feature_has_only_the_applied_strategy() {
        let json = r#"{"key":"A","version":2,"type":"BOOLEAN","value":true,"v":"kiwi","strategies":[{"id":"x"}]}"#;
        let feature = ServedFeature::received(json, EvaluatedBy::Upstream).unwrap();
        let mut out = String::new();
        feature.write_with_strategies(&mut out, Detail::Plain);
        assert_eq!(
            out,
            r#"{"key":"A","l":false,"version":2,"type":"BOOLEAN","value":true,"v":"kiwi"}"#
        );
        assert_eq!(feature.applied.as_deref(), Some("kiwi"));
        let mut gone = String::new();
        feature.write_deleted(&mut gone);
        assert_eq!(gone, r#"{"key":"A","l":false,"version":0,"type":"BOOLEAN"}"#);
    }

    #[test]
    fn every_visible_difference_is_noticed() {
        let looks = |one: &str, other: &str| {
            let read = |json| ServedFeature::received(json, EvaluatedBy::Reader).unwrap();
            read(one).looks_like(&read(other))
        };
        let base = r#"{"key":"A","version":2,"value":true}"#;
        assert!(looks(base, r#"{ "value":true, "version":2, "key":"A", "l":false }"#));
        for other in [
            r#"{"key":"A","version":3,"value":true}"#,
            r#"{"key":"A","version":2,"value":false}"#,
            r#"{"key":"A","version":2,"value":true,"l":true}"#,
            r#"{"key":"A","version":2,"value":true,"later":1}"#,
            r#"{"key":"A","version":2,"value":true,"fp":{"a":"b"}}"#,
            r#"{"key":"A","version":2,"value":true,"type":"BOOLEAN"}"#,
            r#"{"key":"A","version":2,"value":true,"strategies":[]}"#,
        ] {
            assert!(!looks(base, other), "{other}");
        }
    }
}
