//! The result of a comparison.

use std::collections::{BTreeMap, BTreeSet};

use super::known::{DEFAULTS, of_group};
use super::{Expected, Set, Source};

/// The cases of one group.
#[derive(Debug, Clone, Default)]
pub struct Group {
    /// The name, such as `featbit.operators draft`.
    pub name: String,
    /// The number of cases with the expected answer.
    pub equal: usize,
    /// The number of cases for which the system or the source has no answer.
    pub without_answer: usize,
    /// The cases with another answer, by name.
    pub different: BTreeMap<String, Different>,
    /// The reasons for which the source had no answers to whole sets.
    pub ended: Vec<String>,
    /// The names of all cases.
    names: BTreeSet<String>,
    /// For each name, the number of values where the system fails.
    values_without_answer: BTreeMap<String, usize>,
}

/// Cases of one name with another answer than the expected one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Different {
    /// The number of cases.
    pub count: usize,
    /// One of them, with both answers.
    pub example: String,
    /// The rule by which they differ, if the table of known classes lists exactly this number.
    pub rule: Option<&'static str>,
}

impl Group {
    pub(super) fn new(name: &str) -> Self {
        Self { name: name.to_string(), ..Self::default() }
    }

    /// Counts a case. `example` describes the difference if there is one.
    pub(super) fn row(&mut self, name: &str, is_equal: bool, example: impl FnOnce() -> String) {
        if is_equal {
            self.equal += 1;
            return;
        }
        let different = self.different.entry(name.to_string()).or_default();
        different.count += 1;
        if different.count == 1 {
            different.example = example();
        }
    }

    /// Adds the cases of a set.
    pub(super) fn add(&mut self, source: &mut dyn Source, set: &Set) {
        let answers = source.answers(set);
        let mut given = match &answers {
            Ok(answers) => answers.iter(),
            Err(why) => {
                self.ended.push(why.clone());
                [].iter()
            }
        };
        for case in &set.cases {
            self.names.insert(case.name.clone());
            match (&case.expected, given.next()) {
                (expected, None) => {
                    self.row(&case.name, false, || format!("no answer instead of {expected}"));
                }
                (Expected::Nothing, Some(given)) => {
                    self.without_answer += 1;
                    let value = given.as_ref().and_then(|given| given.get("value"));
                    if value.is_some_and(|value| !value.is_null()) {
                        *self.values_without_answer.entry(case.name.clone()).or_default() += 1;
                    }
                }
                (_, Some(None)) => self.without_answer += 1,
                (expected, Some(Some(given))) => {
                    self.row(&case.name, expected.is_met(given), || {
                        let (flag, context) = (&case.flag, &case.context);
                        format!("{given} instead of {expected} for {flag} and {context}")
                    });
                }
            }
        }
    }

    /// Looks the different answers up in the table of known classes.
    pub(super) fn judge(&mut self) {
        for (rule, name, count) in of_group(&self.name) {
            if !self.names.contains(name) {
                continue;
            }
            let different = self.different.entry(name.to_string()).or_default();
            if different.count == count {
                different.rule = Some(rule);
            } else {
                different.example = format!("not {count} ({rule}): {}", different.example);
            }
        }
        for (name, count) in std::mem::take(&mut self.values_without_answer) {
            if !DEFAULTS.contains(&(name.as_str(), count)) {
                let example = "values where the system fails".to_string();
                self.different.insert(name, Different { count, example, rule: None });
            }
        }
    }

    /// Returns the number of cases that are compared.
    #[must_use]
    pub fn all(&self) -> usize {
        self.equal + self.different.values().map(|different| different.count).sum::<usize>()
    }

    /// Returns the number of cases that a class of the table lists.
    #[must_use]
    pub fn listed(&self) -> usize {
        let listed = self.different.values().filter(|different| different.rule.is_some());
        listed.map(|different| different.count).sum()
    }

    /// Returns the different answers that are in no class of the table, by name.
    pub fn failures(&self) -> impl Iterator<Item = (&str, &Different)> {
        let all = self.different.iter().filter(|(_, different)| different.rule.is_none());
        all.map(|(name, different)| (name.as_str(), different))
    }
}

impl std::fmt::Display for Expected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Answer(answer) | Self::Members(answer) => answer.fmt(f),
            Self::Nothing => f.write_str("nothing"),
        }
    }
}
