//! Checks the tables of `docs/reference/sdk-matrix.md` about the Kotlin package: the rows that it answers otherwise, and the items of `fh-client` that
//! have another form in Kotlin.

use std::collections::BTreeSet;
use std::fs;

use crate::binding_names::{BindingNames, in_camel_case};
use crate::client_items::words;
use crate::documents::{KOTLIN, SWIFT, section};
use crate::sources::{files, root};

/// The words in front of the name of a public declaration.
const DECLARATIONS: [&str; 8] =
    ["class", "object", "interface", "fun", "val", "var", "const", "enum"];

/// Names of the languages, and texts of the table that are no names of the package.
const OF_THE_LANGUAGES: [&str; 12] = [
    "IllegalArgumentException",
    "WeakReference",
    "X",
    "SDK",
    "Kotlin",
    "VERSION",
    "java",
    "util",
    "logging",
    "userkey",
    "to",
    "x",
];

/// Returns the names that programs can write: public declarations, the members of constructors, and the constants of enumerations.
fn public_names() -> BTreeSet<String> {
    let folder = root().join("bindings/kotlin");
    // Enumerations are Java.
    let sources = files(&folder, "kt").into_iter().chain(files(&folder, "java"));
    let sources = sources.filter(|path| {
        let path = path.to_string_lossy();
        (path.contains("/src/main/kotlin/fh/client/") || path.contains("/src/main/java/fh/client/"))
            && !path.contains("/internal/")
            && !path.contains("/conformance/")
    });
    let mut names = BTreeSet::new();
    for path in sources {
        for line in fs::read_to_string(path).unwrap().lines() {
            let is_constant = line
                .trim()
                .trim_end_matches(',')
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte == b'_');
            let line = line.trim_start();
            let declared = line.strip_prefix("public ").or(line.strip_prefix("override "));
            let declared = declared.unwrap_or_default();
            let mut words = words(declared).into_iter();
            if is_constant {
                names.extend(crate::client_items::words(line));
            } else if words.any(|word| DECLARATIONS.contains(&word.as_str())) {
                names.extend(words);
            }
        }
    }
    names
}

fn kotlin() -> (BindingNames, String) {
    let (_, after) = section("reference/sdk-matrix.md", KOTLIN);
    let own = after.split(&format!("\n## {SWIFT}\n")).next().unwrap().to_string();
    let of_the_language = &OF_THE_LANGUAGES;
    let spellings = &[in_camel_case as fn(&str) -> String, in_capitals];
    (BindingNames { names: public_names(), of_the_language, spellings }, own)
}

#[test]
fn kotlin_answers_rows_of_the_matrix() {
    let (kotlin, section) = kotlin();
    kotlin.check_rows(&section, 68);
}

#[test]
fn each_item_of_the_client_has_a_form_in_kotlin() {
    let (kotlin, section) = kotlin();
    kotlin.check_items(&section);
}

/// Returns the name of a variant as Kotlin writes a constant: `NotReady` is `NOT_READY`.
fn in_capitals(name: &str) -> String {
    let mut capitals = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !capitals.is_empty() {
            capitals.push('_');
        }
        capitals.push(c.to_ascii_uppercase());
    }
    capitals
}
