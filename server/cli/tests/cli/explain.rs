use crate::tool::{FEATURES, fh_with};

#[test]
fn tells_the_story() {
    let run = fh_with(&["explain", "BANNER", "-", "-c", "userkey=visitor-1"], FEATURES).expect(0);
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
    let run = fh_with(&["explain", "BANNER", "-", "-c", "userkey=visitor-1", "--json"], FEATURES)
        .expect(0);
    let report = run.json();
    assert_eq!(report["value"], "bold");
    assert_eq!(report["strategies"][0]["outcome"], "ATTRIBUTE_MISS");
    assert_eq!(report["strategies"][1]["bucket"], 419_953);
    let nobody =
        fh_with(&["explain", "BANNER", "-", "--no-context", "--json"], FEATURES).expect(0).json();
    assert_eq!(nobody["hasContext"], false);
    assert_eq!(nobody["value"], "plain");
    let limit = fh_with(&["explain", "LIMIT", "-", "--json"], FEATURES).expect(0).out;
    assert!(limit.contains("1.10"), "{limit}");
}

#[test]
fn colours_only_where_wanted() {
    let out = |when: &[&str]| {
        let args: Vec<&str> =
            ["explain", "BANNER", "-"].into_iter().chain(when.iter().copied()).collect();
        fh_with(&args, FEATURES).expect(0).out
    };
    let plain = out(&[]);
    assert!(!plain.contains('\u{1b}'));
    assert_eq!(out(&["--color", "never"]), plain);
    assert_eq!(out(&["--color", "auto"]), plain);
    let coloured = out(&["--color", "always"]);
    assert!(coloured.contains("\u{1b}[31m") && coloured.contains("\u{1b}[0m"), "{coloured}");
}
