//! Percentages under profile `edge`: a rollout forecast and a server give the same answers.

use std::collections::BTreeSet;

use fh_eval::Profile;
use serde_json::{Value, json};

use super::{ENVIRONMENT, KEY, Serving, open, until};
use crate::tool::{SECRET, fh, file};

const FEATURE: &str = "90a08d36-cfc6-5794-9208-9c6babbe071c";
const VALUE: &str = "03dc1d33-bd55-4ef5-a84a-46e8de3b1d4d";

fn state() -> String {
    format!(
        "features: [{{ key: HALF, type: BOOLEAN, id: {FEATURE} }}]
environments:
  - id: {ENVIRONMENT}
    name: dev
    values: {{ HALF: {{ value: false, valueId: {VALUE}, strategies: [{{ id: half, percentage: 50%, value: true }}] }} }}
accounts:
  - {{ name: reader, clientKey: reader{SECRET}*1, serverKey: server{SECRET}1, permissions: {{ dev: READ }} }}
"
    )
}

/// Returns the ids of a comparison, of all its pairs of values.
fn moved(report: &Value) -> BTreeSet<String> {
    let moves = report["comparison"]["moves"].as_array().unwrap().iter();
    let ids = moves.flat_map(|each| each["ids"].as_array().unwrap());
    ids.map(|id| id.as_str().unwrap().to_string()).collect()
}

#[test]
fn a_comparison_of_profiles_is_exact_with_the_ids_of_values_and_says_so_without() {
    let path = file("percentages.yaml", state());
    let ids: Vec<String> = (1..=60).map(|number| format!("user-{number}")).collect();
    let list = file("percentages-ids.txt", ids.join("\n"));
    let serving = Serving::start(&path, &["--profile", "edge"], &[]);
    let served = |id: &str| {
        let request = format!("/features?apiKey={ENVIRONMENT}/server{SECRET}1");
        let mut stream = open(
            &serving.url,
            &request,
            &format!("x-featurehub: userkey={id}\r\nconnection: close\r\n"),
        );
        until(&mut stream, "\"key\":\"HALF\"").contains("\"value\":true")
    };
    let is_in = |id: &str| Profile::Client.bucket(id, FEATURE) <= 500_000;
    let differ: BTreeSet<String> =
        ids.iter().filter(|id| served(id) != is_in(id)).cloned().collect();
    assert!((20..40).contains(&differ.len()), "about half of the users differ: {differ:?}");

    let compare = ["--ids", &list, "--compare-profile", "edge"];
    let rollout = |input: &[&str], more: &[&str]| {
        fh(&[&["rollout", "HALF"], input, &compare, more].concat()).expect(0)
    };
    // A payload does not hold the id, from a file and from the Edge.
    let payload = fh(&["rollout", "HALF", &path, "--json"]).expect(0).json();
    assert_eq!(payload["exact"], true);
    let url = serving.url.as_str();
    let body = serving.get(&format!("/features?apiKey={KEY}"));
    let body = body.split_once("\r\n\r\n").unwrap().1;
    let body = body.get(body.find('[').unwrap()..=body.rfind(']').unwrap()).unwrap();
    let download = file("percentages.json", body);
    for input in [&[download.as_str()][..], &[url, KEY]] {
        let text = rollout(input, &[]).out;
        let first = text.lines().next().unwrap();
        assert!(
            first.starts_with("note: which ids get which value of HALF is not known"),
            "{text}"
        );
        assert!(
            text.contains("--value-ids FILE") && text.contains("any of these ids may"),
            "{text}"
        );
        assert!(!text.contains("none of these"), "{text}");
        let report = rollout(input, &["--json"]).json();
        assert_eq!(
            (&report["exact"], &report["comparison"]["exact"]),
            (&json!(false), &json!(false))
        );
        assert_eq!(report["comparison"]["undecided"], 60);
        assert_eq!(moved(&report), BTreeSet::new());
        // The evaluation for one context says the same.
        let one = [&["-c", "userkey=user-1", "--profile", "edge"][..]].concat();
        for command in [&["eval"][..], &["explain", "HALF"]] {
            let run = fh(&[command, input, &one].concat()).expect(0);
            assert!(run.err.contains("an Edge may give other values of HALF"), "{run:?}");
            assert_eq!(fh(&[command, input, &["-c", "userkey=user-1"]].concat()).expect(0).err, "");
        }
    }
    // The ids of values come from the state file, from a file beside a payload, or from a map.
    let map = file("percentages-ids.json", json!({"HALF": VALUE}).to_string());
    for input in [
        &[path.as_str()][..],
        &[&download, "--value-ids", &path],
        &[&download, "--value-ids", &map],
        &[url, KEY, "--value-ids", &map],
    ] {
        let report = rollout(input, &["--list", "--json"]).json();
        assert_eq!(
            (&report["exact"], &report["comparison"]["exact"]),
            (&json!(true), &json!(true))
        );
        assert_eq!(moved(&report), differ, "{input:?}");
        let text = rollout(input, &[]).out;
        assert!(text.contains(&format!("{} of 60", differ.len())), "{text}");
        // The bucket that decides is the one of the server.
        let user = ids.iter().find(|id| served(id)).unwrap().clone();
        let given = ["--profile", "edge", "-c", &format!("userkey={user}")];
        let run = fh(&[&["eval"][..], input, &given, &["--json"]].concat()).expect(0);
        assert_eq!((&run.json()[0]["value"], run.err.as_str()), (&json!(true), ""));
    }
}
