//! Forecasts count each user at the strategy that matches, and name the configured shares.
#![allow(clippy::unwrap_used)]

use fh_eval::internal::rollout::{ConfiguredShare, Forecast};
use fh_eval::{Attributes, Profile, Ruleset, Timestamp};

const NOW: Timestamp = Timestamp::from_millis(1_709_249_400_000);

fn ruleset(strategies: &str) -> Ruleset {
    let payload = format!(
        r#"[{{"id":"7a0b","key":"A","type":"STRING","value":"rest","strategies":[{strategies}]}}]"#
    );
    Ruleset::from_json(payload.as_bytes(), Profile::Client).unwrap()
}

fn forecast<'a>(ruleset: &'a Ruleset, attribute: &'a str, fixed: &'a Attributes) -> Forecast<'a> {
    Forecast::new(ruleset.get("A").unwrap(), Profile::Client, attribute, fixed, NOW)
}

fn configured(strategies: &str) -> Vec<ConfiguredShare> {
    let ruleset = ruleset(strategies);
    let fixed = Attributes::default();
    forecast(&ruleset, "userkey", &fixed).parts().iter().map(|part| part.configured).collect()
}

const RULE: &str = r#""attributes":[{"fieldName":"plan","type":"STRING","conditional":"EQUALS","values":["gold"]}]"#;

