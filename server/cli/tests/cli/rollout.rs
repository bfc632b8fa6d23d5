use serde_json::Value;

use crate::tool::{FEATURES, fh, fh_with, file};

const SPLIT: &str = r#"[{"id": "f1", "key": "K", "type": "STRING", "value": "c", "strategies": [
    {"id": "A", "percentage": 200000, "value": "a"},
    {"id": "B", "percentage": 300000, "value": "b"},
    {"id": "R", "percentage": 500000, "value": "a", "attributes": [
        {"fieldName": "plan", "type": "STRING", "conditional": "EQUALS", "values": ["gold"]}]}]}]"#;

fn counts(report: &Value) -> Vec<u64> {
    report["strategies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|each| each["people"].as_u64().unwrap())
        .collect()
}

#[test]
fn shares_come_near_what_is_configured() {
    let run = fh_with(&["rollout", "-", "K", "--json", "--sample", "20000"], SPLIT).expect(0);
    let report = run.json();
    assert_eq!(report["people"], 20_000);
    let strategies = report["strategies"].as_array().unwrap();
    assert_eq!(strategies.len(), 4);
    for (index, configured) in [(0, 0.2), (1, 0.3)] {
        assert_eq!(strategies[index]["configured"], configured);
        let share = strategies[index]["share"].as_f64().unwrap();
        assert!((share - configured).abs() < 0.02, "{report}");
    }
    assert_eq!(strategies[2]["ofAdmitted"], true);
    assert_eq!(strategies[2]["people"], 0);
    assert!(strategies[3]["strategy"].is_null() && strategies[3]["configured"].is_null());
    assert_eq!(counts(&report).iter().sum::<u64>(), 20_000);
    // The counts of strategies with the same value are added up.
    assert_eq!(report["values"][0]["value"], "a");
    assert_eq!(report["values"][0]["people"], strategies[0]["people"]);
}

#[test]
fn samples_are_deterministic_and_seeds_matter() {
    let counted = |seed: &str| {
        counts(&fh_with(&["rollout", "-", "K", "--json", "--seed", seed], SPLIT).expect(0).json())
    };
    assert_eq!(counted("1"), counted("1"));
    assert_ne!(counted("1"), counted("2"));
}

#[test]
fn ids_are_exact() {
    // The buckets of these ids for this feature are 419,953, 597,798 and 355,268.
    let ids = file("ids.txt", "visitor-1\r\nmara@harbour.example\n\nzoë\nzoë\n");
    let path = file("rollout.json", FEATURES);
    let run = fh(&["rollout", &path, "BANNER", "--ids", &ids, "--json"]).expect(0);
    assert_eq!(counts(&run.json()), [0, 2, 1]);
    assert_eq!(run.json()["people"], 3);
    let run = fh(&["rollout", &path, "BANNER", "--ids", &ids]).expect(0);
    assert!(
        run.out.contains("2 half         \"bold\"          2  66.67 %        50 %  ██████████▋"),
        "{}",
        run.out
    );
    assert!(run.err.contains("ids are repeated on 1 line of"), "{run:?}");
    // Attributes from -c apply to every id.
    let kiwi =
        fh(&["rollout", &path, "BANNER", "--ids", &ids, "--json", "-c", "country=new_zealand"])
            .expect(0);
    assert_eq!(counts(&kiwi.json()), [3, 0, 0]);
    let stdin =
        fh_with(&["rollout", &path, "BANNER", "--ids", "-", "--json"], "visitor-1").expect(0);
    assert_eq!(counts(&stdin.json()), [0, 1, 0]);
}

#[test]
fn a_comparison_names_who_changes() {
    let ids = file("compare-ids.txt", "visitor-1\nmara@harbour.example\nzoë\n");
    let path = file("compare-a.json", FEATURES);
    let other = file("compare-b.json", FEATURES.replace("500000", "400000"));
    let base = ["rollout", &path, "BANNER", "--ids", &ids];
    let with = |more: &[&str]| {
        let args: Vec<&str> = base.iter().copied().chain(more.iter().copied()).collect();
        fh(&args).expect(0)
    };
    let comparison = with(&["--compare", &other, "--json"]).json()["comparison"].clone();
    assert_eq!(comparison["changed"], 1);
    assert_eq!(comparison["moves"][0]["from"], "bold");
    assert_eq!(comparison["moves"][0]["to"], "plain");
    assert_eq!(comparison["moves"][0]["ids"][0], "visitor-1");
    let text = with(&["--compare", &other]).out;
    assert!(
        text.contains("1 of 3 (33.33 %) would get another value") && text.contains("visitor-1"),
        "{text}"
    );
    let text = with(&["--compare", &other, "--list"]).out;
    assert!(text.contains("\"bold\" → \"plain\"\n  visitor-1\n"), "{text}");
    let text = with(&["--compare", &path]).out;
    assert!(text.contains("none of these 3 ids gets another value."), "{text}");
    assert!(!text.contains("Changed rules"), "{text}");
    // No id has an attribute, so a rule on one changes nothing for them.
    let fiji = file("compare-fiji.json", FEATURES.replace("new_zealand", "fiji"));
    let run = with(&["--compare", &fiji]);
    assert!(run.out.contains("none of these 3 ids gets another value.\n"), "{run:?}");
    assert!(run.out.contains("Changed rules read attributes that no id has: country."), "{run:?}");
    let json = with(&["--compare", &fiji, "--json"]).json();
    assert_eq!(json["comparison"]["missingAttributes"][0], "country");
    let run = with(&["--compare", &fiji, "-c", "country=fiji"]);
    assert!(run.out.contains("3 of 3 (100.00 %)") && !run.out.contains("Changed rules"), "{run:?}");
    assert_eq!(with(&["--compare-profile", "edge", "--json"]).json()["comparison"]["changed"], 0);
    let session = [
        "rollout",
        &path,
        "BANNER",
        "--attribute",
        "session",
        "--ids",
        &ids,
        "--compare-profile",
        "edge",
        "--json",
    ];
    assert_eq!(fh(&session).expect(0).json()["comparison"]["changed"], 2);
}

/// Without --compare-environment, the other file's environment with the same id is compared.
#[test]
fn an_environment_is_compared_with_the_one_of_its_id() {
    let two = format!(
        "[{{\"id\": \"test\", \"features\": {}}}, {{\"id\": \"prod\", \"features\": {FEATURES}}}]",
        FEATURES.replace("\"bold\"", "\"bolder\"")
    );
    let path = file("two.json", two);
    let args = ["rollout", &path, "BANNER", "--environment", "prod", "--compare", &path, "--json"];
    assert_eq!(fh(&args).expect(0).json()["comparison"]["changed"], 0);
}

#[test]
fn populations_that_cannot_be_meant() {
    let run = fh_with(&["rollout", "-", "BANNER", "--attribute", "email"], FEATURES).expect(0);
    assert!(run.err.contains("--attribute userkey"), "{run:?}");
    let run =
        fh_with(&["rollout", "-", "BANNER", "--attribute", "email", "-c", "userkey=x"], FEATURES)
            .expect(0);
    assert!(run.err.contains("depends on email"), "{run:?}");
    assert_eq!(fh_with(&["rollout", "-", "BANNER"], FEATURES).expect(0).err, "");
}
