use std::time::Duration;

use fh_test_servers::featurehub::{Behaviour, ENVIRONMENT, FakeEdge, Fault, Feature, Route};
use serde_json::json;

use crate::tool::{Run, SECRET, command, fh, fh_with, of_edge, run};

/// Starts an Edge with three features, of which one has a strategy.
fn edge() -> FakeEdge {
    let edge = FakeEdge::start().unwrap();
    let rule = json!([{"id": "kiwi", "value": "kia ora", "attributes": [
        {"fieldName": "country", "type": "STRING", "conditional": "EQUALS", "values": ["new_zealand"]}]}]);
    edge.set_feature(Feature::string("BANNER", "plain").strategies(rule));
    edge.set_feature(Feature::number("LIMIT", 7.5).locked());
    edge.set_feature(Feature::without_value("EMPTY", "JSON"));
    edge
}

fn get(edge: &FakeEdge, others: &[&str]) -> Run {
    fh(&of_edge("get", edge, others))
}

#[test]
fn shows_values_as_eval_does() {
    let edge = edge();
    let run = get(&edge, &["-c", "country=new_zealand"]).expect(0);
    assert_eq!(
        run.out,
        "FEATURE  REASON          STRATEGY  VALUE\n\
         BANNER   STRATEGY_MATCH  kiwi      \"kia ora\"\n\
         LIMIT    STATIC                    7.5\n\
         EMPTY    STATIC                    null\n"
    );
    assert_eq!(run.err, "");
    let rows = get(&edge, &["--json"]).expect(0).json();
    assert_eq!(
        rows[0],
        json!({"feature": "BANNER", "type": "STRING", "locked": false, "matched": false, "strategyId": null,
            "value": "plain", "reason": "DEFAULT"})
    );
    assert_eq!(rows[1]["locked"], true);
    assert_eq!(rows.as_array().unwrap().len(), 3);
    // Each run sent one request.
    assert_eq!(edge.recording().requests.len(), 2);
}

#[test]
fn only_what_is_asked_for_in_that_order() {
    let run = get(&edge(), &["LIMIT", "BANNER", "--json"]).expect(0).json();
    assert_eq!((&run[0]["feature"], &run[1]["feature"]), (&json!("LIMIT"), &json!("BANNER")));
    let run = get(&edge(), &["NOTHING", "LIMIT", "BANER"]).expect(1);
    assert!(run.out.contains("LIMIT") && !run.out.contains("BANNER"), "{run:?}");
    assert_eq!(
        run.err,
        "error: the Edge has no feature NOTHING; `fh get` without FEATURE shows all features\n\
         error: the Edge has no feature BANER; did you mean BANNER?\n"
    );
}

#[test]
fn a_bare_value_for_scripts() {
    let edge = edge();
    assert_eq!(get(&edge, &["BANNER", "--value"]).expect(0).out, "plain\n");
    assert_eq!(get(&edge, &["LIMIT", "--value"]).expect(0).out, "7.5\n");
    assert_eq!(get(&edge, &["EMPTY", "--value"]).expect(0).out, "\n");
    get(&edge, &["GONE", "--value"]).refused(1, &["no feature GONE"]);
    get(&edge, &["--value"]).refused(2, &["exactly one feature"]);
    get(&edge, &["LIMIT", "BANNER", "--value"]).refused(2, &["exactly one feature"]);
}

#[test]
fn the_edge_evaluates_for_a_server_key() {
    let edge = edge();
    edge.evaluate_with(|context, mut features| {
        if let Some(user) = context.get("userkey") {
            features[0]["value"] = json!(user.join("+"));
            features[0]["v"] = json!("by-user");
        }
        features
    });
    let (url, key) = (edge.url(), edge.server_key());
    let rows = fh(&["get", &url, &key, "-c", "userkey=fred,jane", "--json"]).expect(0).json();
    assert_eq!(rows[0]["value"], "fred+jane");
    assert_eq!(
        (&rows[0]["strategyId"], &rows[0]["reason"]),
        (&json!("by-user"), &json!("STRATEGY_MATCH"))
    );
    assert_eq!(fh(&["get", &url, &key, "BANNER", "--value"]).expect(0).out, "plain\n");
    // Each run sent one poll, because the first request has the context already.
    assert_eq!(edge.recording().count(Route::Poll), 2);
    // Strategies in an answer for a server-evaluated key are not evaluated again.
    let leaked = json!([{"id": ENVIRONMENT, "features": [{"id": "f", "key": "BANNER", "type": "STRING", "value": "theirs",
        "version": 1, "strategies": [{"id": "all", "value": "ours", "percentage": 1_000_000}]}]}]);
    edge.behave_on(Route::Poll, Behaviour::status(200).json(&leaked));
    let run = fh(&["get", &url, &key, "-c", "userkey=fred", "--json"]).expect(0);
    assert_eq!(
        (&run.json()[0]["value"], &run.json()[0]["matched"]),
        (&json!("theirs"), &json!(false))
    );
}

