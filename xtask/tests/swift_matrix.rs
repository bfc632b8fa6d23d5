//! Checks the tables of `docs/reference/sdk-matrix.md` about the Swift package: the rows that it answers otherwise, and the items of `fh-client` that
//! have another form in Swift.

use std::collections::BTreeSet;
use std::fs;

use crate::binding_names::{BindingNames, in_camel_case};
use crate::client_items::words;
use crate::documents::{SWIFT, section};
use crate::sources::{files, root};

/// Names of the language, and texts of the table that are no names of the package.
const OF_THE_LANGUAGE: [&str; 10] =
    ["Date", "JSONDecoder", "SDK", "Swift", "URLSession", "VERSION", "X", "userkey", "weak", "x"];

/// Returns the names that programs can write: public declarations, and the cases of enumerations.
fn public_names() -> BTreeSet<String> {
    let sources = ["FeatureHub", "FeatureHubModel"]
        .into_iter()
        .flat_map(|target| files(&root().join("bindings/swift/Sources").join(target), "swift"));
    let public = sources.filter(|path| !path.iter().any(|part| part == "Internal"));
    let mut names = BTreeSet::new();
    for path in public {
        for line in fs::read_to_string(path).unwrap().lines().map(str::trim_start) {
            if line.starts_with("public ") || line.starts_with("case ") {
                names.extend(words(line.split(" { ").next().unwrap()));
            }
        }
    }
    names
}

fn swift() -> (BindingNames, String) {
    let spellings = &[in_camel_case as fn(&str) -> String, as_case, of_constant];
    let names =
        BindingNames { names: public_names(), of_the_language: &OF_THE_LANGUAGE, spellings };
    (names, section("reference/sdk-matrix.md", SWIFT).1)
}

#[test]
fn swift_answers_rows_of_the_matrix() {
    let (swift, section) = swift();
    swift.check_rows(&section, 68);
}

#[test]
fn each_item_of_the_client_has_a_form_in_swift() {
    let (swift, section) = swift();
    swift.check_items(&section);
}

/// Returns the name of a constant in Swift: `CLIENT_KEY` is `clientKey`.
fn of_constant(name: &str) -> String {
    in_camel_case(&name.to_ascii_lowercase())
}

/// Returns the name of a variant as Swift writes a case: `NotReady` is `notReady`.
fn as_case(name: &str) -> String {
    let (head, tail) = name.split_at(name.len().min(1));
    head.to_ascii_lowercase() + tail
}
