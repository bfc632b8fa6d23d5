//! Sample people with different contexts.

use std::sync::Arc;

use fh_eval::{Attributes, Evaluation, Ruleset, Subject, Timestamp};
use serde::Serialize;

use crate::context;
use crate::feature_table::Members;
use crate::sanitize;
use crate::screen::{GOOD, PLAIN};
use crate::system::System;
use crate::systems;
use crate::table::{Align, Table};

/// The names of the people, and their contexts in the form of `--context` options.
const ALL: [(&str, &[&str]); 4] = [
    (
        "Aroha",
        &[
            "userkey=aroha",
            "country=new_zealand",
            "platform=ios",
            "device=mobile",
            "version=4.10.1",
            "languages=en,mi",
            "orders=23",
        ],
    ),
    (
        "Ben",
        &[
            "userkey=ben",
            "country=united_kingdom",
            "device=browser",
            "signed_up=2026-11-20T18:30:00Z",
            "languages=cy",
        ],
    ),
    (
        "Chiara",
        &[
            "userkey=chiara",
            "country=italy",
            "account=trade",
            "company=alpina",
            "member=true",
            "languages=it,en",
        ],
    ),
    ("Dev", &["userkey=dev", "email=dev@tussock.example", "address=203.0.113.9", "platform=linux"]),
];

pub(crate) struct Person {
    pub(crate) name: &'static str,
    pub(crate) options: &'static [&'static str],
    pub(crate) attributes: Arc<Attributes>,
}

/// The JSON form of a person with the values they get.
#[derive(Serialize)]
pub(crate) struct Answers<'a> {
    name: &'a str,
    context: &'a Attributes,
    features: Vec<Members>,
}

impl Person {
    fn new(name: &'static str, options: &'static [&'static str]) -> Self {
        let given: Vec<_> = options.iter().filter_map(|text| context::read(text).ok()).collect();
        Self { name, options, attributes: Arc::new(context::attributes(&given)) }
    }

    /// Returns the person whose value is explained.
    pub(crate) fn aroha() -> Self {
        let [(name, options), ..] = ALL;
        Self::new(name, options)
    }

    /// Returns the person whose features are watched.
    pub(crate) fn ben() -> Self {
        let [_, (name, options), ..] = ALL;
        Self::new(name, options)
    }

    pub(crate) fn all() -> [Self; 4] {
        ALL.map(|(name, options)| Self::new(name, options))
    }

    pub(crate) fn subject(&self, now: Timestamp) -> Subject<'_, Timestamp> {
        Subject::new(&self.attributes, now)
    }

    pub(crate) fn answers(&self, ruleset: &Ruleset, now: Timestamp) -> Answers<'_> {
        let (system, subject) = (systems::of(System::Featurehub), self.subject(now));
        let rows = ruleset.iter().map(|feature| system.read(feature, &subject, None).row());
        Answers { name: self.name, context: &self.attributes, features: rows.collect() }
    }
}

/// Returns a table with one row per feature and one column per person, which shows the values.
pub(crate) fn table(people: &[Person], ruleset: &Ruleset, now: Timestamp) -> Table {
    let names = people.iter().map(|person| (person.name, Align::Left));
    let mut table = Table::new([("FEATURE", Align::Left)].into_iter().chain(names));
    for feature in ruleset.iter() {
        let cells = people.iter().map(|person| {
            let evaluation: Evaluation<'_> = feature.evaluate(&person.subject(now));
            let value = sanitize::value(feature.kind(), feature.value_token(&evaluation));
            if evaluation.is_match() {
                (format!("{} *", sanitize::cut(&value, 12)), GOOD)
            } else {
                (sanitize::cut(&value, 14).into_owned(), PLAIN)
            }
        });
        let lead = (feature.key().to_string(), PLAIN);
        table.row(std::iter::once(lead).chain(cells));
    }
    table
}