#[test]
fn every_user_is_counted_at_the_strategy_that_evaluation_gives() {
    let ruleset =
        ruleset(r#"{"id":"s","percentage":250000,"value":"a"},{"percentage":250000,"value":7}"#);
    let fixed = Attributes::default();
    let mut forecast = forecast(&ruleset, "userkey", &fixed);
    let mut expected = [0; 3];
    for number in 0..1000 {
        let context = forecast.context(&format!("user-{number}"));
        let evaluation = forecast.count(&context);
        expected[evaluation.strategy_position().unwrap_or(2)] += 1;
    }
    let counted: Vec<u64> = forecast.parts().iter().map(|part| part.people).collect();
    assert_eq!(counted, expected);
    assert!(expected.iter().all(|people| *people > 150), "{expected:?}");
    assert_eq!(forecast.people(), 1000);
    assert!((forecast.share(250) - 0.25).abs() < f64::EPSILON);
    let tokens: Vec<_> = forecast.parts().iter().map(|part| part.token.as_deref()).collect();
    assert_eq!(tokens, [Some("\"a\""), Some("7"), Some("\"rest\"")]);
    let named: Vec<_> =
        forecast.parts().iter().map(|part| (part.position, part.id.as_deref())).collect();
    assert_eq!(named, [(Some(0), Some("s")), (Some(1), None), (None, None)]);
}

/// The rest for the default value follows only from percentages of all users over one percentage key.
#[test]
fn shares_are_those_of_the_payload() {
    use ConfiguredShare::{OfAdmitted, OfAll, OfNobody, Open};
    assert_eq!(configured(""), [OfAll(1_000_000)]);
    let two = r#"{"percentage":200000},{"percentage":3e5},{}"#;
    assert_eq!(configured(two), [OfAll(200_000), OfAll(300_000), OfNobody, OfAll(500_000)]);
    // An unusable strategy matches no user, and leaves the rest to the others.
    for unusable in [
        r#"{"percentage":400000,"percentageAtributes":["plan"]}"#,
        r#"{"percentage":400000,"attributes":7}"#,
        r#"{"percentage":400000,"percentageAttributes":[7]}"#,
        "7",
    ] {
        let strategies = format!(r#"{unusable},{{"percentage":200000}}"#);
        assert_eq!(
            configured(&strategies),
            [OfNobody, OfAll(200_000), OfAll(800_000)],
            "{unusable}"
        );
    }
    let without_id = br#"[{"key":"A","type":"STRING","strategies":[{"percentage":200000}]}]"#;
    let without_id = Ruleset::from_json(without_id, Profile::Client).unwrap();
    let fixed = Attributes::default();
    let parts = forecast(&without_id, "userkey", &fixed).parts().to_vec();
    assert_eq!([parts[0].configured, parts[1].configured], [OfNobody, OfAll(1_000_000)]);
    let over = r#"{"percentage":900000},{"percentage":900000}"#;
    assert_eq!(configured(over), [OfAll(900_000), OfAll(900_000), OfAll(0)]);
    let keys = r#"{"percentage":1},{"percentage":2,"percentageAttributes":["company"]}"#;
    assert_eq!(configured(keys), [OfAll(1), OfAll(2), Open]);
    let rules = format!(r#"{{"percentage":5,{RULE}}},{{{RULE}}}"#);
    assert_eq!(configured(&rules), [OfAdmitted(5), Open, Open]);
}

#[test]
fn a_forecast_is_constant_if_no_strategy_depends_on_the_attribute() {
    let percentage = r#"{"percentage":500000}"#;
    let company = r#"{"percentage":500000,"percentageAttributes":["company"]}"#;
    let rule = format!("{{{RULE}}}");
    let nobody = Attributes::default();
    let with_session = Attributes::builder().attribute("session", "s").build();
    for (strategies, attribute, fixed, is_constant, lacks_key) in [
        (percentage, "userkey", &nobody, false, false),
        (percentage, "session", &nobody, false, false),
        (percentage, "company", &nobody, true, true),
        (percentage, "userkey", &with_session, true, false),
        (company, "company", &nobody, false, false),
        (company, "userkey", &nobody, true, false),
        (&rule, "plan", &nobody, false, false),
        (&rule, "userkey", &nobody, true, false),
        // Without strategies, a remark on the attribute would help no one.
        ("", "userkey", &nobody, false, false),
    ] {
        let ruleset = ruleset(strategies);
        let forecast = forecast(&ruleset, attribute, fixed);
        let found = (forecast.is_constant(), forecast.lacks_default_key());
        assert_eq!(found, (is_constant, lacks_key), "{strategies} {attribute}");
    }
    let ruleset = ruleset(&format!("{rule},{company}"));
    assert_eq!(forecast(&ruleset, "x", &nobody).deciding_attribute(), Some("company"));
}

/// Under profile `edge`, a percentage of 0 without rules matches the bucket 0 (D-33), so it depends on its percentage key.
#[test]
fn a_percentage_of_0_depends_on_its_key_under_profile_edge() {
    let payload = |strategies: &str| {
        format!(
            r#"[{{"id":"7a0b","key":"A","type":"STRING","value":"rest","strategies":[{strategies}]}}]"#
        )
    };
    let nobody = Attributes::default();
    let zero = r#"{"percentage":0,"value":"zero"}"#;
    let of_company = r#"{"percentage":0,"percentageAttributes":["company"]}"#;
    let beside_a_rule = format!(r#"{{"percentage":0,{RULE}}}"#);
    for (strategies, attribute, profile, is_constant) in [
        (zero, "userkey", Profile::Edge, false),
        (zero, "userkey", Profile::Client, true),
        (zero, "company", Profile::Edge, true),
        (of_company, "company", Profile::Edge, false),
        (of_company, "userkey", Profile::Edge, true),
        (&beside_a_rule, "userkey", Profile::Edge, true),
        (r#"{"percentage":null}"#, "userkey", Profile::Edge, true),
    ] {
        let ruleset = Ruleset::from_json(payload(strategies).as_bytes(), profile).unwrap();
        let feature = ruleset.get("A").unwrap();
        let mut forecast = Forecast::new(feature, profile, attribute, &nobody, NOW);
        assert_eq!(forecast.is_constant(), is_constant, "{strategies} {attribute} {profile}");
        // The bucket of this user is 0.
        for user in ["user-1850674", "fred"] {
            let context = forecast.context(user);
            forecast.count(&context);
        }
        let matched = forecast.parts()[0].people;
        assert_eq!(matched, u64::from(!is_constant), "{strategies} {attribute} {profile}");
    }
}
