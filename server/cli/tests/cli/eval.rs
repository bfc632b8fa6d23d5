use crate::tool::{FEATURES, fh, fh_with, file};

#[test]
fn json_keeps_tokens() {
    // The bucket of visitor-1 is 419,953, which is below 50 %.
    let run =
        fh_with(&["eval", "-", "--json", "--context", "userkey=visitor-1"], FEATURES).expect(0);
    assert!(run.out.contains("\"value\":1.10"), "{}", run.out);
    let rows = run.json();
    assert_eq!(rows[0]["feature"], "BANNER");
    assert_eq!(rows[0]["value"], "bold");
    assert_eq!(rows[0]["strategyId"], "half");
    assert_eq!(rows[0]["reason"], "SPLIT");
    assert_eq!(rows[1]["locked"], true);
    assert!(rows[2]["value"].is_null());
    assert_eq!(rows.as_array().unwrap().len(), 3);
}

#[test]
fn no_context_differs_from_an_empty_one() {
    let blank = r#"[{"id": "f", "key": "K", "type": "BOOLEAN", "value": false, "strategies": [{"id": "s", "value": true,
        "attributes": [{"fieldName": "plan", "type": "STRING", "conditional": "EQUALS", "values": null}]}]}]"#;
    let value = |args: &[&str]| fh_with(args, blank).expect(0).json()[0]["value"].clone();
    assert_eq!(value(&["eval", "-", "--json"]), true);
    assert_eq!(value(&["eval", "-", "--json", "--no-context"]), false);
    assert_eq!(value(&["eval", "-", "--json", "-c", "plan="]), false);
}

#[test]
fn every_form_of_payload() {
    let list = FEATURES.replace('\n', " ");
    let forms = [
        format!("\u{feff}{list}"),
        format!("[{{\"id\": \"e1\", \"features\": {list}}}]"),
        format!("{{\"id\": \"e1\", \"features\": {list}}}"),
        format!("data: {list}\n\n"),
        format!("event: features\nid: 12\ndata: {list}\n\n"),
        format!(
            "event: ack\ndata: {{\"status\":\"discover\"}}\n\n: beat\n\nevent: features\ndata: {list}\n\nevent: bye\ndata: {{}}\n\n"
        ),
    ];
    let path = file("form.json", &forms[0]);
    let expected = fh(&["eval", &path, "--json"]).expect(0).out;
    assert!(expected.contains("LIMIT"));
    for form in forms {
        assert_eq!(fh_with(&["eval", "-", "--json"], &form).expect(0).out, expected, "{form}");
    }
}

#[test]
fn a_recorded_stream_is_played_back() {
    let stream = "event: features\ndata: [{\"id\":\"a\",\"key\":\"A\",\"type\":\"NUMBER\",\"value\":1,\"version\":1}]\n\n\
        event: feature\ndata: {\"id\":\"a\",\"key\":\"A\",\"type\":\"NUMBER\",\"value\":2,\"version\":2}\n\n";
    assert_eq!(fh_with(&["eval", "-", "--json"], stream).expect(0).json()[0]["value"], 2);
    fh_with(&["eval", "-"], "event: ack\ndata: {}\n\n").refused(2, &["stdin", "`features`", "ack"]);
}

#[test]
fn several_environments_need_a_choice() {
    let body = r#"[{"id": "prod", "features": [{"key": "A", "type": "NUMBER", "value": 1}]},
        {"id": "test", "features": [{"key": "A", "type": "NUMBER", "value": 2}]},
        {"id": "prod", "features": [{"key": "B", "type": "NUMBER", "value": 3}]}]"#;
    fh_with(&["eval", "-"], body).refused(2, &["--environment", "prod, test"]);
    fh_with(&["eval", "-", "--environment", "porst"], body).refused(2, &["porst", "prod"]);
    let test = fh_with(&["eval", "-", "--json", "--environment", "test"], body).expect(0).json();
    assert_eq!(test[0]["value"], 2);
    // The features of all entries of one environment are merged.
    let prod = fh_with(&["eval", "-", "--json", "--environment", "prod"], body).expect(0).json();
    assert_eq!((&prod[0]["value"], &prod[1]["value"]), (&1.into(), &3.into()));
    fh_with(&["eval", "-", "--environment", "prod"], FEATURES)
        .refused(2, &["leave --environment out"]);
    // An option cannot choose between environments without ids.
    let unnamed = body.replace(r#""id": "prod", "#, "").replace(r#""id": "test", "#, "");
    for args in [&["eval", "-"][..], &["eval", "-", "--environment", "prod"]] {
        fh_with(args, &unnamed).refused(2, &["several environments without an id"]);
    }
    let mixed = body.replace(r#""id": "prod", "#, "");
    let run = fh_with(&["eval", "-"], &mixed).expect(2);
    assert!(run.err.ends_with("choose one with --environment: test\n"), "{run:?}");
}

#[test]
fn a_missing_key_is_a_finding() {
    let run =
        fh_with(&["eval", "-", "--json", "--key", "LIMIT", "--key", "BANER"], FEATURES).expect(1);
    assert_eq!(run.json().as_array().unwrap().len(), 1);
    assert_eq!(run.json()[0]["feature"], "LIMIT");
    assert_eq!(run.err, "error: stdin holds no feature BANER; did you mean BANNER?\n");
}

#[test]
fn the_clock_can_be_set() {
    let feature = r#"[{"id": "f", "key": "K", "type": "BOOLEAN", "value": false, "strategies": [{"id": "s", "value": true,
        "attributes": [{"fieldName": "now", "type": "DATE", "conditional": "EQUALS", "values": ["2031-05-09"]}]}]}]"#;
    let on = |now: &str| {
        fh_with(&["eval", "-", "--json", "--now", now], feature).expect(0).json()[0]["value"]
            == true
    };
    assert!(on("2031-05-09") && on("2031-05-09T23:59:59.999Z") && on("2031-05-10T00:30:00+01:00"));
    assert!(!on("2031-05-10"));
    assert_eq!(fh_with(&["eval", "-", "--json"], feature).expect(0).json()[0]["value"], false);
}

