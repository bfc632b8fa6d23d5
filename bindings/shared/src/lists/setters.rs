//! The check that the builder of Rust has each setting.

use std::collections::BTreeSet;
use std::fs;

use super::path;
use crate::language::Language;
use crate::settings::SETTINGS;

/// The functions of the builder that are no settings.
const OTHERS: [&str; 3] = ["check", "configure", "start"];

#[test]
fn each_setting_has_a_function_of_the_builder_and_each_function_a_setting() {
    let items = fs::read_to_string(path("fh-client/api.txt")).unwrap();
    let functions = items.lines().filter_map(|line| {
        let (_, rest) = line.split_once("pub fn fh_client::ClientBuilder::")?;
        // Functions of traits, such as `clone`, borrow the builder.
        rest.contains("(self").then(|| rest.split('(').next().unwrap())
    });
    let functions: BTreeSet<&str> = functions
        .map(|name| name.split('<').next().unwrap())
        .filter(|name| !OTHERS.contains(name))
        .collect();
    let mut named = BTreeSet::new();
    for setting in
        SETTINGS.iter().filter(|setting| setting.languages.lack(Language::Rust).is_none())
    {
        let own = [setting.name];
        let setters = if setting.setters.is_empty() { own.as_slice() } else { setting.setters };
        for setter in setters {
            assert!(functions.contains(setter), "{} has no function {setter}", setting.name);
            named.insert(*setter);
        }
    }
    assert_eq!(
        functions.difference(&named).collect::<Vec<_>>(),
        Vec::<&&str>::new(),
        "no row of the table has these"
    );
}
