use crate::tool::{FEATURES, fh, fh_with, file};

#[test]
fn tells_the_story() {
    let run = fh_with(&["explain", "-", "BANNER", "-c", "userkey=visitor-1"], FEATURES).expect(0);
    let lines: Vec<&str> = run.out.lines().collect();
    assert!(lines[0].starts_with("BANNER = \"bold\"  (STRING; SPLIT"), "{}", run.out);
    assert!(lines[1].starts_with("  ✗ strategy 1 (kiwi)"), "{}", run.out);
    assert!(lines[2].starts_with("    ✗ country EQUALS [\"new_zealand\"]"), "{}", run.out);
    assert!(
        lines[3].starts_with("  ✓ strategy 2 (half)")
            && lines[3].contains("419953, within 500000 (50 %)"),
        "{}",
        run.out
    );
    assert!(lines[4].starts_with("  · default value"), "{}", run.out);
    assert_eq!(lines.len(), 5);
}

#[test]
fn as_json() {
    let run = fh_with(&["explain", "-", "BANNER", "-c", "userkey=visitor-1", "--json"], FEATURES)
        .expect(0);
    let report = run.json();
    assert_eq!(report["value"], "bold");
    assert_eq!(report["strategies"][0]["outcome"], "ATTRIBUTE_MISS");
    assert_eq!(report["strategies"][1]["bucket"], 419_953);
    let nobody =
        fh_with(&["explain", "-", "BANNER", "--no-context", "--json"], FEATURES).expect(0).json();
    assert_eq!(nobody["hasContext"], false);
    assert_eq!(nobody["value"], "plain");
    let limit = fh_with(&["explain", "-", "LIMIT", "--json"], FEATURES).expect(0).out;
    assert!(limit.contains("1.10"), "{limit}");
}

#[test]
fn colours_only_where_wanted() {
    let out = |when: &[&str]| {
        let args: Vec<&str> =
            ["explain", "-", "BANNER"].into_iter().chain(when.iter().copied()).collect();
        fh_with(&args, FEATURES).expect(0).out
    };
    let plain = out(&[]);
    assert!(!plain.contains('\u{1b}'));
    assert_eq!(out(&["--color", "never"]), plain);
    assert_eq!(out(&["--color", "auto"]), plain);
    let coloured = out(&["--color", "always"]);
    assert!(coloured.contains("\u{1b}[31m") && coloured.contains("\u{1b}[0m"), "{coloured}");
}

/// The file comes first, as in other commands. The key may come first if the argument after it is plainly a file.
#[test]
fn the_key_of_the_feature_may_stand_before_the_file() {
    let featbit = r#"{"featureFlags": [{"key": "BANNER", "variationType": "string", "isEnabled": true,
        "variations": [{"id": "a", "value": "plain"}], "fallthrough": {"variations": [{"id": "a", "rollout": [0, 1]}]}}]}"#;
    let featuresignals = r#"{"flags": {"BANNER": {"flag_type": "string", "default_value": "plain"}},
        "states": {"BANNER": {"enabled": true}}, "segments": {}}"#;
    for (command, system, text, context) in [
        ("explain", "featurehub", FEATURES, &["-c", "userkey=visitor-1"][..]),
        ("rollout", "", FEATURES, &["-c", "country=fiji"]),
        ("explain", "featbit", featbit, &["-c", "keyId=bob"]),
        ("explain", "featuresignals", featuresignals, &["-c", "key=bob"]),
    ] {
        let system = if system.is_empty() { vec![] } else { vec!["--system", system] };
        let path = file("order.json", text);
        // A file with the name of the feature: the first argument is the input.
        let named = file("BANNER", text);
        let out = |order: [&str; 2]| {
            let args = [&[command], &order[..], &system, context].concat();
            let run = fh_with(&args, text).expect(0);
            assert_eq!(run.err, "", "{args:?}");
            run.out
        };
        let first = out([&path, "BANNER"]);
        assert!(first.starts_with("BANNER"), "{first}");
        for order in [["BANNER", &path], ["-", "BANNER"], ["BANNER", "-"]] {
            assert_eq!(out(order), first, "{command} {system:?} {order:?}");
        }
        let args = [&[command, &path, &named], &system[..], context].concat();
        assert!(fh(&args).expect(1).err.contains(&named), "the last argument is the key");
    }
}