#[test]
fn profiles_differ() {
    let feature = r#"[{"id": "f", "key": "K", "type": "BOOLEAN", "value": false, "strategies": [{"id": "s", "value": true,
        "attributes": [{"fieldName": "k", "type": "STRING", "conditional": "NOT_EQUALS", "values": ["a", "b"]}]}]}]"#;
    let value = |profile: &str| {
        fh_with(&["eval", "-", "--json", "-c", "k=a", "--profile", profile], feature)
            .expect(0)
            .json()[0]["value"]
            .clone()
    };
    assert_eq!(value("client"), false);
    assert_eq!(value("edge"), true);
}

#[test]
fn unread_parts_are_pointed_out() {
    let run =
        fh_with(&["eval", "-"], r#"[{"key": "A", "type": "NUMBER", "value": 1}, 7]"#).expect(0);
    assert!(run.err.contains("1 part of stdin") && run.err.contains("fh lint"), "{run:?}");
}

#[test]
fn wide_characters_are_aligned() {
    let features = r#"[{"key": "利用", "type": "NUMBER", "value": 1}, {"key": "ABCDEFGH", "type": "NUMBER", "value": 2}]"#;
    let run = fh_with(&["eval", "-"], features).expect(0);
    let lines: Vec<&str> = run.out.lines().collect();
    assert_eq!(lines[1], "利用      STATIC            1");
    assert_eq!(lines[2], "ABCDEFGH  STATIC            2");
}

#[test]
fn control_characters_are_escaped() {
    let features =
        r#"[{"key": "A\u001b[31m", "type": "JSON", "value": "{\"a\":\n\"\u001b]0;x\u0007\"}"}]"#;
    for command in [&["eval", "-"][..], &["lint", "-"], &["explain", "-", "A\u{1b}[31m"]] {
        let run = fh_with(command, features);
        assert!(!run.out.contains('\u{1b}') && !run.err.contains('\u{1b}'), "{run:?}");
        assert!(run.out.contains("A\\u{1b}[31m"), "{run:?}");
    }
}

/// A payload of FeatBit with one flag, whose rule is for professionals.
const FEATBIT: &str = r#"{"messageType": "data-sync", "data": {"eventType": "full", "segments": [], "featureFlags": [{
    "key": "checkout", "variationType": "string", "isEnabled": true, "disabledVariationId": "old",
    "variations": [{"id": "old", "value": "one page"}, {"id": "new", "value": "two pages"}],
    "rules": [{"name": "Professionals", "conditions": [{"property": "plan", "op": "Equal", "value": "pro"}],
        "variations": [{"id": "new", "rollout": [0, 1], "exptRollout": 1}]}],
    "fallthrough": {"variations": [{"id": "old", "rollout": [0, 1], "exptRollout": 1}]}}]}}"#;

#[test]
fn flags_of_featbit_are_evaluated_for_a_user() {
    let eval =
        |more: &[&str]| fh_with(&[&["eval", "--system", "featbit", "-"], more].concat(), FEATBIT);
    let run = eval(&["-k", "checkout", "-c", "keyId=bob", "-c", "plan=pro"]).expect(0);
    assert_eq!(
        run.out,
        "FLAG      REASON     RULE           VARIATION  VALUE\n\
         checkout  RuleMatch  Professionals  new        two pages\n"
    );
    let rows = eval(&["-c", "keyId=bob", "--json"]).expect(0).json();
    assert_eq!(
        (&rows[0]["value"], &rows[0]["reason"]),
        (&"one page".into(), &"Fallthrough".into())
    );
    let user = file(
        "user.json",
        r#"{"keyId": "bob", "customizedProperties": [{"name": "plan", "value": "pro"}]}"#,
    );
    let rows = eval(&["--user", &user, "--json"]).expect(0).json();
    assert_eq!(rows[0]["variationId"], "new");
    assert!(eval(&["-c", "keyId=bob", "-k", "other"]).expect(1).err.contains("no flag other"));
    assert!(eval(&[]).expect(2).err.contains("-c keyId=KEY"));
    assert!(
        eval(&["--profile", "edge", "-c", "keyId=bob"]).expect(2).err.contains("server or draft")
    );
}

#[test]
fn a_payload_of_another_system_is_an_error_that_names_the_option() {
    assert!(fh_with(&["eval", "-"], FEATBIT).expect(2).err.contains("--system featbit"));
    let run = fh_with(&["eval", "--system", "featbit", "-", "-c", "keyId=bob"], FEATURES).expect(2);
    assert!(run.err.contains("leave --system featbit out"), "{}", run.err);
    assert!(
        fh_with(&["eval", "-", "--profile", "draft"], FEATURES)
            .expect(2)
            .err
            .contains("--system featbit")
    );
}
