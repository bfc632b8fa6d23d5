//! The parts of a feature that shrinking keeps. SDKs read them in every feature, so a feature without them fails for a reason of its own.
//! They become ordinary where a difference does not depend on them.

use super::plain::is_number;
use crate::json::Json;

/// The members of a feature that keep their values.
const OF_FEATURE: [&str; 5] = ["id", "key", "l", "version", "type"];
/// The members of a rule that keep their values.
const OF_RULE: [&str; 3] = ["fieldName", "type", "conditional"];

/// Returns true if a smaller feature has all parts that SDKs read in every feature, as the larger one has them. Strategies and rules may be
/// missing as a whole.
pub(super) fn keeps_envelope(larger: &Json, smaller: &Json) -> bool {
    let strategies = |feature: &Json| list(feature, "strategies");
    alike(larger, smaller, &OF_FEATURE)
        && same_form(larger, smaller, "value")
        && same_form(larger, smaller, "strategies")
        && each_comes_from(&strategies(larger), &strategies(smaller), |larger, smaller| {
            let rules = |strategy: &Json| list(strategy, "attributes");
            alike(larger, smaller, &["id"])
                && same_form(larger, smaller, "value")
                && each_comes_from(&rules(larger), &rules(smaller), |larger, smaller| {
                    alike(larger, smaller, &OF_RULE) && same_form(larger, smaller, "values")
                })
        })
}

/// Returns the feature with ordinary parts in place of its own, for each part with which the condition still holds.
pub(super) fn ordinary(mut feature: Json, mut holds: impl FnMut(&Json) -> bool) -> Json {
    let mut replace = |feature: &mut Json, changed: Json| {
        if changed != *feature && holds(&changed) {
            *feature = changed;
        }
    };
    let [own, of_strategies] = match feature.get("type").and_then(Json::text) {
        Some("BOOLEAN") => [Json::Bool(false), Json::Bool(true)],
        Some("NUMBER") => [Json::number(0), Json::number(1)],
        Some("JSON") => [Json::from("{}"), Json::from("[1]")],
        _ => [Json::from("grey"), Json::from("blue")],
    };
    let mut candidates = Vec::new();
    for (name, value) in [
        ("id", Json::from("2d7a94b0-51c3-4e8f-b6a2-c94e07d1f358")),
        ("version", Json::number(1)),
        ("l", Json::Bool(false)),
        ("value", own),
    ] {
        candidates.push((None, name, value));
    }
    for index in 0..list(&feature, "strategies").len() {
        candidates.push((Some(index), "id", Json::from(format!("s{}", index + 1))));
        candidates.push((Some(index), "value", of_strategies.clone()));
    }
    for (strategy, name, value) in candidates {
        let mut changed = feature.clone();
        let part = match strategy {
            Some(index) => element(member(&mut changed, "strategies"), index),
            None => Some(&mut changed),
        };
        if let Some(part) = part.filter(|part| name != "value" || !is_short(part.get(name), &value))
        {
            set(part, name, value);
        }
        replace(&mut feature, changed);
    }
    for strategy in 0..list(&feature, "strategies").len() {
        let rules = rules_of(&mut feature, strategy).map_or(0, |rules| rules.len());
        for rule in 0..rules {
            let mut changed = feature.clone();
            if let Some(rule) = rules_of(&mut changed, strategy).and_then(|all| all.get_mut(rule)) {
                give_usual_values(rule);
            }
            replace(&mut feature, changed);
        }
    }
    feature
}

/// Returns true for a text or a number that is shorter than the ordinary one.
fn is_short(present: Option<&Json>, ordinary: &Json) -> bool {
    match (present, ordinary) {
        (Some(Json::Text(present)), Json::Text(ordinary))
        | (Some(Json::Number(present)), Json::Number(ordinary)) => present.len() < ordinary.len(),
        _ => false,
    }
}

fn rules_of(feature: &mut Json, strategy: usize) -> Option<&mut Vec<Json>> {
    let strategy = element(member(feature, "strategies"), strategy)?;
    match member(strategy, "attributes")? {
        Json::List(rules) => Some(rules),
        _ => None,
    }
}

/// Replaces the values of a rule that have another JSON type than those that FeatureHub writes for the rule's type.
fn give_usual_values(rule: &mut Json) {
    let kind = rule.get("type").and_then(Json::text).map(str::to_owned);
    let Some(Json::List(values)) = member(rule, "values") else { return };
    for value in values {
        *value = match (kind.as_deref(), &*value) {
            (Some("BOOLEAN"), Json::Bool(_)) | (Some("NUMBER"), Json::Number(_)) => continue,
            (Some("BOOLEAN"), Json::Text(text)) => Json::Bool(text == "true"),
            (Some("NUMBER"), Json::Text(text)) if is_number(text) => Json::Number(text.clone()),
            (Some("BOOLEAN" | "NUMBER"), _) | (_, Json::Text(_)) => continue,
            (_, other) => Json::Text(other.to_string()),
        };
    }
}

