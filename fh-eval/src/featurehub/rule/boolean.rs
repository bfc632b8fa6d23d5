//! The compilation of BOOLEAN rules.

use super::{Conditional, RuleCompiler};
use crate::diagnostic::{Consequence, DiagnosticKind};
use crate::featurehub::profile::Profile;
use crate::json::Token;
use crate::predicate::Predicate;

impl RuleCompiler<'_> {
    pub(super) fn boolean(&mut self, conditional: Conditional, tokens: &[Token<'_>]) -> Predicate {
        let wanted = match self.profile() {
            Profile::Client => {
                let first = tokens.iter().find(|token| **token != Token::Null);
                first.map(|token| token.clone().text().is_some_and(|text| text == "true"))
            }
            Profile::Edge => match tokens.first() {
                Some(Token::Bool(value)) => Some(*value),
                first => {
                    let shown = first.and_then(|token| token.clone().text());
                    self.diagnostics.add(
                        "values",
                        shown.as_deref(),
                        DiagnosticKind::ServerRaises,
                        Consequence::RuleNeverHolds,
                    );
                    None
                }
            },
        };
        match (conditional, wanted) {
            (Conditional::Equals, Some(wanted)) => Predicate::Bool(wanted),
            (Conditional::NotEquals, Some(wanted)) => Predicate::Bool(!wanted),
            _ => Predicate::Never,
        }
    }
}
