//! Recognises features that name another environment than that of their list. An Edge may send such features by mistake. A cache in front
//! of the Edge may do so too if it does not distinguish API keys.

use fh_eval::internal::wire::{self, name};

use super::received::Received;

/// Returns true if both texts are UUIDs, and they name different environments.
pub(crate) fn names_another(environment: &str, said: &str) -> bool {
    match (uuid(environment), uuid(said)) {
        (Some(environment), Some(said)) => environment != said,
        _ => false,
    }
}

/// Returns the id of the environment that a feature names, if this id and `environment` are UUIDs and differ; otherwise `None`.
pub(crate) fn other_environment(environment: &str, feature: &Received<'_>) -> Option<String> {
    // A FeatureHub server leaves the environment's id out of features (edge-protocol 2.6), so a text search avoids most of the parsing. The
    // letters of a member's name may be escaped in JSON, such as `\u0049` for `I`.
    let json = feature.json();
    if !json.contains(name::ENVIRONMENT) && !json.contains(r"\u00") {
        return None;
    }
    let said = wire::text(feature.parts()?.environment)?;
    names_another(environment, &said).then(|| said.into_owned())
}

/// Parses a UUID as the Edge does: in upper or lower case, and with or without leading zeros in its groups.
/// Returns `None` if the text is not a UUID.
fn uuid(text: &str) -> Option<[u64; 5]> {
    const DIGITS: [usize; 5] = [8, 4, 4, 4, 12];
    let mut groups = text.split('-');
    let mut uuid = [0; 5];
    for (value, most) in uuid.iter_mut().zip(DIGITS) {
        let group = groups.next()?;
        let is_hex = group.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_hex || group.len() > most {
            return None;
        }
        *value = u64::from_str_radix(group, 16).ok()?;
    }
    groups.next().is_none().then_some(uuid)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac";
    const OTHER: &str = "71ed3c04-122b-4312-9ea8-06b2b8d6cead";

    #[test]
    fn only_uuids_can_name_other_environments() {
        assert!(names_another(ID, OTHER) && names_another("1-1-1-1-1", OTHER));
        for (one, same) in [
            (ID, ID),
            (ID, "71ED3C04-122B-4312-9EA8-06B2B8D6CEAC"),
            ("1-1-1-1-1", "00000001-0001-0001-0001-000000000001"),
            // A text that is not a UUID cannot be compared with a UUID.
            ("production", OTHER),
            (ID, "production"),
            (ID, ""),
            (ID, "71ed3c04-122b-4312-9ea8-06b2b8d6cea-d"),
            (ID, "71ed3c04-122b-4312-9ea8-0006b2b8d6cead"),
            (ID, "71ed3c04-122b-4312-9ea8-+6b2b8d6cead"),
        ] {
            assert!(!names_another(one, same), "{one} {same}");
        }
    }

    #[test]
    fn features_that_name_their_environment() {
        let said = |json: &str| other_environment(ID, &Received::new(wire::one(json).unwrap()));
        assert_eq!(
            said(&format!(r#"{{"key":"A","environmentId":"{OTHER}"}}"#)).as_deref(),
            Some(OTHER)
        );
        for name in [r"environment\u0049d", r"\u0065nvironmentId"] {
            let escaped = format!(r#"{{"key":"A","{name}":"{OTHER}"}}"#);
            assert_eq!(said(&escaped).as_deref(), Some(OTHER), "{escaped}");
        }
        for own in [
            format!(r#"{{"key":"A","environmentId":"{ID}"}}"#),
            r#"{"key":"A","environmentId":null}"#.to_string(),
            format!(r#"{{"key":"environmentId","value":"{OTHER}"}}"#),
            format!(r#"{{"key":"A","fp":{{"environmentId":"{OTHER}"}}}}"#),
            r#"["environmentId"]"#.to_string(),
        ] {
            assert_eq!(said(&own), None, "{own}");
        }
    }
}
