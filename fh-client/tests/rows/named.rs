//! Checks that the page that maps rows to tests names tests that exist, and all of them.

const PAGE: &str = include_str!("../../../docs/retry-rows.md");

const SOURCES: [(&str, &str); 8] = [
    ("modes", include_str!("modes.rs")),
    ("responses", include_str!("responses.rs")),
    ("headers", include_str!("headers.rs")),
    ("scheduling", include_str!("scheduling.rs")),
    ("machine", include_str!("machine.rs")),
    ("refusals", include_str!("refusals.rs")),
    ("trouble", include_str!("trouble.rs")),
    ("pacing", include_str!("pacing.rs")),
];

#[test]
fn each_test_that_the_page_names_exists() {
    let mut named = 0;
    for word in PAGE.split('`') {
        let Some((module, test)) = word.split_once("::") else { continue };
        let Some((_, source)) = SOURCES.iter().find(|(name, _)| *name == module) else { continue };
        let written = [format!("fn {test}()"), format!("    {test}(")];
        assert!(written.iter().any(|text| source.contains(text)), "{word}");
        named += 1;
    }
    assert!(named > 50, "{named}");
}

#[test]
fn each_test_is_named_by_the_page() {
    for (module, source) in SOURCES {
        let mut lines = source.lines().peekable();
        while let Some(line) = lines.next() {
            let test = match (line.trim(), lines.peek()) {
                ("#[test]", Some(next)) => next.trim().strip_prefix("fn "),
                // A row of a macro is a test, too.
                (row, _) if row.contains("(Stream") || row.contains("(Poll") => Some(row),
                _ => None,
            };
            let Some(name) = test.and_then(|test| test.split_once('(')).map(|(name, _)| name)
            else {
                continue;
            };
            let is_test =
                name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
            if is_test {
                assert!(PAGE.contains(&format!("`{module}::{name}`")), "{module}::{name}");
            }
        }
    }
}
