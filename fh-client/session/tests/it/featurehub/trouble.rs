//! Responses that are malformed, and features of another environment.

use fh_repository::system::System;

use super::*;

#[test]
fn malformed_parts() {
    let mut driver = TestDriver::new(Mode::Streaming, &[CLIENT]);
    for (name, data) in [
        ("features", "[{"),
        ("features", r#"{"id":"e"}"#),
        ("feature", "[{"),
        ("feature", "[]"),
        ("feature", r#"{"id":"no key"}"#),
        ("feature", r#"{"id":"i","key":["hush"],"type":"STRING"}"#),
        ("delete_feature", "7"),
    ] {
        driver.live();
        driver.event(name, data);
        assert!(
            matches!(driver.status().problem, Some(Problem::Malformed(_))),
            "{name} {data} {:?}",
            driver.status()
        );
        // A found text may hold the keys of users.
        assert!(!format!("{:?}", driver.status().problem).contains("hush"));
        assert_eq!(driver.status().readiness, Readiness::Ready);
        driver.wait();
    }
    let mut driver = TestDriver::new(POLL, &[CLIENT]);
    for body in ["[{", "{}", "", "<html>", "[7]"] {
        driver.polled(body);
        assert!(matches!(driver.status().problem, Some(Problem::Malformed(_))), "{body}");
        let text = driver.status().problem.as_ref().unwrap().on(System::FeatureHub).to_string();
        assert_eq!(text.contains("answers with a page of HTML"), body == "<html>", "{text}");
        driver.wait();
    }
    driver.polled("[]");
    assert_eq!(driver.status().readiness, Readiness::Failed);
    assert_eq!(driver.status().problem, Some(Problem::NoEnvironments));
    driver.wait();
    driver.good_poll();
    driver.wait();
    driver.polled("[]");
    assert_eq!(driver.status().readiness, Readiness::Ready);
    assert_eq!(driver.value().as_deref(), Some("x"));
}

/// D-35 applies to a list and to a single feature: the feature is kept, and the stream stays open.
#[test]
fn every_json_value_in_every_member_of_events_and_polls() {
    let members = [
        ("id", r#""b""#),
        ("l", "false"),
        ("version", "2"),
        ("type", r#""STRING""#),
        ("value", r#""y""#),
        ("strategies", "[]"),
        ("fp", "{}"),
        ("v", r#""s""#),
        ("later", "1"),
    ];
    let values = [
        "null",
        "true",
        "7",
        "1e999",
        "-1e999",
        r#""text""#,
        r#""\ud800""#,
        "[]",
        "[1e999]",
        r#"[{"percentage":1e999,"percentageAttributes":1e999,"attributes":1e999}]"#,
        r#"[{"attributes":[1e999,{"values":1e999,"fieldName":"\udc00"}],"value":1e999}]"#,
        r#"{"a":1e999}"#,
    ];
    for (member, _) in members {
        for value in values {
            let rest = members.iter().filter(|(name, _)| *name != member);
            let rest: String = rest.map(|(name, usual)| format!(r#""{name}":{usual},"#)).collect();
            let feature = format!(r#"{{{rest}"{member}":{value},"key":"B"}}"#);

            let mut driver = TestDriver::new(Mode::Streaming, &[CLIENT]);
            driver.live();
            driver.event("feature", &feature);
            assert_eq!(driver.status().problem, None, "{feature}");
            assert!(driver.aborted.is_empty(), "{feature}");
            assert!(driver.keys().contains(&"B".to_string()), "{feature}");
            driver.event("delete_feature", &feature);
            assert_eq!(driver.status().problem, None, "{feature}");

            let mut driver = TestDriver::new(POLL, &[CLIENT]);
            driver.polled(&format!(r#"[{{"id":"e","features":[{feature}]}}]"#));
            assert_eq!(driver.status().problem, None, "{feature}");
            assert_eq!(driver.keys(), ["B"], "{feature}");
        }
    }
}

/// Features of another environment may come from a cache that does not distinguish keys.
#[test]
fn features_of_another_environment_are_refused() {
    const ID: &str = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac";
    const OTHER: &str = "99999999-122b-4312-9ea8-06b2b8d6ceac";
    let feature = |environment: &str| {
        format!(
            r#"{{"id":"a","key":"A","version":99,"type":"STRING","value":"y","environmentId":"{environment}"}}"#
        )
    };
    let key = format!("{ID}/k*");
    let mut driver = TestDriver::new(POLL, &[&key]);
    driver.polled(&format!(r#"[{{"id":"{}","features":{LIST}}}]"#, ID.to_uppercase()));
    assert_eq!(driver.value().as_deref(), Some("x"));
    for (count, body) in [
        (1, format!(r#"[{{"id":"{OTHER}","features":[{}]}}]"#, feature(OTHER))),
        (2, format!(r#"[{{"id":"{ID}","features":[{}]}}]"#, feature(OTHER))),
    ] {
        driver.wait();
        driver.polled(&body);
        assert_eq!(driver.value().as_deref(), Some("x"), "{body}");
        assert!(driver.status().problem.is_some());
        assert_eq!((driver.notices.len(), driver.status().foreign_features), (count, count as u64));
    }
    driver.wait();
    driver.polled(&format!(r#"[{{"id":"{ID}","features":[{}]}}]"#, feature(ID)));
    assert_eq!(driver.value().as_deref(), Some("y"));
    assert_eq!(driver.status().problem, None);

    let mut driver = TestDriver::new(Mode::Streaming, &[&key]);
    driver.live();
    driver.event("feature", &feature(OTHER));
    let mixed = feature(OTHER).replace("\"A\"", "\"B\"").replace("\"a\"", "\"b\"");
    driver.event("features", &format!("[{mixed},{}]", LIST.trim_matches(['[', ']'])));
    assert_eq!(driver.value().as_deref(), Some("x"));
    assert_eq!((driver.notices.len(), driver.status().foreign_features), (2, 2));
    assert_eq!(driver.status().problem, None);
    // No feature of this list belongs to the environment.
    driver.event("features", &format!("[{mixed}]"));
    assert_eq!(driver.value().as_deref(), Some("x"));
    assert_eq!(driver.status().problem, Some(Problem::NoEnvironments));
}

/// A feature counts as misplaced even if another API key gives access to the environment that the feature names.
#[test]
fn features_in_the_list_of_another_environment_are_refused() {
    const ID: &str = "71ed3c04-122b-4312-9ea8-06b2b8d6ceac";
    const OTHER: &str = "99999999-122b-4312-9ea8-06b2b8d6ceac";
    let mut driver = TestDriver::new(POLL, &[&format!("{ID}/k*"), &format!("{OTHER}/k*")]);
    let misplaced = format!(r#"{{"id":"b","key":"B","version":1,"environmentId":"{OTHER}"}}"#);
    let list = format!("[{misplaced},{}]", LIST.trim_matches(['[', ']']));
    driver.polled(&format!(
        r#"[{{"id":"{ID}","features":{list}}},{{"id":"{OTHER}","features":[]}}]"#
    ));
    assert_eq!(driver.keys(), ["A"]);
    let what = format!(
        "features in a list or event of another environment: 1, the first feature names the environment {OTHER}"
    );
    assert_eq!(driver.notices, [Notice::Ignored { what }]);
}
