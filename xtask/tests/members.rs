//! FeatureHub's JSON members have one home, `fh_eval::internal::wire`.

use crate::sources::{files, name, root, without_tests};

/// Names of FeatureHub's members that mean nothing else in this project. Other names, such as `value`, are also members of state files
/// and of the admin API.
const NAMES: [&str; 6] =
    ["l", "fp", "percentage", "percentageAttributes", "fieldName", "environmentId"];

/// Sources that write such a name themselves, with the reason.
const ALLOWED: [(&str, &str); 5] = [
    ("fh-eval/src/featurehub/wire/name.rs", "the home of the names"),
    ("fh-cli/src/demo/timeline.rs", "a request to the admin API"),
    ("fh-client/src/testing/", "a test server, which must not share the names"),
    (
        "fh-repository/src/usage/event.rs",
        "the name that published SDKs give a usage event's environment",
    ),
    ("integrations/openfeature/src/provider.rs", "a name of flag metadata, which programs read"),
];

#[test]
fn members_are_named_in_one_place() {
    let folders = [
        "fh-eval",
        "fh-repository",
        "fh-session",
        "fh-client",
        "fh-edge",
        "fh-cli",
        "integrations",
    ];
    let sources = folders.iter().flat_map(|folder| files(&root().join(folder), "rs"));
    let mut found = Vec::new();
    for path in sources.filter(|path| path.iter().any(|part| part == "src")) {
        let place = name(&path);
        if ALLOWED.iter().any(|(allowed, _)| place.starts_with(allowed)) {
            continue;
        }
        for (line, text) in without_tests(&path).unwrap_or_default().lines().enumerate() {
            let is_comment = text.trim_start().starts_with("//");
            let is_named = |name: &&&str| {
                text.contains(&format!("\"{name}\"")) || text.contains(&format!("\\\"{name}\\\""))
            };
            for member in NAMES.iter().filter(is_named).filter(|_| !is_comment) {
                found.push(format!(
                    "{place}:{}: use fh_eval::internal::wire::name for {member}",
                    line + 1
                ));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
