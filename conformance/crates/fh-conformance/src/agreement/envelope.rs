//! The parts of a feature that shrinking keeps. SDKs read them in every feature, so a feature without them fails for a reason of its own.
//! They become ordinary where a difference does not depend on them.

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
        if let Some(part) = part {
            set(part, name, value);
        }
        if changed != feature && holds(&changed) {
            feature = changed;
        }
    }
    feature
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
    use super::keeps_envelope;
    use crate::json::Json;

    const WHOLE: &str = r#"{"id":"9cd3","key":"F","version":3,"type":"STRING","value":"grey","strategies":[
        {"id":"s1","value":"a","percentage":20,"attributes":[{"fieldName":"x","type":"STRING","conditional":"EQUALS","values":["a","b"]}]},
        {"id":"s2","value":"b","attributes":[]}]}"#;

    fn kept(smaller: &str) -> bool {
        keeps_envelope(&Json::parse(WHOLE).unwrap(), &Json::parse(smaller).unwrap())
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
