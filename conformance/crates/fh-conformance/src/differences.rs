//! `differences.json`: the classes of differences between the engine and other evaluators that are known.

use serde::Deserialize;

use crate::agreement::{Disagreement, is_oddity};
use crate::data::{Data, DataError};
use crate::target::Reference;

/// The path of the list in the data folder.
const PATH: &str = "differences.json";

/// A known class of differences.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct KnownDifference {
    /// The name of the evaluator: that of an SDK, as its adapter gives it, or `engine edge`, the engine with the profile `edge`.
    pub sdk: String,
    /// The row of evaluation 4, or the decision, that says which answer is right.
    pub source: String,
    /// What the SDK does, in one sentence.
    pub reason: String,
    /// The forms of the smallest cases of this class. One of them is enough.
    pub looks_like: Vec<Form>,
}

/// What the smallest case of a difference looks like. A member that is missing or empty allows everything.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// The parts in which the answers differ, such as `value` or `getter locked`. The first part counts.
    #[serde(default)]
    pub part: Vec<String>,
    /// Types and conditionals, such as `NUMBER EQUALS`; the word `*` stands for any. One of the rules has one of them.
    #[serde(default)]
    pub rules: Vec<String>,
    /// The outcomes of the engine and of the SDK, such as `base, matches` or `base, raises *`.
    #[serde(default)]
    pub answers: Vec<String>,
    /// Unusual parts that the case has. `|` stands between alternatives.
    #[serde(default)]
    pub has: Vec<String>,
    /// Unusual parts that the case lacks.
    #[serde(default)]
    pub lacks: Vec<String>,
    /// Mutants of the reference evaluator. One of them gives the answer that the SDK gives.
    #[serde(default)]
    pub answers_as: Vec<String>,
}

impl KnownDifference {
    /// Reads the list of a data folder.
    ///
    /// # Errors
    /// If the file is missing, has another form, or names an unusual part or a mutant that does not exist.
    pub fn load(data: &Data) -> Result<Vec<KnownDifference>, DataError> {
        #[derive(Deserialize)]
        struct File {
            differences: Vec<KnownDifference>,
        }
        let file: File = serde_json::from_str(data.text(PATH)?)
            .map_err(|error| DataError::in_file(PATH, error))?;
        for form in file.differences.iter().flat_map(|known| &known.looks_like) {
            let names = form.has.iter().flat_map(|names| names.split('|')).map(str::trim);
            let mut unknown = names
                .chain(form.lacks.iter().map(String::as_str))
                .filter(|name| !is_oddity(name))
                .map(|name| format!("{name:?} is no unusual part"))
                .chain(
                    form.answers_as
                        .iter()
                        .filter(|name| Reference::mutant(name).is_none())
                        .map(|name| format!("{name:?} is no mutant of the reference evaluator")),
                );
            if let Some(unknown) = unknown.next() {
                return Err(DataError::in_file(PATH, unknown));
            }
        }
        Ok(file.differences)
    }

    /// Returns true if a difference with an evaluator of this name is of this class. The case must be the smallest of its kind.
    #[must_use]
    pub fn covers(&self, sdk: &str, found: &Disagreement) -> bool {
        self.sdk == sdk && self.looks_like.iter().any(|form| form.is_of(found))
    }
}

impl Form {
    fn is_of(&self, found: &Disagreement) -> bool {
        let oddities = found.oddities();
        let has = |name: &str| oddities.contains(&name.trim());
        let outcomes = found.outcomes().join(", ");
        let part = found.parts.first().map_or("", String::as_str);
        let rules = found.rules();
        let is_one = |patterns: &[String], text: &str| {
            patterns.is_empty() || patterns.iter().any(|pattern| matches(pattern, text))
        };
        is_one(&self.part, part)
            && is_one(&self.answers, &outcomes)
            && (self.rules.is_empty() || rules.iter().any(|rule| is_one(&self.rules, rule)))
            && self.has.iter().all(|names| names.split('|').any(has))
            && !self.lacks.iter().any(|name| has(name))
            && (self.answers_as.is_empty()
                || self.answers_as.iter().any(|mutant| {
                    Reference::mutant(mutant).is_some_and(|mutant| found.second_answers_as(mutant))
                }))
    }
}

