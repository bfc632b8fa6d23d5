//! The forms of input that all commands read: payloads, state files, and the URL of an Edge with a key.

use fh_test_servers::featurehub::{ENVIRONMENT, FakeEdge, Feature};
use serde_json::{Value, json};

use crate::tool::{command, fh, fh_with, file, run};

const STATE: &str = r#"features:
  - { key: BANNER, type: STRING, id: 5b1f0d3e-7c42-4d0a-9f8b-2e61a9c4d7f0 }
  - { key: LIMIT, type: NUMBER }
  - { key: ON, type: BOOLEAN }
  - { key: OLD, type: BOOLEAN }
environments:
  - name: dev
    id: ENVIRONMENT
    values:
      LIMIT: { value: 7.50, version: 3, locked: true }
      OLD: { value: true, retired: true }
      BANNER:
        value: plain
        strategies:
          - id: kiwi
            value: kia ora
            attributes:
              - { fieldName: country, type: STRING, conditional: EQUALS, values: [new_zealand] }
          - { id: half, percentage: 50%, value: bold }
accounts:
  - { name: shop, clientKey: "${NOT_SET}", permissions: { dev: READ } }
"#;

fn strategies() -> Value {
    json!([
        {"id": "kiwi", "value": "kia ora", "attributes": [
            {"fieldName": "country", "type": "STRING", "conditional": "EQUALS", "values": ["new_zealand"]}]},
        {"id": "half", "percentage": 500_000, "value": "bold"}])
}

/// The same features in all forms of input: the arguments, and the text on stdin.
fn forms(edge: &FakeEdge) -> Vec<(Vec<String>, String)> {
    let state = STATE.replace("ENVIRONMENT", ENVIRONMENT);
    let yaml = file("inputs.yaml", format!("\u{feff}{state}"));
    let kiwi = strategies();
    let as_json = json!({
        "features": [
            {"key": "BANNER", "type": "STRING", "id": "5b1f0d3e-7c42-4d0a-9f8b-2e61a9c4d7f0"},
            {"key": "LIMIT", "type": "NUMBER"}, {"key": "ON", "type": "BOOLEAN"}],
        "environments": [{"name": "dev", "id": ENVIRONMENT, "values": {
            "LIMIT": {"value": 7.5, "locked": true}, "BANNER": {"value": "plain", "strategies": kiwi}}}],
    });
    let features = json!([
        {"id": "5b1f0d3e-7c42-4d0a-9f8b-2e61a9c4d7f0", "key": "BANNER", "type": "STRING", "value": "plain", "strategies": kiwi},
        {"id": "f2", "key": "LIMIT", "type": "NUMBER", "value": 7.5, "l": true},
        {"id": "f3", "key": "ON", "type": "BOOLEAN", "value": false}]);
    let payload = json!([{"id": ENVIRONMENT, "features": features}]).to_string();
    let (url, key) = (edge.url(), edge.client_key());
    let words = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
    vec![
        (words(&[&yaml]), String::new()),
        (words(&["-"]), state),
        (words(&[&file("inputs-state.json", as_json.to_string())]), String::new()),
        (words(&["-"]), payload),
        (words(&[&url, &key]), String::new()),
        (words(&[&url, "-"]), format!("{key}\n")),
        (words(&[&format!("{url}/features/{key}")]), String::new()),
        (words(&[&format!("{url}/features?apiKey={key}")]), String::new()),
        // The Edge listens on an IPv4 address only, and `localhost` may have an IPv6 address as well.
        (words(&[&format!("localhost:{}", edge.address().port()), &key]), String::new()),
    ]
}

fn edge() -> FakeEdge {
    let edge = FakeEdge::start().unwrap();
    edge.set_feature(Feature::string("BANNER", "plain").strategies(strategies()));
    edge.set_feature(Feature::number("LIMIT", 7.5).locked());
    edge.set_feature(Feature::boolean("ON", false));
    edge
}

#[test]
fn every_command_reads_every_form() {
    let edge = edge();
    for (input, stdin) in forms(&edge) {
        let with = |before: &[&str], after: &[&str]| {
            let input: Vec<&str> = input.iter().map(String::as_str).collect();
            let run = fh_with(&[before, &input, after].concat(), &stdin);
            assert_eq!((run.code, run.err.as_str()), (0, ""), "{before:?} {input:?} {run:?}");
            run
        };
        let rows = with(&["eval"], &["--json", "-c", "country=new_zealand"]).json();
        let told = |row: &Value| {
            (
                row["feature"].clone(),
                row["value"].clone(),
                row["reason"].clone(),
                row["locked"].clone(),
            )
        };
        let rows: Vec<_> = rows.as_array().unwrap().iter().map(told).collect();
        assert_eq!(
            rows,
            [
                (json!("BANNER"), json!("kia ora"), json!("STRATEGY_MATCH"), json!(false)),
                (json!("LIMIT"), json!(7.5), json!("STATIC"), json!(true)),
                (json!("ON"), json!(false), json!("STATIC"), json!(false)),
            ],
            "{input:?}"
        );
        // The key of the feature follows the input, or comes before it.
        for (before, after) in [(&[][..], &["BANNER"][..]), (&["BANNER"], &[])] {
            let context = [after, &["--json", "-c", "country=fiji"]].concat();
            let report = with(&[&["explain"], before].concat(), &context).json();
            assert_eq!(report["strategies"][0]["outcome"], "ATTRIBUTE_MISS");
            let environment = [after, &["--json", "--environment", ENVIRONMENT]].concat();
            let report = with(&[&["rollout"], before].concat(), &environment).json();
            assert_eq!(report["strategies"][1]["configured"], 0.5);
        }
        let report = with(&["lint"], &["--json"]).json();
        assert_eq!(
            (&report["features"], &report["findings"]),
            (&json!(3), &json!([])),
            "{input:?}"
        );
    }
}

