use fh_test_servers::featurehub::{Behaviour, FakeEdge, Feature, Permission, Route};
use serde_json::{Value, json};

use crate::tool::{Run, command, fh, of_edge, run};

fn edge() -> FakeEdge {
    let edge = FakeEdge::start().unwrap();
    edge.set_feature(Feature::boolean("FLAG", false));
    edge.set_feature(Feature::string("BANNER", "plain"));
    edge.set_feature(Feature::number("LIMIT", 7.5));
    edge.set_feature(Feature::json_text("LAYOUT", "{}"));
    edge
}

fn set(edge: &FakeEdge, others: &[&str]) -> Run {
    fh(&of_edge("set", edge, others))
}

fn held(edge: &FakeEdge, key: &str) -> (Value, bool) {
    let feature = edge.feature(key).unwrap();
    (feature["value"].clone(), feature["l"] == true)
}

#[test]
fn a_value_of_each_type() {
    let edge = edge();
    let run = set(&edge, &["FLAG", "true"]).expect(0);
    assert_eq!(run.out, "FLAG: has the value (accepted; clients receive the change in a moment)\n");
    assert_eq!(run.err, "");
    set(&edge, &["BANNER", "kia ora"]).expect(0);
    set(&edge, &["LIMIT", "-0.25"]).expect(0);
    set(&edge, &["LAYOUT", r#"{"a": [1, "http://x/y"]}"#]).expect(0);
    assert_eq!(held(&edge, "FLAG"), (json!(true), false));
    assert_eq!(held(&edge, "BANNER"), (json!("kia ora"), false));
    assert_eq!(held(&edge, "LIMIT"), (json!(-0.25), false));
    assert_eq!(held(&edge, "LAYOUT"), (json!(r#"{"a": [1, "http://x/y"]}"#), false));
    // A STRING stays text even if it looks like another type.
    set(&edge, &["BANNER", "true"]).expect(0);
    assert_eq!(held(&edge, "BANNER").0, json!("true"));
    set(&edge, &["BANNER", "--null"]).expect(0);
    assert_eq!(held(&edge, "BANNER").0, Value::Null);
    // The command sends no request but the updates.
    let seen = edge.recording();
    assert_eq!((seen.count(Route::Put), seen.requests.len()), (6, 6));
}

#[test]
fn locks_alone_and_with_a_value() {
    let edge = edge();
    assert!(set(&edge, &["FLAG", "true", "--lock"]).expect(0).out.contains("and is locked"));
    assert_eq!(held(&edge, "FLAG"), (json!(true), true));
    assert!(set(&edge, &["FLAG", "false", "--unlock"]).expect(0).out.contains("and is unlocked"));
    assert_eq!(held(&edge, "FLAG"), (json!(false), false));
    assert!(set(&edge, &["FLAG", "--lock"]).expect(0).out.contains("FLAG: locked"));
    assert_eq!(held(&edge, "FLAG"), (json!(false), true));
    assert!(set(&edge, &["FLAG", "--unlock"]).expect(0).out.contains("FLAG: unlocked"));
    assert_eq!(held(&edge, "FLAG"), (json!(false), false));
}

#[test]
fn unchanged_is_said() {
    let edge = edge();
    let run = set(&edge, &["BANNER", "plain"]).expect(0);
    assert_eq!(run.out, "BANNER: has the value already; nothing was changed\n");
    let answer = set(&edge, &["BANNER", "plain", "--json"]).expect(0).json();
    assert_eq!(answer, json!({"feature": "BANNER", "outcome": "unchanged"}));
    let answer = set(&edge, &["BANNER", "new", "--json"]).expect(0).json();
    assert_eq!(answer["outcome"], "accepted");
}

#[test]
fn every_refusal_says_what_to_do() {
    let edge = edge();
    let refused = |args: &[&str], parts: &[&str]| set(&edge, args).refused(1, parts);
    refused(
        &["FLAG", "maybe"],
        &["FLAG: ", "must be true or false", "BOOLEAN feature: write true or false"],
    );
    refused(&["LIMIT", "many"], &["non-NUMBER", "NUMBER feature: write a number"]);
    refused(&["LAYOUT", "{"], &["non-json", "JSON feature: write a JSON document"]);
    refused(&["FLAG", "--null"], &["cannot set flag value to null", "BOOLEAN"]);
    refused(&["FLOG", "true"], &["does not know this API key or feature", "did you mean FLAG?"]);
    refused(&["NOTHING_LIKE_IT", "true"], &["this API key reads ", "FLAG"]);
    edge.lock("FLAG");
    refused(&["FLAG", "true"], &["locked", "--unlock"]);
    assert_eq!(held(&edge, "FLAG"), (json!(false), true));

    let key = edge.client_key();
    edge.allow(&key, &[Permission::Read]);
    refused(
        &["FLAG", "true"],
        &[
            "no permission for this update",
            "no write roles",
            "CHANGE_VALUE",
            "[READ, CHANGE_VALUE]",
        ],
    );
    edge.allow(&key, &[Permission::Read, Permission::Unlock]);
    refused(
        &["FLAG", "--lock"],
        &["no permission for this update", "service account of this key LOCK"],
    );
    refused(&["FLAG", "true", "--unlock"], &["change_value", "CHANGE_VALUE and UNLOCK"]);
    edge.allow(&key, &[Permission::Read, Permission::Lock]);
    refused(&["FLAG", "--unlock"], &["no permission to unlock"]);
    let run = set(&edge, &["FLAG", "--unlock", "--json"]).expect(1);
    let answer = run.json();
    assert_eq!((&answer["outcome"], &answer["status"]), (&json!("refused"), &json!(403)));
    assert!(answer["message"].as_str().unwrap().contains("unlock"), "{answer}");
    edge.behave(Behaviour::status(401));
    refused(&["FLAG", "true"], &["no permission for this update"]);
}

#[test]
fn an_edge_that_is_none() {
    let edge = edge();
    edge.behave(Behaviour::status(500).body("something happened, not sure what"));
    set(&edge, &["FLAG", "true"]).refused(2, &["status 500", "not sure what", "fh doctor"]);
    edge.behave(Behaviour::status(302).header("location", "https://login.example/"));
    set(&edge, &["FLAG", "true"]).refused(2, &["status 302"]);
    edge.refuse();
    set(&edge, &["FLAG", "true"]).refused(2, &["cannot be reached", "fh doctor"]);
    let answer = set(&edge, &["FLAG", "true", "--json"]).expect(2).json();
    assert_eq!(answer["outcome"], "failed");
}

#[test]
fn waits_until_it_is_visible() {
    let edge = edge();
    // The first update is answered with 200 and changes nothing.
    edge.script(
        Route::Put,
        [Behaviour::status(200).call(|edge| {
            edge.behave_on(Route::Put, Behaviour::healthy());
        })],
        Behaviour::healthy(),
    );
    let run = set(&edge, &["BANNER", "new", "--wait"]).expect(0);
    assert_eq!(run.out, "BANNER: has the value\n");
    // The lost update was sent again.
    assert_eq!(edge.recording().count(Route::Put), 2);
    assert_eq!(held(&edge, "BANNER").0, "new");
    set(&edge, &["FLAG", "maybe", "--wait"]).refused(1, &["true or false"]);
}

/// URL and key come from arguments, options or variables.
#[test]
fn a_number_below_zero_is_no_option() {
    let edge = edge();
    let (url, key) = (edge.url(), edge.client_key());
    let by_url = ("FEATUREHUB_EDGE_URL", &*url);
    let by_key = ("FEATUREHUB_API_KEY", &*key);
    let ask = |variables: &[(&str, &str)], before: &[&str], value: &str| {
        let mut fh = command(&[&["set"], before, &["LIMIT", value]].concat());
        fh.envs(variables.iter().copied());
        run(&mut fh, "").expect(0);
        assert_eq!(held(&edge, "LIMIT").0, json!(value.parse::<f64>().unwrap()));
    };
    ask(&[by_url, by_key], &[], "-7.5");
    ask(&[by_key], &[&url], "-8.5");
    ask(&[by_url], &[&key], "-9.5");
    ask(&[], &["--url", &url, "--api-key", &key], "-10.5");
}

#[test]
fn arguments_beside_variables() {
    let edge = edge();
    let mut from_environment = command(&["set", "FLAG", "true", "false", "x"]);
    from_environment.env("FEATUREHUB_EDGE_URL", edge.url());
    from_environment.env("FEATUREHUB_API_KEY", edge.client_key());
    run(&mut from_environment, "").refused(2, &["too many arguments"]);
    assert!(edge.recording().connections.is_empty());
    let mut from_environment = command(&["set", "BANNER", "a/b://c"]);
    from_environment.env("FEATUREHUB_EDGE_URL", edge.url());
    from_environment.env("FEATUREHUB_API_KEY", edge.client_key());
    run(&mut from_environment, "").expect(0);
    assert_eq!(held(&edge, "BANNER").0, "a/b://c");
}
