//! Failures that may pass: delays, responses that are malformed or too large, and responses of an Edge with a failure of its own.

use super::*;

#[test]
fn trouble_before_ready_backs_off() {
    for status in [500, 503, 429, 204, 418] {
        let mut desk = Desk::new(Mode::Streaming, &[CLIENT]);
        let mut waits = Vec::new();
        for _ in 0..7 {
            desk.answer(Head::new(status), "");
            assert_eq!(desk.status().readiness, Readiness::NotReady);
            waits.push(desk.wait() / 1000);
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30], "{status}");
    }
    let mut desk = Desk::new(Mode::ActivePolling(Duration::from_secs(5)), &[CLIENT]);
    let mut waits = Vec::new();
    for _ in 0..5 {
        desk.answer(Head::new(503), "");
        waits.push(desk.wait() / 1000);
    }
    assert_eq!(waits, [1, 2, 4, 5, 5]);
    desk.good_poll();
    desk.wait();
    desk.answer(Head::new(503).header("retry-after", "77"), "");
    assert_eq!(desk.wait(), 77_000);
}

#[test]
fn malformed_parts() {
    let mut desk = Desk::new(Mode::Streaming, &[CLIENT]);
    for (name, data) in [
        ("features", "[{"),
        ("features", r#"{"id":"e"}"#),
        ("feature", "[{"),
        ("feature", "[]"),
        ("feature", r#"{"id":"no key"}"#),
        ("delete_feature", "7"),
    ] {
        desk.live();
        desk.event(name, data);
        assert!(
            matches!(desk.status().problem, Some(Problem::Malformed(_))),
            "{name} {data} {:?}",
            desk.status()
        );
        assert_eq!(desk.status().readiness, Readiness::Ready);
        desk.wait();
    }
    let mut desk = Desk::new(POLL, &[CLIENT]);
    for body in ["[{", "{}", "", "<html>", "[7]"] {
        desk.polled(body);
        assert!(matches!(desk.status().problem, Some(Problem::Malformed(_))), "{body}");
        desk.wait();
    }
    desk.polled("[]");
    assert_eq!(desk.status().readiness, Readiness::Failed);
    assert_eq!(desk.status().problem, Some(Problem::NoEnvironments));
    desk.wait();
    desk.good_poll();
    desk.wait();
    desk.polled("[]");
    assert_eq!(desk.status().readiness, Readiness::Ready);
    assert_eq!(desk.value().as_deref(), Some("x"));
}

#[test]
fn too_much() {
    let limited = |mode| Desk::with(mode, &[CLIENT], |config| config.limits.bytes = 1_000);
    let mut desk = limited(POLL);
    let request_id = desk.request_id();
    desk.tell(Input::Opened { request_id, head: &json(200) });
    desk.tell(Input::Bytes { request_id, bytes: &[b' '; 600] });
    desk.tell(Input::Bytes { request_id, bytes: &[b' '; 600] });
    assert_eq!(desk.status().problem, Some(Problem::TooLarge(1_000)));
    assert_eq!(desk.aborted, [request_id]);
    let mut desk = limited(Mode::Streaming);
    desk.live();
    let request_id = desk.request_id();
    desk.tell(Input::Bytes { request_id, bytes: &[b'x'; 2_000] });
    assert_eq!(desk.status().problem, Some(Problem::TooLarge(1_000)));
    assert_eq!(desk.aborted, [request_id]);
}

#[test]
fn empty_lists_of_an_edge_in_trouble() {
    // With one client-evaluated key, an empty list removes the features.
    let mut desk = Desk::new(POLL, &[CLIENT]);
    desk.good_poll();
    desk.wait();
    desk.polled(r#"[{"id":"e","features":[]}]"#);
    assert_eq!(desk.value(), None);
    // Otherwise an empty list is doubtful.
    for keys in [&[SERVER][..], &["e/k*", "f/k*"]] {
        let mut desk = Desk::new(POLL, keys);
        desk.good_poll();
        desk.wait();
        desk.polled(r#"[{"id":"e","features":[]}]"#);
        assert_eq!(desk.value().as_deref(), Some("x"));
        assert_eq!(desk.status().problem, Some(Problem::EmptyList));
    }
    // A list without a single valid feature is doubtful with every kind of key.
    for list in [r#"["x"]"#, "[7, null]", r#"[{"id":"a"},{"key":7}]"#] {
        let mut desk = Desk::new(Mode::Streaming, &[CLIENT]);
        desk.live();
        desk.event("features", list);
        assert_eq!(desk.value().as_deref(), Some("x"), "{list}");
        assert_eq!(desk.status().problem, Some(Problem::EmptyList), "{list}");
        let mut desk = Desk::new(POLL, &[CLIENT]);
        desk.good_poll();
        desk.wait();
        desk.polled(&format!(r#"[{{"id":"e","features":{list}}}]"#));
        assert_eq!(desk.value().as_deref(), Some("x"), "{list}");
    }
    let mut desk = Desk::new(Mode::Streaming, &[SERVER]);
    desk.live();
    desk.event("features", "[]");
    assert_eq!(desk.value().as_deref(), Some("x"));
    // A client that had no features before is ready without any.
    let mut desk = Desk::new(POLL, &[CLIENT]);
    desk.polled(r#"[{"id":"e"}]"#);
    assert_eq!(desk.status().readiness, Readiness::Ready);
}

#[test]
fn environments_that_no_key_opens_are_passed_over() {
    let stranger =
        r#"{"id":"x","features":[{"id":"y","key":"Y","version":1,"type":"STRING","value":"y"}]}"#;
    for keys in [&[CLIENT][..], &["e/k*", "f/k*"]] {
        let mut desk = Desk::new(POLL, keys);
        desk.polled(&format!(r#"[{{"id":"E","features":{LIST}}},{stranger}]"#));
        assert_eq!(desk.value().as_deref(), Some("x"));
        assert_eq!(desk.published.last().unwrap().rules.ruleset().len(), 1, "{keys:?}");
        assert!(matches!(desk.notices.as_slice(), [Notice::Ignored { .. }]));
        desk.wait();
        // A response with unknown environments only counts as one without environments.
        desk.polled(&format!("[{stranger},{}]", stranger.replace('x', "z")));
        assert_eq!(desk.status().problem, Some(Problem::NoEnvironments));
        assert_eq!(desk.value().as_deref(), Some("x"));
        assert_eq!(desk.status().foreign_features, 3, "one, and two more");
    }
}

/// D-35 applies to a list and to a single feature: the feature is kept, and the stream stays open.
#[test]
fn every_json_value_in_every_member_at_both_doors() {
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

            let mut desk = Desk::new(Mode::Streaming, &[CLIENT]);
            desk.live();
            desk.event("feature", &feature);
            assert_eq!(desk.status().problem, None, "{feature}");
            assert!(desk.aborted.is_empty(), "{feature}");
            assert!(desk.keys().contains(&"B".to_string()), "{feature}");
            desk.event("delete_feature", &feature);
            assert_eq!(desk.status().problem, None, "{feature}");

            let mut desk = Desk::new(POLL, &[CLIENT]);
            desk.polled(&format!(r#"[{{"id":"e","features":[{feature}]}}]"#));
            assert_eq!(desk.status().problem, None, "{feature}");
            assert_eq!(desk.keys(), ["B"], "{feature}");
        }
    }
}

/// A cache that does not distinguish keys may send such features.
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
    let mut desk = Desk::new(POLL, &[&key]);
    desk.polled(&format!(r#"[{{"id":"{}","features":{LIST}}}]"#, ID.to_uppercase()));
    assert_eq!(desk.value().as_deref(), Some("x"));
    for (count, body) in [
        (1, format!(r#"[{{"id":"{OTHER}","features":[{}]}}]"#, feature(OTHER))),
        (2, format!(r#"[{{"id":"{ID}","features":[{}]}}]"#, feature(OTHER))),
    ] {
        desk.wait();
        desk.polled(&body);
        assert_eq!(desk.value().as_deref(), Some("x"), "{body}");
        assert!(desk.status().problem.is_some());
        assert_eq!((desk.notices.len(), desk.status().foreign_features), (count, count as u64));
    }
    desk.wait();
    desk.polled(&format!(r#"[{{"id":"{ID}","features":[{}]}}]"#, feature(ID)));
    assert_eq!(desk.value().as_deref(), Some("y"));
    assert_eq!(desk.status().problem, None);

    let mut desk = Desk::new(Mode::Streaming, &[&key]);
    desk.live();
    desk.event("feature", &feature(OTHER));
    let mixed = feature(OTHER).replace("\"A\"", "\"B\"").replace("\"a\"", "\"b\"");
    desk.event("features", &format!("[{mixed},{}]", LIST.trim_matches(['[', ']'])));
    assert_eq!(desk.value().as_deref(), Some("x"));
    assert_eq!((desk.notices.len(), desk.status().foreign_features), (2, 2));
    assert_eq!(desk.status().problem, None);
    // No feature of this list belongs to the environment.
    desk.event("features", &format!("[{mixed}]"));
    assert_eq!(desk.value().as_deref(), Some("x"));
    assert_eq!(desk.status().problem, Some(Problem::NoEnvironments));
}
