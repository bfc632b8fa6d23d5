//! FeatureHub's JSON members have one home, `fh_eval::internal::wire`.

use std::collections::BTreeSet;

use crate::sources::{LIBRARIES, files, name, root, without_tests};

/// Names of FeatureHub's members that mean nothing else in this project. Other names, such as `value`, are also members of state files
/// and of the admin API.
const NAMES: [&str; 6] =
    ["l", "fp", "percentage", "percentageAttributes", "fieldName", "environmentId"];

/// Sources that write such a name themselves, with the reason.
const ALLOWED: [(&str, &str); 7] = [
    ("fh-eval/src/featurehub/wire/name.rs", "the home of the names"),
    ("fh-eval/src/featuresignals/", "members of another system"),
    ("server/cli/src/flag_lint/featuresignals/", "members of another system"),
    ("server/cli/src/demo/timeline.rs", "a request to the admin API"),
    ("fh-client/src/testing/", "a test server, which must not share the names"),
    (
        "fh-client/repository/src/usage/event.rs",
        "the name that published SDKs give a usage event's environment",
    ),
    (
        "fh-client/integrations/openfeature/src/provider.rs",
        "a name of flag metadata, which programs read",
    ),
];

/// Returns a line for each member that a source names.
fn findings(place: &str, source: &str) -> Vec<String> {
    let code = source.lines().enumerate().filter(|(_, text)| !text.trim_start().starts_with("//"));
    code.flat_map(|(line, text)| {
        let is_named = |name: &&str| {
            text.contains(&format!("\"{name}\"")) || text.contains(&format!("\\\"{name}\\\""))
        };
        let finding = move |name: &str| {
            format!("{place}:{}: use fh_eval::internal::wire::name for {name}", line + 1)
        };
        NAMES.into_iter().filter(is_named).map(finding).collect::<Vec<String>>()
    })
    .collect()
}

#[test]
fn members_are_named_in_one_place() {
    let folders = LIBRARIES.into_iter().chain(["server/cli", "fh-client/integrations"]);
    let sources: BTreeSet<_> = folders
        .flat_map(|folder| files(&root().join(folder), "rs"))
        .filter(|path| path.iter().any(|part| part == "src"))
        .filter(|path| !ALLOWED.iter().any(|(allowed, _)| name(path).starts_with(allowed)))
        .collect();
    assert!(sources.len() > 300, "{}", sources.len());
    let found: Vec<String> = sources
        .iter()
        .flat_map(|path| findings(&name(path), &without_tests(path).unwrap_or_default()))
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn names_of_members_are_found() {
    for (source, count) in [
        ("a(\"fp\")", 1),
        ("a();\nb(\"{\\\"percentage\\\":1}\", \"l\")", 2),
        ("// \"fp\"", 0),
        ("a(\"fpx\", fp)", 0),
    ] {
        assert_eq!(findings("a.rs", source).len(), count, "{source}");
    }
    assert!(findings("a.rs", "\n\"l\"")[0].starts_with("a.rs:2: "));
}
