//! The check that the builder of Rust has each setting.

use std::collections::BTreeSet;
use std::fs;

use super::path;
use crate::language::Language;
use crate::settings::SETTINGS;

/// The functions of the builder that are no settings.
const OTHERS: [&str; 3] = ["check", "configure", "start"];

/// Returns the functions that change the builder, from its sources. These are formatted, so the indentation tells where a piece begins.
fn functions() -> BTreeSet<String> {
    let folder = path("fh-client/src/builder");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let texts = files
        .chain([path("fh-client/src/builder.rs")])
        .map(|file| fs::read_to_string(file).unwrap());
    let mut found = BTreeSet::new();
    for text in texts {
        for piece in text.split("\nimpl ClientBuilder {").skip(1) {
            let piece = piece.split("\n}").next().unwrap();
            let signatures =
                piece.split("\n    pub fn ").skip(1).map(|rest| rest.split('{').next().unwrap());
            let own = signatures.filter(|signature| !signature.contains("&self"));
            let names =
                own.map(|signature| signature.split(['(', '<']).next().unwrap().to_string());
            found.extend(names.filter(|name| !OTHERS.contains(&name.as_str())));
        }
    }
    found
}

#[test]
fn each_setting_has_a_function_of_the_builder_and_each_function_a_setting() {
    let functions = functions();
    let mut named = BTreeSet::new();
    for setting in
        SETTINGS.iter().filter(|setting| setting.languages.lack(Language::Rust).is_none())
    {
        let own = [setting.name];
        let setters = if setting.setters.is_empty() { own.as_slice() } else { setting.setters };
        for setter in setters {
            assert!(functions.contains(*setter), "{} has no function {setter}", setting.name);
            named.insert(*setter);
        }
    }
    let others: Vec<&String> =
        functions.iter().filter(|name| !named.contains(name.as_str())).collect();
    assert!(others.is_empty(), "no row of the table has {others:?}");
}
