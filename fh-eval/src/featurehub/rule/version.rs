//! The compilation of SEMANTIC_VERSION rules.

use super::{Conditional, Readable, RuleCompiler, Typed};
use crate::diagnostic::DiagnosticKind;
use crate::json::Token;
use crate::predicate::{BoxedPredicate, Comparison, Predicate, split};
use crate::tables::Reading;
use crate::text::version::{Version, pack};

impl RuleCompiler<'_> {
    pub(super) fn version(&mut self, conditional: Conditional, tokens: &[Token<'_>]) -> Predicate {
        let Some(typed) = conditional.typed() else {
            return Predicate::Never;
        };
        let Readable { values, ended } = self.texts(tokens, DiagnosticKind::ServerRaises);
        if ended {
            // FeatureHub's server raises an error on the null that ended the list, so it never reads a second supplied
            // value.
            self.reading = Reading::FirstOnly;
        }
        let comparison = match typed {
            Typed::In => Comparison::Equal,
            Typed::NotIn if ended => return Predicate::Never,
            Typed::NotIn => Comparison::NotEqual,
            Typed::Order(comparison) => comparison,
        };
        if values.is_empty() {
            let none_wanted = comparison == Comparison::NotEqual;
            return if none_wanted { Predicate::Always } else { Predicate::Never };
        }
        if let [only] = values.as_slice()
            && let Some(packed) = pack(only)
        {
            return Predicate::Version(comparison, split(packed));
        }
        let versions = values.iter().map(|text| Version::parse(text).into_owned()).collect();
        self.writer.boxed(BoxedPredicate::Versions(comparison, versions))
    }
}