/// Returns true if a text has the form of a pattern, in which `*` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((before, after)) = pattern.split_once('*') else { return pattern == text };
    let Some(rest) = text.strip_prefix(before) else { return false };
    let ends = rest.char_indices().map(|(at, _)| at).chain([rest.len()]);
    ends.filter_map(|at| rest.get(at..)).any(|rest| matches(after, rest))
}

#[cfg(test)]
mod tests {
    use super::{Form, KnownDifference, PATH, matches};
    use crate::agreement::{Disagreement, Pair};
    use crate::case::Profile;
    use crate::data::Data;
    use crate::target::{Engine, Reference};
    use fh_test::generators::{
        Case, Choices, Feature, List, Rollout, Rule, RuleType, draw_context,
    };

    #[test]
    fn patterns() {
        for (pattern, text, expected) in [
            ("a b", "a b", true),
            ("a b", "a bc", false),
            ("a*", "a bc", true),
            ("*c", "a bc", true),
            ("a*b*d", "a b c d", true),
            ("a*b*d", "a c d", false),
            ("*", "", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    /// The strategy of a case in which a mutant shows.
    #[derive(Clone, Copy)]
    enum Drawn {
        /// One rule of this type.
        Rule(RuleType),
        /// One percentage without rules.
        Share,
        /// Several strategies of any kind.
        Any,
    }

    /// Draws a case. Shrinking it is quick if it has one strategy.
    fn draw(choices: &mut Choices<'_>, what: Drawn) -> Case {
        let mut drawn = Case::draw(choices);
        let rules = match what {
            Drawn::Any => return drawn,
            Drawn::Share => Vec::new(),
            Drawn::Rule(kind) => {
                let mut rule = Rule::draw(choices);
                while rule.kind != kind {
                    rule = Rule::draw(choices);
                }
                vec![rule]
            }
        };
        drawn.feature = Feature {
            id: Some("\"9cd3b1d4-6f6b-4c0f-8a3f-3f0f6f1f0c11\"".to_owned()),
            key: "F".to_owned(),
            kind: Some("\"BOOLEAN\"".to_owned()),
            locked: Some("false".to_owned()),
            version: Some("1".to_owned()),
            value: Some("false".to_owned()),
            strategies: List::Of(vec![Rollout {
                id: Some("\"s1\"".to_owned()),
                value: Some("true".to_owned()),
                percentage: rules.is_empty().then(|| "500000".to_owned()),
                percentage_attributes: List::Absent,
                rules: List::Of(rules),
                instead: None,
            }]),
        };
        drawn.context = draw_context(choices, &drawn.feature);
        drawn
    }

    /// Returns the smallest cases in which the reference evaluator with a mutant differs from the engine.
    fn found(mutant: &str, what: Drawn, count: usize) -> Vec<Disagreement> {
        let mutant = Reference::mutant(mutant).expect("a mutant");
        let mut pair = Pair::new(Box::new(Engine), Box::new(mutant));
        let mut choices = Choices::seeded(12);
        let mut found = Vec::new();
        while found.len() < count {
            if let Some(other) = pair.compare_drawn(Profile::Client, &draw(&mut choices, what))
                && other.parts.first().is_some_and(|part| part == "value")
            {
                found.push(other.shrunk(&mut pair));
            }
        }
        found
    }

    fn words(all: &[&str]) -> Vec<String> {
        all.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn a_form_covers_its_own_cause_only() {
        let by_answers = Form {
            rules: words(&["NUMBER INCLUDES", "NUMBER EXCLUDES"]),
            answers_as: words(&["mut-number-includes-substring"]),
            ..Form::default()
        };
        let by_parts = Form {
            rules: words(&["NUMBER *"]),
            has: words(&["no plain number | number with decimals"]),
            ..Form::default()
        };
        let found = |mutant, what| found(mutant, what, 3);
        let covered =
            |form: &Form, of: &[Disagreement]| of.iter().filter(|each| form.is_of(each)).count();
        let number = Drawn::Rule(RuleType::Number);
        let substring = found("mut-number-includes-substring", number);
        let scale = found("mut-number-scale-sensitive", number);
        assert_eq!(covered(&by_answers, &substring), 3);
        assert_eq!(covered(&by_parts, &scale), 3);
        // The two mutants give the same answer to some questions, but not to all.
        assert!(covered(&by_answers, &scale) < 3);
        for (other, what) in [
            ("mut-hash-other-seed", Drawn::Share),
            ("mut-string-includes-is-equality", Drawn::Rule(RuleType::String)),
            ("mut-date-as-text", Drawn::Rule(RuleType::Date)),
        ] {
            let found = found(other, what);
            assert_eq!(covered(&by_answers, &found), 0, "{other}");
            assert_eq!(covered(&by_parts, &found), 0, "{other}");
        }
    }

    #[test]
    fn each_member_of_a_form_counts() {
        let odd = Form { has: words(&["odd id"]), ..Form::default() };
        let examples = found("mut-pct-not-cumulative", Drawn::Any, 20);
        let example = examples.iter().find(|each| !odd.is_of(each)).expect("an example");
        let form = |change: fn(&mut Form)| {
            let mut form = Form { has: words(&["several shares"]), ..Form::default() };
            change(&mut form);
            form.is_of(example)
        };
        assert!(form(|_| {}));
        assert!(form(|form| form.part = words(&["value"])));
        assert!(!form(|form| form.part = words(&["getter *"])));
        assert!(!form(|form| form.rules = words(&["DATE *"])));
        assert!(!form(|form| form.answers = words(&["*, raises *"])));
        assert!(!form(|form| form.lacks = words(&["a share"])));
        assert!(!form(|form| form.has.push("odd id".to_owned())));
        assert!(form(|form| form.has = words(&["odd id | several shares"])));
        assert!(!form(|form| form.answers_as = words(&["mut-pct-rules-advance-base"])));
    }

    #[test]
    fn a_class_covers_the_differences_of_its_own_sdk() {
        let example = &found("mut-hash-other-seed", Drawn::Share, 1)[0];
        let known = |forms: Vec<Form>| KnownDifference {
            sdk: "one".to_owned(),
            source: "D-1".to_owned(),
            reason: "Another seed.".to_owned(),
            looks_like: forms,
        };
        let other = || Form { part: words(&["getter *"]), ..Form::default() };
        assert!(known(vec![other(), Form::default()]).covers("one", example));
        assert!(!known(vec![Form::default()]).covers("another", example));
        assert!(!known(vec![other()]).covers("one", example));
    }

    #[test]
    fn the_list_names_unusual_parts_and_mutants_that_exist() {
        let known = KnownDifference::load(&Data::embedded()).expect("a list");
        assert!(known.iter().all(|each| !each.looks_like.is_empty()));
    }

    #[test]
    fn a_list_with_an_unknown_name_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let load = |form: &str| {
            let class = format!(
                r#"{{"sdk": "one", "source": "D-1", "reason": "A.", "looks_like": [{form}]}}"#
            );
            let list = format!(r#"{{"differences": [{class}]}}"#);
            std::fs::write(folder.path().join(PATH), list).expect("a file");
            let data = Data::folder(folder.path()).expect("a data folder");
            KnownDifference::load(&data).map(drop).map_err(|error| error.to_string())
        };
        let right = r#"{"has": ["a share | several shares"], "lacks": ["a share"], "answers_as": ["mut-hash-other-seed"]}"#;
        assert_eq!(load(right), Ok(()));
        for (wrong, named) in [
            (r#"{"has": ["a share | a shear"]}"#, "a shear"),
            (r#"{"lacks": ["a shear"]}"#, "a shear"),
            (r#"{"answers_as": ["mut-hash-other-sede"]}"#, "mut-hash-other-sede"),
            (r#"{"lack": ["a share"]}"#, "lack"),
        ] {
            let why = load(wrong).expect_err(wrong);
            assert!(why.contains(named), "{why}");
        }
    }
}
