//! The compilation of the regular expressions of rules.

use std::borrow::Cow;

use super::RuleCompiler;
use crate::featurehub::profile::Profile;
use crate::patterns::text_test;
use crate::predicate::{BoxedPredicate, Predicate};

impl RuleCompiler<'_> {
    /// Returns the predicate of the patterns that compile. The second value is true if a pattern that does not compile
    /// ended the list. This happens in profile `edge` only, because FeatureHub's server raises an error when it reaches
    /// an invalid pattern.
    pub(super) fn patterns(&mut self, texts: &[Cow<'_, str>]) -> (Predicate, bool) {
        let mut ended = false;
        let mut patterns = Vec::with_capacity(texts.len());
        for text in texts {
            match self.patterns.get(text) {
                Ok(pattern) => patterns.push(pattern),
                Err(problem) if self.profile() == Profile::Edge => {
                    self.end_rule(text, problem);
                    ended = true;
                    break;
                }
                Err(problem) => self.drop_value(text, problem),
            }
        }
        if let Some((test, texts)) = text_test(&patterns) {
            let texts: Vec<Cow<'_, str>> = texts.into_iter().map(Cow::Borrowed).collect();
            return (self.text_test(test, &texts), ended);
        }
        if patterns.is_empty() {
            return (Predicate::Never, ended);
        }
        (self.writer.boxed(BoxedPredicate::Patterns(patterns.into())), ended)
    }

    /// Returns the predicate of a rule whose supplied values are patterns, which must match one of these texts as a whole
    /// (profile `edge`).
    pub(super) fn matched_by(&mut self, texts: &[Cow<'_, str>]) -> Predicate {
        let texts = texts.iter().map(|text| Box::from(text.as_ref())).collect();
        self.writer.boxed(BoxedPredicate::MatchedBy(texts))
    }
}
