//! The parts of a feature that shrinking keeps. SDKs read them in every feature, so a feature without them fails for a reason of its own.

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