#[test]
fn buckets_are_those_of_the_features_id() {
    let state = file("inputs-bucket.yaml", STATE.replace("ENVIRONMENT", ENVIRONMENT));
    let of = |args: &[&str]| {
        fh(&[&["bucket", "visitor-1", "--json"], args].concat()).expect(0).json()[0]["bucket"]
            .clone()
    };
    assert_eq!(of(&["--file", &state, "--feature", "BANNER"]), 419_953);
    // Under profile edge, the id is that of the value.
    let id = "f3a1b0aa-7a1e-4c37-9a50-6f9d3c1a7a55";
    let ids = file("inputs-bucket.json", json!({"BANNER": id}).to_string());
    let edge = ["--profile", "edge"];
    let looked_up =
        of(&[&["--file", &state, "--feature", "BANNER", "--value-ids", &ids], &edge[..]].concat());
    assert_eq!(looked_up, of(&[&["--id", id], &edge[..]].concat()));
    assert_ne!(looked_up, of(&[&["--file", &state, "--feature", "BANNER"], &edge[..]].concat()));
}

/// Names choose environments of a state file, and findings name the environment and the line.
#[test]
fn environments_have_names() {
    let two = STATE.replace("ENVIRONMENT", ENVIRONMENT).replace(
        "accounts:",
        "  - name: production\n    values:\n      LIMIT: 9\n      BANNER: { value: x, strategies: [ { id: a, percentage: 0, value: y } ] }\naccounts:",
    );
    let path = file("inputs-two.yaml", two);
    let value = |environment: &str| {
        fh(&["eval", &path, "--environment", environment, "--key", "LIMIT", "--json"])
            .expect(0)
            .json()[0]["value"]
            .clone()
    };
    assert_eq!(
        (value("dev"), value("production"), value(ENVIRONMENT)),
        (json!(7.5), json!(9), json!(7.5))
    );
    let report = fh(&[
        "rollout",
        &path,
        "BANNER",
        "--environment",
        "dev",
        "--compare-environment",
        "production",
        "--json",
    ])
    .expect(0)
    .json();
    assert_eq!(report["comparison"]["changed"], report["people"]);
    let report = fh(&["lint", &path, "--json"]).expect(0).json();
    let finding = &report["findings"][0];
    assert_eq!(finding["environment"], "production", "{report}");
    let line = std::fs::read_to_string(&path).unwrap();
    let line = line.lines().position(|line| line.contains("percentage: 0,")).unwrap() + 1;
    assert_eq!(finding["line"], line);
    // A warning that the file accepts is left out, as by `fh serve --check`.
    let accepted = std::fs::read_to_string(&path).unwrap();
    let accepted = accepted.replace("{ value: x,", "{ value: x, accept: [percentage-zero],");
    let run = fh(&["lint", &file("inputs-accepted.yaml", accepted), "--strict"]).expect(0);
    assert!(run.out.contains("no warnings (1 warning allowed)"), "{run:?}");
}

/// The name of an attribute or a country that FeatureHub spells in another way is pointed out, and the command goes on.
#[test]
fn misspelt_contexts_are_noted() {
    let edge = edge();
    for (input, stdin) in forms(&edge) {
        for (command, context) in [
            (&["eval"][..], ["-c", "userKey=fred", "-c", "country=nz"]),
            (&["explain", "BANNER"], ["-c", "userKey=fred", "-c", "country=nz"]),
            (&["rollout", "BANNER"], ["-c", "Country=fiji", "-c", "country=nz"]),
        ] {
            let input: Vec<&str> = input.iter().map(String::as_str).collect();
            let run = fh_with(&[command, &input, &context].concat(), &stdin).expect(0);
            assert!(run.err.contains("did you mean country=new_zealand?"), "{run:?}");
            assert!(run.err.contains("no rule reads `"), "{run:?}");
        }
    }
    let (url, key) = (edge.url(), edge.client_key());
    for command in [&["get"][..], &["watch", "--once"]] {
        let args = [command, &[&url, &key, "-c", "userKey=fred"]].concat();
        let run = fh(&args).expect(0);
        assert!(run.err.contains("did you mean `userkey`?"), "{run:?}");
    }
}

/// A script may start the Edge after the command.
#[test]
fn an_edge_that_starts_later_is_waited_for() {
    let edge = edge();
    let (url, key) = (edge.url(), edge.client_key());
    fh_test_servers::featurehub::Fault::Refused.begin(&edge);
    for args in [
        &["get", &url, &key][..],
        &["eval", &url, &key],
        &["watch", "--once", &url, &key],
        &["watch", "--once", "--json", &url, &key],
    ] {
        // Without --wait, the test would end only after ten seconds or never.
        let run = fh(args).expect(2);
        assert!(run.err.starts_with("error: ") && run.err.contains("refused"), "{run:?}");
        assert!(run.err.contains("check that an Edge runs at"), "{run:?}");
        assert!(!run.err.contains("within"), "{run:?}");
    }
    let limits = ["--timeout", "0.2", "--wait", "0.2"];
    fh(&[&["get", &url, &key][..], &limits].concat())
        .refused(2, &["no features arrived within 0.2 s", "refused"]);
    let waiting = {
        let mut get = command(&["get", &url, &key, "LIMIT", "--value", "--wait", "30"]);
        std::thread::spawn(move || run(&mut get, ""))
    };
    fh_test_servers::featurehub::Fault::Refused.end(&edge).unwrap();
    assert_eq!(waiting.join().unwrap().expect(0).out, "7.5\n");
}
