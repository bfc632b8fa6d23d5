//! The compilation of the regular expressions of rules.

use std::borrow::Cow;

use super::RuleCompiler;
use crate::featurehub::profile::Profile;
use crate::predicate::{BoxedPredicate, Predicate, TextTest};
use crate::text::pattern::Anchor;

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
        // If all patterns search for literal texts at the same anchor, string comparisons replace the patterns.
        let anchors: Vec<_> = patterns.iter().filter_map(|pattern| pattern.literals()).collect();
        if let Some((anchor, _)) = anchors.first()
            && anchors.len() == patterns.len()
            && anchors.iter().all(|(other, _)| other == anchor)
        {
            let test = match anchor {
                Anchor::Anywhere => TextTest::Contains,
                Anchor::Start => TextTest::Starts,
                Anchor::End => TextTest::Ends,
                Anchor::Both => TextTest::Among,
            };
            let texts: Vec<Cow<'_, str>> = anchors
                .iter()
                .flat_map(|(_, texts)| texts.iter())
                .map(|text| Cow::Borrowed(text.as_ref()))
                .collect();
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
