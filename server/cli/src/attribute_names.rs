//! Notes on attributes of a context whose names or values are probably misspelt.

use std::collections::BTreeSet;
use std::io;

use fh_edge::internal::country_of_code;
use fh_eval::internal::wire::{self, Feature};
use fh_eval::{Attributes, Country, Device, FeatureRef, Platform};
use fh_files::closest;

use crate::screen::Screen;

/// The attributes that FeatureHub's SDKs have methods for, and the one that its Edge reads for the session.
const WELL_KNOWN: [&str; 7] =
    ["userkey", "session", "sessionkey", "country", "device", "platform", "version"];

/// Writes a note to stderr for each attribute that no rule of these features reads, if its name is similar to a name that a rule
/// reads, and for each country, device or platform that FeatureHub does not know. Without strategies, such as those of a
/// server-evaluated key, only the well-known attributes are compared.
pub(crate) fn note<'a>(
    screen: &mut Screen<'_>,
    attributes: &Attributes,
    features: impl IntoIterator<Item = FeatureRef<'a>>,
) -> io::Result<()> {
    let mut read = Read::default();
    for feature in features {
        read.add(feature);
    }
    for text in texts(attributes, &read) {
        screen.aside(&format!("note: {text}"))?;
    }
    Ok(())
}

/// The names and the texts that rules and percentages read.
#[derive(Debug, Default)]
struct Read {
    names: BTreeSet<String>,
    texts: BTreeSet<String>,
}

impl Read {
    fn add(&mut self, feature: FeatureRef<'_>) {
        let feature = Feature::parse(feature.json()).unwrap_or_default();
        let strategies = feature.strategies.as_ref().map_or(&[][..], Vec::as_slice);
        for strategy in strategies.iter().filter_map(|strategy| strategy.as_ref()) {
            let keys = strategy.percentage_attributes.as_ref().map_or(&[][..], Vec::as_slice);
            self.names.extend(keys.iter().filter_map(|key| text(Some(*key))));
            let rules = strategy.rules.as_ref().map_or(&[][..], Vec::as_slice);
            for rule in rules.iter().filter_map(|rule| rule.as_ref()) {
                self.names.extend(text(rule.field));
                let values = rule.values.as_ref().map_or(&[][..], Vec::as_slice);
                self.texts.extend(values.iter().filter_map(|value| text(Some(*value))));
            }
        }
    }
}

fn text(raw: wire::Raw<'_>) -> Option<String> {
    wire::text(raw).map(String::from)
}

fn texts(attributes: &Attributes, read: &Read) -> Vec<String> {
    let mut notes = Vec::new();
    for (name, values) in attributes.iter() {
        if !read.names.contains(name) && !WELL_KNOWN.contains(&name) {
            let candidates = read.names.iter().map(String::as_str).chain(WELL_KNOWN);
            if let Some(meant) = closest(name, candidates) {
                // Without any rule, the rules are not known here.
                let what = match read.names.is_empty() {
                    true => "FeatureHub knows no attribute",
                    false => "no rule reads",
                };
                notes.push(format!("{what} `{name}`; did you mean `{meant}`?"));
            }
        }
        for value in values.filter(|value| !value.is_empty() && !read.texts.contains(*value)) {
            notes.extend(unknown_value(name, value));
        }
    }
    notes
}

/// Returns the note on a value of `country`, `device` or `platform` that FeatureHub does not know.
fn unknown_value(name: &str, value: &str) -> Option<String> {
    let known: Vec<&str> = match name {
        "country" => Country::ALL.iter().map(|known| known.as_str()).collect(),
        "device" => Device::ALL.iter().map(|known| known.as_str()).collect(),
        "platform" => Platform::ALL.iter().map(|known| known.as_str()).collect(),
        _ => return None,
    };
    if known.contains(&value) {
        return None;
    }
    let code = country_of_code(value).filter(|_| name == "country");
    let advice = match (code.or_else(|| closest(value, known.iter().copied())), name) {
        (Some(meant), _) => format!("did you mean {name}={meant}?"),
        (None, "country") => {
            "countries are English names in lower case, such as new_zealand".to_string()
        }
        (None, _) => format!("write one of {}", known.join(", ")),
    };
    Some(format!("FeatureHub knows no {name} `{value}`; {advice}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_attributes_are_named() {
        let read = Read {
            names: BTreeSet::from(["plan".to_string(), "company".to_string()]),
            texts: BTreeSet::from(["atlantis".to_string()]),
        };
        let notes = |name: &str, value: &str| {
            texts(&Attributes::builder().attribute(name, value).build(), &read).join("\n")
        };
        for (name, value, expected) in [
            ("userKey", "fred", "no rule reads `userKey`; did you mean `userkey`?"),
            ("user-key", "fred", "no rule reads `user-key`; did you mean `userkey`?"),
            ("Plan", "gold", "no rule reads `Plan`; did you mean `plan`?"),
            (
                "country",
                "nz",
                "FeatureHub knows no country `nz`; did you mean country=new_zealand?",
            ),
            ("country", "New_Zealand", "did you mean country=new_zealand?"),
            ("country", "narnia_", "countries are English names"),
            ("device", "phone", "FeatureHub knows no device `phone`; write one of browser"),
        ] {
            assert!(
                notes(name, value).contains(expected),
                "{name}={value}: {}",
                notes(name, value)
            );
        }
        for (name, value) in [
            ("userkey", "fred"),
            ("plan", "gold"),
            ("colour", "red"),
            ("country", "fiji"),
            ("country", "atlantis"),
            ("device", ""),
        ] {
            assert_eq!(notes(name, value), "", "{name}={value}");
        }
        let unknown = Attributes::builder().attribute("userKey", "fred").build();
        let notes = texts(&unknown, &Read::default());
        assert_eq!(notes, ["FeatureHub knows no attribute `userKey`; did you mean `userkey`?"]);
    }
}