#[test]
fn url_and_key_come_from_wherever_they_are() {
    let edge = edge();
    let (url, key) = (edge.url(), edge.client_key());
    let ask = |variables: &[(&str, &str)], args: &[&str], stdin: &str| {
        let mut fh = command(args);
        fh.envs(variables.iter().copied());
        run(&mut fh, stdin)
    };
    let limit = |run: Run| assert_eq!(run.expect(0).out, "7.5\n");
    let (by_url, by_key) = (("FEATUREHUB_EDGE_URL", &*url), ("FEATUREHUB_API_KEY", &*key));
    let rest = ["LIMIT", "--value"];
    limit(ask(&[by_url, by_key], &["get", "LIMIT", "--value"], ""));
    limit(ask(&[by_key], &[&["get", &url][..], &rest].concat(), ""));
    limit(ask(&[by_url], &[&["get", &key][..], &rest].concat(), ""));
    limit(ask(&[], &[&["get", "--url", &url, "--api-key", &key][..], &rest].concat(), ""));
    limit(ask(&[], &[&["get", "--api-key", &key, &url][..], &rest].concat(), ""));
    limit(ask(&[], &[&["get", &url, "-"][..], &rest].concat(), &format!("{key}\n")));
    limit(ask(&[by_url], &[&["get", "-"][..], &rest].concat(), &key));
    // The variable of client SDKs comes first, an empty variable counts as unset, and arguments overrule both.
    let bad = ("FEATUREHUB_API_KEY", "nonsense");
    limit(ask(
        &[by_url, bad, ("FEATUREHUB_CLIENT_API_KEY", &key)],
        &["get", "LIMIT", "--value"],
        "",
    ));
    limit(ask(
        &[by_url, by_key, ("FEATUREHUB_CLIENT_API_KEY", " ")],
        &["get", "LIMIT", "--value"],
        "",
    ));
    limit(ask(
        &[("FEATUREHUB_EDGE_URL", "http://127.0.0.1:1"), bad],
        &[&["get", &url, &key][..], &rest].concat(),
        "",
    ));
}

#[test]
fn several_keys_are_polled_together() {
    let edge = edge();
    let other = "0e1b7a3c-122b-4312-9ea8-06b2b8d6ceac";
    edge.environment(other).set_feature(Feature::boolean("ELSEWHERE", true));
    let second = format!("{other}/another{SECRET}*");
    let (url, first) = (edge.url(), edge.client_key());
    let args = ["get", &url, "--api-key", &first, "--api-key", &second, "ELSEWHERE", "--value"];
    assert_eq!(fh(&args).expect(0).out, "true\n");
    fh_with(&["get", &url, "--api-key", "-", "--api-key", &first], edge.server_key())
        .refused(2, &["cannot be mixed"]);
}

#[test]
fn an_edge_that_does_not_answer_well() {
    let edge = edge();
    let refused = |behaviour: Behaviour, parts: &[&str]| {
        edge.behave(behaviour);
        get(&edge, &["--timeout", "30"]).refused(2, parts);
    };
    refused(Behaviour::status(404), &["does not know the key", "404", "check the API key"]);
    refused(Behaviour::status(401), &["refuses the key", "401", "proxy"]);
    refused(Behaviour::status(403), &["refuses the key", "403"]);
    refused(Behaviour::status(400), &["rejects the request as invalid", "400"]);
}

#[test]
fn what_may_pass_is_waited_for() {
    let faults: [(Fault, &[&str]); 3] = [
        (Fault::Status503, &["503"]),
        (Fault::WrongContentType, &["check the URL"]),
        (Fault::Silence, &["not answered"]),
    ];
    std::thread::scope(|scope| {
        for (fault, parts) in faults {
            scope.spawn(move || {
                let edge = edge();
                fault.begin(&edge);
                let run = get(&edge, &["--timeout", "1.5"]);
                run.refused(2, &[&["no features arrived within 1.5 s: "], parts].concat());
            });
        }
    });
}

#[test]
fn trouble_that_passes_is_waited_for() {
    let edge = edge();
    edge.script(Route::Poll, [Behaviour::status(503)], Behaviour::healthy());
    assert_eq!(get(&edge, &["LIMIT", "--value"]).expect(0).out, "7.5\n");
    edge.wait_for_requests(Route::Poll, 2, Duration::ZERO).unwrap();
}