fn member<'a>(json: &'a mut Json, name: &str) -> Option<&'a mut Json> {
    let Json::Object(members) = json else { return None };
    members.iter_mut().find(|(known, _)| known == name).map(|(_, value)| value)
}

fn element(json: Option<&mut Json>, index: usize) -> Option<&mut Json> {
    let Some(Json::List(elements)) = json else { return None };
    elements.get_mut(index)
}

/// Gives a member of an object another value. An object without it gets it.
fn set(json: &mut Json, name: &str, value: Json) {
    let Json::Object(members) = json else { return };
    match members.iter_mut().find(|(known, _)| known == name) {
        Some((_, old)) => *old = value,
        None => members.push((name.to_owned(), value)),
    }
}

fn list(json: &Json, name: &str) -> Vec<Json> {
    json.get(name).map_or(&[][..], Json::elements).to_vec()
}

/// Returns true if each element of the smaller list corresponds to one of the larger list.
fn each_comes_from(
    larger: &[Json],
    smaller: &[Json],
    corresponds: impl Fn(&Json, &Json) -> bool,
) -> bool {
    smaller.iter().all(|each| larger.iter().any(|origin| corresponds(origin, each)))
}

fn alike(larger: &Json, smaller: &Json, members: &[&str]) -> bool {
    members.iter().all(|name| larger.get(name) == smaller.get(name))
}

/// Returns true if a member has the same JSON type in both objects, or is missing in both.
fn same_form(larger: &Json, smaller: &Json, name: &str) -> bool {
    larger.get(name).map(std::mem::discriminant) == smaller.get(name).map(std::mem::discriminant)
}

#[cfg(test)]
mod tests {
    use super::{keeps_envelope, ordinary};
    use crate::json::Json;

    const WHOLE: &str = r#"{"id":"9cd3","key":"F","version":3,"type":"STRING","value":"grey","strategies":[
        {"id":"s1","value":"a","percentage":20,"attributes":[{"fieldName":"x","type":"STRING","conditional":"EQUALS","values":["a","b"]}]},
        {"id":"s2","value":"b","attributes":[]}]}"#;

    fn kept(smaller: &str) -> bool {
        keeps_envelope(&Json::parse(WHOLE).unwrap(), &Json::parse(smaller).unwrap())
    }

    #[test]
    fn parts_become_ordinary_where_the_condition_allows_it() {
        let rule = |kind: &str, values: &str| {
            let rule = format!(r#"{{"type":"{kind}","conditional":"EQUALS","values":{values}}}"#);
            let strategy = format!(r#"{{"id":"s1","value":"blue","attributes":[{rule}]}}"#);
            let feature = format!(r#"{{"type":"STRING","value":"g","strategies":[{strategy}]}}"#);
            let ordinary = ordinary(Json::parse(&feature).unwrap(), |changed| {
                !changed.to_string().contains("\"id\": \"2d7a")
            });
            let strategy = ordinary.get("strategies").unwrap().elements()[0].clone();
            let rule = strategy.get("attributes").unwrap().elements()[0].clone();
            (ordinary.get("id").cloned(), rule.get("values").unwrap().to_string())
        };
        for (kind, values, usual) in [
            ("STRING", "[5, \"a\", true]", r#"["5", "a", "true"]"#),
            ("NUMBER", "[\"7.5\", \"x\", 2]", r#"[7.5, "x", 2]"#),
            ("BOOLEAN", "[\"true\", \"no\"]", "[true, false]"),
        ] {
            assert_eq!(rule(kind, values), (None, usual.to_owned()), "{kind} {values}");
        }
    }

    #[test]
    fn what_an_sdk_always_reads_stays() {
        assert!(kept(WHOLE));
        for (part, without, is_kept) in [
            (r#""version":3,"#, "", false),
            (r#""version":3,"#, r#""version":1,"#, false),
            (r#""id":"9cd3","#, r#""id":"9","#, false),
            (r#","type":"STRING","value":"grey""#, r#","value":"grey""#, false),
            (r#""value":"grey""#, r#""value":"""#, true),
            (r#""value":"grey""#, r#""value":null"#, false),
            (r#""value":"a","#, "", false),
            (r#""id":"s1","#, "", false),
            (r#""percentage":20,"#, "", true),
            (r#""values":["a","b"]"#, r#""values":["a"]"#, true),
            (r#","values":["a","b"]"#, "", false),
            (r#""conditional":"EQUALS","#, "", false),
            (r#""fieldName":"x""#, r#""fieldName":"""#, false),
            (
                r#",
        {"id":"s2","value":"b","attributes":[]}"#,
                "",
                true,
            ),
        ] {
            let smaller = WHOLE.replace(part, without);
            assert_ne!(smaller, WHOLE, "{part}");
            assert_eq!(kept(&smaller), is_kept, "{part} became {without:?}");
        }
    }
}
