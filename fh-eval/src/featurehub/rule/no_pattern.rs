//! Replaces `pattern` in a build without the cargo feature `patterns`. A feature with a regular expression is left out of
//! its ruleset, so that no rule fails silently.

use std::borrow::Cow;

use super::RuleCompiler;
use crate::diagnostic::{Consequence, DiagnosticKind};
use crate::featurehub::wire::name;
use crate::predicate::Predicate;

impl RuleCompiler<'_> {
    /// Leaves the feature out if there is a pattern. A rule without patterns never holds, as in a build with patterns.
    pub(super) fn patterns(&mut self, texts: &[Cow<'_, str>]) -> (Predicate, bool) {
        if let Some(first) = texts.first() {
            self.leave_feature_out(first);
        }
        (Predicate::Never, false)
    }

    /// Leaves the feature out, because the supplied values of the rule are patterns (profile `edge`).
    pub(super) fn matched_by(&mut self, texts: &[Cow<'_, str>]) -> Predicate {
        self.leave_feature_out(texts.first().map_or("", AsRef::as_ref));
        Predicate::Never
    }

    fn leave_feature_out(&mut self, shown: &str) {
        let problem = DiagnosticKind::MissingCargoFeature("patterns");
        self.diagnostics.add(name::VALUES, Some(shown), problem, Consequence::FeatureLeftOut);
    }
}
